"""Files that are not ours, damaged, unreachable, locked or full: each a typed error, and nothing is lost."""

from __future__ import annotations

import asyncio
import errno
import os
import subprocess
import sys
import textwrap
from math import inf, nan
from pathlib import Path
from typing import TYPE_CHECKING, Any

import apsw
import pytest

from purveyor.errors import (
    InvalidInputError,
    StoreBusyError,
    StoreCorruptError,
    StoreError,
    StoreFullError,
    StorePermissionError,
)
from purveyor.memory import SQLiteConfig, SQLiteMemory
from purveyor.memory.sqlite import provider as driver
from purveyor.memory.sqlite import schema
from purveyor.memory.sqlite.database import Database
from purveyor.memory.sqlite.schema import translate
from tests.memory.conftest import Clock, sqlite

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent.parent


def python(code: str, *arguments: object, **options: Any) -> subprocess.Popen[str]:
    """A real second process; the code has `notes(path)` and asyncio at hand."""
    prelude = """
        import asyncio, sys, time
        from pathlib import Path
        from tests.memory.conftest import sqlite
        arguments = sys.argv[1:]
    """
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(prelude) + textwrap.dedent(code), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        **options,
    )


async def opened(path: Path, **config: Any) -> SQLiteMemory:
    notes = sqlite(path, **config)
    await notes.initialize()
    return notes


# --- Files that are not ours -------------------------------------------------------------------------


def foreign_text(path: Path) -> None:
    path.write_text("Dear diary, " * 1000)


def foreign_short(path: Path) -> None:
    path.write_bytes(b"x")


def foreign_database(path: Path) -> None:
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA journal_mode = wal; CREATE TABLE items (id); INSERT INTO items VALUES (1)")
    connection.close()


def newer_schema(path: Path) -> None:
    asyncio.run(_make(path))
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA user_version = 99")
    connection.close()


def lost_table(path: Path) -> None:
    asyncio.run(_make(path))
    connection = apsw.Connection(str(path))
    connection.execute("DROP TABLE sequence")
    connection.close()


def cut_in_half(path: Path) -> None:
    asyncio.run(_make(path))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


async def _make(path: Path) -> None:
    notes = await opened(path)
    await notes.put("k", "value " * 5000)
    await notes.cleanup()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (foreign_text, "is not a SQLite database; choose another path"),
        (foreign_short, "is not a SQLite database"),
        (foreign_database, "is a SQLite database of something else"),
        (newer_schema, r"was written by a newer Purveyor \(schema 99, this one knows up to 1\); upgrade"),
        (lost_table, "has lost its table sequence"),
        (cut_in_half, "is damaged"),
    ],
)
def test_what_is_not_ours_or_damaged_is_refused_and_left_as_it_is(tmp_path: Path, make: Any, message: str) -> None:
    path = tmp_path / "notes.db"
    make(path)
    before = path.read_bytes()
    with pytest.raises(StoreCorruptError, match=f"^memory.sqlite {path}: {message}"):
        asyncio.run(opened(path))
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["notes.db"]


async def test_damage_found_later_is_named_too(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    notes = await opened(path)
    await notes.put_many({str(number): "value " * 100 for number in range(200)})
    await notes.cleanup()
    whole = path.read_bytes()
    path.write_bytes(whole[: 4096 * 20] + b"\xff" * (len(whole) - 4096 * 20))
    notes = await opened(path)
    with pytest.raises(StoreCorruptError, match="is damaged"):
        [item async for item in notes.export()]
    await notes.cleanup()


async def test_an_empty_file_is_a_new_one(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.touch()
    notes = await opened(path)
    await notes.put("k", 1)
    await notes.cleanup()
    assert [entry.name for entry in tmp_path.iterdir()] == ["notes.db"]
    connection = apsw.Connection(str(path))
    assert connection.pragma("application_id") == schema.APPLICATION_ID
    assert connection.pragma("user_version") == 1
    assert connection.pragma("journal_mode") == "wal"
    assert connection.pragma("integrity_check") == "ok"
    connection.close()


async def test_an_older_schema_is_brought_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "notes.db"
    notes = await opened(path)
    await notes.put("k", 1)
    await notes.cleanup()
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, "CREATE TABLE later (id);"))
    notes = await opened(path)
    assert await notes.get("k")
    await notes.cleanup()
    connection = apsw.Connection(str(path))
    assert connection.pragma("user_version") == 2
    assert connection.execute("SELECT count(*) FROM later").fetchall() == [(0,)]
    connection.close()


async def test_a_migration_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "notes.db"
    await _make(path)
    monkeypatch.setattr(
        schema, "MIGRATIONS", (*schema.MIGRATIONS, "CREATE TABLE later (id); CREATE TABLE later (id);")
    )
    with pytest.raises(StoreError, match="table later already exists"):
        await opened(path)
    monkeypatch.undo()
    notes = await opened(path)
    assert await notes.get("k")
    await notes.cleanup()


async def test_what_is_kept_survives_and_times_are_kept(tmp_path: Path) -> None:
    clock = Clock()
    path = tmp_path / "deep" / "folder #1?%41" / "notes é.db"
    first = sqlite(path, clock)
    await first.initialize()
    item = await first.put("k", {"a": 1}, namespace=("x",), metadata={"m": 1}, ttl=9)
    await first.cleanup()
    second = sqlite(path, clock)
    await second.initialize()
    assert await second.get("k", namespace=("x",)) == item
    assert (await second.put("j", 1)).version > item.version
    await second.cleanup()


async def test_a_path_named_like_the_memory_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    await _make(Path(":memory:"))
    assert (tmp_path / ":memory:").stat().st_size > 0


# --- Places that cannot be used ------------------------------------------------------------------------


async def test_a_folder_or_a_pipe_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is a folder or a device, not a file; name a file"):
        await opened(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(StoreError, match="is a folder or a device, not a file"):
        await opened(tmp_path / "pipe")


async def test_a_file_is_not_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be used: (Not a directory|File exists)"):
        await opened(tmp_path / "file" / "notes.db")


async def test_a_name_that_is_too_long(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be"):
        await opened(tmp_path / ("x" * 300))


async def test_a_path_that_is_too_long_for_sqlite(tmp_path: Path) -> None:
    with pytest.raises(StorePermissionError, match="cannot be opened; check the owner and the mode"):
        await opened(tmp_path.joinpath(*["x" * 200] * 5, "notes.db"))


async def test_a_file_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As below, where another user meets it, but where coverage sees it."""

    def open_file(*_: object) -> None:
        raise apsw.CantOpenError("unable to open database file")

    path = tmp_path / "notes.db"
    await _make(path)
    monkeypatch.setattr(apsw, "VFSFile", open_file)
    with pytest.raises(StorePermissionError, match="cannot be opened"):
        await opened(path)


@pytest.fixture
def reachable(tmp_path: Path) -> Iterator[Path]:
    """A folder that another user can get to, as far as its parents go."""
    parents = [tmp_path, *[parent for parent in tmp_path.parents if parent.owner() == Path.home().owner()]]
    modes = [(parent, parent.stat().st_mode) for parent in parents if parent != Path("/")]
    for parent, mode in modes:
        parent.chmod(mode | 0o711)
    yield tmp_path
    tmp_path.chmod(0o755)
    for parent, mode in reversed(modes):
        parent.chmod(mode)


OPEN = """
import os
from purveyor.errors import StoreError

async def main(path):
    notes = sqlite(path)
    try:
        await notes.initialize()
        await notes.put("k", 1)
        print("wrote")
    except StoreError as error:
        print(type(error).__name__, error)
    finally:
        await notes.cleanup()

asyncio.run(main(":memory:"))  # everything is imported
if os.getuid() == 0:  # root may write everywhere
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
asyncio.run(main(Path(arguments[0])))
sys.stdout.flush()
os._exit(0)  # nobody may not write what coverage has measured
"""


@pytest.mark.parametrize("case", ["folder", "file", "missing folder", "unreadable"])
def test_without_permission(reachable: Path, case: str) -> None:
    path = reachable / "in" / "notes.db"
    path.parent.mkdir()
    if case != "missing folder":
        asyncio.run(_make(path))
    if case == "missing folder":
        path = path.parent / "deeper" / "notes.db"
    path.parent.parent.chmod(0o755)
    (reachable / "in").chmod(0o755 if case in ("file", "unreadable") else 0o555)
    if path.exists():
        path.chmod(0o000 if case == "unreadable" else 0o444 if case == "file" else 0o666)
    process = python(OPEN, path)
    output, _ = process.communicate(timeout=30)
    assert output.startswith("wrote\nStorePermissionError memory.sqlite"), output
    assert "check the owner and the mode" in output


def test_the_error_of_a_folder_that_cannot_be_made_for_lack_of_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mkdir(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "mkdir", mkdir)
    with pytest.raises(StoreFullError, match="there is no room left"):
        asyncio.run(opened(tmp_path / "notes.db"))


def test_the_error_of_a_folder_that_may_not_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def mkdir(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", mkdir)
    with pytest.raises(StorePermissionError, match="this process may not write there"):
        asyncio.run(opened(tmp_path / "notes.db"))


@pytest.mark.parametrize(
    ("error", "expected", "message"),
    [
        (apsw.FullError("x"), StoreFullError, "no room left"),
        (apsw.LockedError("x"), StoreBusyError, "another process holds its lock"),
        (apsw.CorruptError("malformed"), StoreCorruptError, "is damaged: malformed"),
        (apsw.ReadOnlyError("x"), StorePermissionError, "may not write there"),
        (apsw.CantOpenError("x"), StorePermissionError, "cannot be opened"),
        (apsw.IOError("disk I/O error"), StoreError, "disk I/O error"),
    ],
)
def test_what_sqlites_errors_mean(error: apsw.Error, expected: type[StoreError], message: str) -> None:
    own = translate(error, "memory.sqlite x")
    assert type(own) is expected
    assert message in str(own)


@pytest.mark.parametrize(
    ("error", "code", "expected"),
    [
        (apsw.IOError, errno.ENOSPC, StoreFullError),
        (apsw.IOError, errno.EDQUOT, StoreFullError),
        (apsw.IOError, errno.EROFS, StorePermissionError),
        (apsw.CantOpenError, errno.EACCES, StorePermissionError),
        (apsw.IOError, errno.EIO, StoreError),
    ],
)
def test_what_the_operating_systems_part_of_it_means(error: Any, code: int, expected: type[StoreError]) -> None:
    class Connection:
        system_errno = code

    connection: Any = Connection()
    assert type(translate(error("x"), "memory.sqlite x", connection)) is expected


# --- No room -------------------------------------------------------------------------------------------


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[apsw.Connection]:
    """The connections that are opened, the writer's first."""
    found: list[apsw.Connection] = []

    class Recorded(Database):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            found.append(self._connection)

    monkeypatch.setattr(driver, "Database", Recorded)
    return found


async def test_a_full_database_is_an_error_and_goes_on_once_there_is_room(
    tmp_path: Path, connections: list[apsw.Connection]
) -> None:
    path = tmp_path / "notes.db"
    notes = await opened(path)
    kept = await notes.put("kept", "safe")
    database = connections[0]
    pages = database.pragma("page_count")
    database.pragma("max_page_count", pages + 20)
    written = []
    with pytest.raises(StoreFullError, match="there is no room left; free some"):
        for number in range(1000):
            await notes.put(str(number), "x" * 5000)
            written.append(str(number))
    assert await notes.get("kept") == kept
    failed = await asyncio.gather(*(notes.put(f"f{i}", "x" * 50_000) for i in range(3)), return_exceptions=True)
    assert [type(error) for error in failed] == [StoreFullError] * 3
    assert len(set(map(id, failed))) == 3
    database.pragma("max_page_count", 1_000_000)
    await notes.put("more", "x" * 5000)
    found = {item.key async for item in notes.export()}
    assert found == {"kept", "more", *written}
    await notes.cleanup()
    _assert_sound(path)


FILL = """
import resource
from purveyor.errors import StoreFullError
async def main():
    notes = sqlite(Path(arguments[0]), purge_interval=1000)
    await notes.initialize()
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
    number, errors = 0, 0
    while errors < 3:
        try:
            await notes.put(str(number), "x" * 3000)
            print(number, flush=True)
        except StoreFullError:
            errors += 1
        number += 1
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    for number in range(number, number + 50):
        await notes.put(str(number), "x" * 3000)
        print(number, flush=True)
    await notes.cleanup()
    print("done")
asyncio.run(main())
"""


def test_when_the_operating_system_gives_no_more_room(tmp_path: Path) -> None:
    """For real, by the limit on a file's size: write() fails with EFBIG."""
    path = tmp_path / "notes.db"
    process = python(FILL, path)
    output, _ = process.communicate(timeout=60)
    *numbers, last = output.split()
    assert last == "done"
    assert process.returncode == 0
    assert len(numbers) > 50

    async def keys() -> set[str]:
        notes = await opened(path)
        found = {item.key async for item in notes.export()}
        await notes.cleanup()
        return found

    assert asyncio.run(keys()) == set(numbers)
    _assert_sound(path)


def _assert_sound(path: Path) -> None:
    connection = apsw.Connection(str(path))
    assert connection.pragma("integrity_check") == "ok"
    connection.execute("INSERT INTO words (words) VALUES ('integrity-check')")
    connection.close()


# --- Locked --------------------------------------------------------------------------------------------


async def test_while_another_process_holds_the_lock(tmp_path: Path) -> None:
    """The loop never stalls, reads go on, the write waits and then is done."""
    path = tmp_path / "notes.db"
    notes = await opened(path)
    await notes.put("k", "before")
    holder = python(
        """
        import apsw
        connection = apsw.Connection(arguments[0])
        connection.execute("BEGIN IMMEDIATE")
        print("locked", flush=True)
        time.sleep(2)
        connection.execute("ROLLBACK")
        connection.close()
        """,
        path,
    )
    assert holder.stdout is not None
    assert await asyncio.to_thread(holder.stdout.readline) == "locked\n"
    loop = asyncio.get_running_loop()
    write = asyncio.ensure_future(notes.put("k", "after"))
    stalls: list[float] = []
    while not write.done():
        before = loop.time()
        await asyncio.sleep(0.005)
        stalls.append(loop.time() - before - 0.005)
        if len(stalls) % 20 == 0:
            item = await notes.get("k")
            assert item is not None
            assert write.done() or item.value == "before"
            assert len(await notes.search("before")) == 1 or write.done()
    assert (await write).value == "after"
    assert len(stalls) > 50
    assert sorted(stalls)[-2] < 0.05
    holder.communicate(timeout=10)
    await notes.cleanup()


async def test_a_lock_that_is_not_let_go_is_an_error_for_every_caller(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    notes = await opened(path, busy_timeout=0.05)
    other = apsw.Connection(str(path))
    other.execute("BEGIN IMMEDIATE")
    errors = await asyncio.gather(*(notes.put(str(number), 1) for number in range(3)), return_exceptions=True)
    assert [type(error) for error in errors] == [StoreBusyError] * 3
    assert "another process holds its lock; try again, or raise busy_timeout" in str(errors[0])
    other.execute("ROLLBACK")
    assert await notes.put("0", 1)
    assert await notes.count() == 1
    other.close()
    await notes.cleanup()


async def test_opening_waits_for_the_lock_and_gives_up_in_the_end(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    other = apsw.Connection(str(path))
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreBusyError):
        await opened(path, busy_timeout=0.02)
    opening = asyncio.ensure_future(opened(path))
    await asyncio.sleep(0.05)
    assert not opening.done()
    other.execute("ROLLBACK")
    other.close()
    await (await opening).cleanup()


async def test_the_switch_to_write_ahead_logging_waits_for_readers(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    await _make(path)
    other = apsw.Connection(str(path))
    assert other.pragma("journal_mode", "delete") == "delete"
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM items").fetchall()
    with pytest.raises(StoreBusyError):
        await opened(path, busy_timeout=0.02)
    opening = asyncio.ensure_future(opened(path))
    await asyncio.sleep(0.05)
    assert not opening.done()
    other.execute("ROLLBACK")
    other.close()
    await (await opening).cleanup()


def test_a_file_system_without_shared_memory_is_named() -> None:
    class OnNetwork:
        def set_busy_handler(self, handler: object) -> None: ...

        def pragma(self, *_: object) -> str:
            return "delete"

    connection: Any = OnNetwork()
    with pytest.raises(StoreError, match="has no shared memory for write-ahead logging; use a local disk"):
        schema._use_write_ahead_log(connection, "memory.sqlite x", lambda _: False)


OPEN_NEW_ONES = """
async def main():
    sys.stdin.readline()
    for number in range(25):
        notes = sqlite(Path(arguments[0]) / f"{number}.db")
        await notes.initialize()
        await notes.put(arguments[1], 1)
        await notes.cleanup()
    print("done")
asyncio.run(main())
"""


def test_several_processes_open_one_new_file_at_once(tmp_path: Path) -> None:
    """For some of the locks that the switch to write-ahead logging takes, SQLite itself does not wait."""
    processes = [python(OPEN_NEW_ONES, tmp_path, number) for number in range(4)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.communicate(timeout=60)[0] for process in processes] == ["done\n"] * 4

    async def keys(path: Path) -> set[str]:
        notes = await opened(path)
        found = {item.key async for item in notes.export()}
        await notes.cleanup()
        return found

    for number in range(25):
        assert asyncio.run(keys(tmp_path / f"{number}.db")) == {"0", "1", "2", "3"}


@pytest.mark.parametrize("patience", [0, 3])
def test_the_switch_is_tried_again_for_as_long_as_one_waits(tmp_path: Path, patience: int) -> None:
    """SQLite refuses it at once, without a word to the busy handler, as it does in the race above."""

    class Refusing:
        refusals = 3

        def set_busy_handler(self, handler: object) -> None:
            self.handler = handler

        def pragma(self, *_: object) -> str:
            assert self.handler is None, "who waits here and there waits twice as long"
            if self.refusals:
                self.refusals -= 1
                raise apsw.BusyError("database is locked")
            return "wal"

    waits: list[int] = []

    def wait(attempts: int) -> bool:
        waits.append(attempts)
        return attempts < patience

    connection: Any = Refusing()
    if patience == 0:
        with pytest.raises(apsw.BusyError):
            schema._use_write_ahead_log(connection, "memory.sqlite x", wait)
        assert waits == [0]
    else:
        schema._use_write_ahead_log(connection, "memory.sqlite x", wait)
        assert waits == [0, 1, 2]
        assert connection.handler is wait


# --- Configuration -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"path": "notes.db"}, r"path: is the string 'notes.db'; use Path\('notes.db'\) or ':memory:'"),
        ({"path": Path("a\0b")}, "path: holds a NUL"),
        ({"path": Path("\udcff")}, "path: holds a lone surrogate"),
        ({"synchronous": "off"}, "synchronous: is 'off'"),
        ({"busy_timeout": -1}, "busy_timeout: is -1"),
        ({"busy_timeout": nan}, "busy_timeout: is nan"),
        ({"purge_interval": 0}, "purge_interval: is 0"),
        ({"purge_interval": inf}, "purge_interval: is inf"),
        ({"max_value_bytes": 0}, "max_value_bytes: is 0, not a size"),
        ({"max_value_bytes": 2**31}, "max_value_bytes: is 2147483648"),
        ({"search": "off"}, "search: is 'off'; use True or False"),
    ],
)
def test_configurations_that_are_refused(config: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInputError, match=f"^{message}"):
        SQLiteConfig(**{"path": ":memory:", **config})


def test_pydantic_validates_the_configuration_from_toml() -> None:
    import pydantic

    adapter = pydantic.TypeAdapter(SQLiteConfig)
    assert adapter.validate_python({"path": ":memory:"}).path == ":memory:"
    assert adapter.validate_python({"path": "a/notes.db", "synchronous": "normal"}).path == Path("a/notes.db")
    for wrong in ({"path": "x", "pth": 1}, {"path": "x", "busy_timeout": -1}, {}):
        with pytest.raises(pydantic.ValidationError):
            adapter.validate_python(wrong)
    properties = adapter.json_schema()["properties"]
    assert all(properties[name]["description"] for name in properties)


@pytest.mark.parametrize(("word", "number"), [("full", 2), ("normal", 1)])
async def test_the_durability_is_what_the_configuration_says(
    tmp_path: Path, connections: list[apsw.Connection], word: str, number: int
) -> None:
    notes = await opened(tmp_path / "notes.db", synchronous=word)
    assert connections[0].pragma("synchronous") == number
    await notes.cleanup()
