"""Files as the system has them: paths, owners, permissions, and who is at work on them."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
from pathlib import Path
from typing import Any

import pytest

from purveyor.errors import InvalidInputError, StoreError, UnknownFormatError
from purveyor.migrate.data import legacy, move_back, move_data, read_legacy
from purveyor.migrate.data import opened as opened_module
from purveyor.migrate.data.locks import hold
from purveyor.migrate.data.snapshot import Node, Snapshot, take
from tests.migrate.data.conftest import contents, entry, memory, storage, write_entries


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def mode(path: Path | int) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)  # noqa: PTH116 - of a descriptor as well


# --- Paths ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["a\0b", "\ud800"])
async def test_a_path_that_no_file_can_have_is_told(tmp_path: Path, entries: Path, path: str) -> None:
    target = memory(tmp_path / "notes.db")
    said = " has a character in it that no path can have; take it out"
    with pytest.raises(InvalidInputError, match=f"source: .*{said}"):
        read_legacy(path)
    with pytest.raises(InvalidInputError, match=f"source: .*{said}"):
        await move_data(path, target)
    with pytest.raises(InvalidInputError, match=f"journal: .*{said}"):
        await move_data(entries, target, journal=path)
    with pytest.raises(InvalidInputError, match=f"root: .*{said}"):
        await move_data(entries, storage(Path(path)))
    with pytest.raises(InvalidInputError, match=f"source: .*{said}"):
        await move_back(path, target)
    with pytest.raises(InvalidInputError, match=f"journal: .*{said}"):
        await move_back(entries, target, journal=path)
    assert names(tmp_path) == ["entries.json"]


async def test_a_folder_that_is_missing_is_told_without_a_word_about_storages(
    tmp_path: Path, entries: Path
) -> None:
    journal = tmp_path / "no" / "journal"
    for source, options in ((entries, {"journal": journal}), (tmp_path / "missing", {})):
        with pytest.raises(StoreError, match="see that it is there, and the folder it lies in") as missing:
            await move_data(source, memory(tmp_path / "notes.db"), **options)  # type: ignore[arg-type]
        assert ".purveyor" not in str(missing.value.hint)
    entries.write_text("{}")
    with pytest.raises(StoreError, match="a folder must be there: name another path") as obstructed:
        await move_data(entries, memory(entries / "notes.db"))
    assert "root" not in str(obstructed.value.hint)


# --- Owners and permissions -----------------------------------------------------------------------------


async def test_what_is_put_aside_is_nobody_elses_to_read(tmp_path: Path, entries: Path) -> None:
    write_entries(entries, {"a": 1})
    aside = tmp_path / "notes.db.aside.json"
    part = tmp_path / ".notes.db.aside.json.part"
    part.touch(0o644)  # of a process that was killed
    moved = await move_data(entries, memory(tmp_path / "notes.db"), set_aside=True)
    assert moved.aside == aside
    assert mode(aside) == 0o600
    assert names(tmp_path) == ["entries.json", "notes.db", "notes.db.aside.json", "notes.db.entries.json.moved"]


@pytest.fixture(params=["file", "folder"])
def private_store(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param == "file":
        path = tmp_path / "entries.json"
        write_entries(path, {"a": entry(1)})
        path.chmod(0o640)
        return path
    path = tmp_path / "store"
    path.mkdir()
    (path / "a.json").write_text(json.dumps({"key": "a", **entry(1)}))
    (path / "link").symlink_to("a.json")
    (path / "a.json").chmod(0o640)
    path.chmod(0o750)
    return path


async def test_the_way_back_keeps_owners_and_is_nobody_elses_to_read_meanwhile(
    tmp_path: Path, private_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = memory(tmp_path / "notes.db")
    own = private_store.stat()
    await move_data(private_store, target, set_aside=True)
    await target.initialize()
    await target.put("a", 2)
    await target.cleanup()
    given: list[tuple[str, int, int]] = []
    meanwhile: dict[str, int] = {}
    sync = os.fsync

    def chown(path: Path, user: int, group: int, *, follow_symlinks: bool) -> None:
        assert not follow_symlinks
        given.append((path.name, user, group))
        raise PermissionError(1, "Operation not permitted")  # as who is not root is told

    def fsync(descriptor: int) -> None:
        name = Path(f"/proc/self/fd/{descriptor}").readlink().name
        meanwhile.setdefault(name, mode(descriptor))
        sync(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr("purveyor.migrate.data.snapshot.os.chown", chown)
        patch.setattr("purveyor.migrate.data.snapshot.os.fsync", fsync)
        assert (await move_back(private_store, target)).changed == ("a",)
    part = f".{private_store.name}.part"
    is_folder = private_store.is_dir()
    written = ["a.json", "link", part] if is_folder else [part]
    assert given == [(name, *owner) for name in written for owner in ((-1, own.st_gid), (own.st_uid, -1))]
    assert meanwhile["a.json" if is_folder else part] == 0o600
    assert meanwhile[part] == (0o700 if is_folder else 0o600)
    assert mode(private_store) == (0o750 if is_folder else 0o640)
    assert not is_folder or mode(private_store / "a.json") == 0o640


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
async def test_root_gives_what_it_writes_back_to_whose_it_was(
    tmp_path: Path, private_store: Path
) -> None:  # pragma: no cover - as root only
    target = memory(tmp_path / "notes.db")
    os.chown(private_store, 12345, 23456)
    await move_data(private_store, target, set_aside=True)
    await target.initialize()
    await target.put("a", 2)
    await target.cleanup()
    await move_back(private_store, target)
    status = private_store.stat()
    assert (status.st_uid, status.st_gid) == (12345, 23456)


def test_a_file_that_is_new_in_a_folder_is_owned_as_the_others_are() -> None:
    usual = Node("file", b"{}", 0o640, (1, 2), 5)
    snapshot = Snapshot("store", {"": Node("folder"), "a": usual}).with_files({"b": b"[]"})
    assert snapshot.nodes["b"] == Node("file", b"[]", 0o640, (1, 2), 0)
    assert Snapshot("store", {"": Node("folder")}).with_files({"b": b""}).nodes["b"].owner == (-1, -1)


def test_a_folder_that_is_reached_through_a_link_is_read(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store").chmod(0o750)
    (tmp_path / "link").symlink_to("store")
    root, status = take(tmp_path / "link").nodes[""], (tmp_path / "store").stat()
    assert (root.kind, root.mode, root.owner) == ("folder", 0o750, (status.st_uid, status.st_gid))


# --- Who is at work -------------------------------------------------------------------------------------


@pytest.fixture
def chat(tmp_path: Path) -> Path:
    path = tmp_path / "chat.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = PERSIST")
    connection.execute("CREATE TABLE messages (id INTEGER PRIMARY KEY, content TEXT)")
    connection.execute("INSERT INTO messages VALUES (1, 'a')")
    connection.commit()
    connection.close()
    return path


async def test_the_journal_that_a_database_keeps_is_no_transaction(tmp_path: Path, chat: Path) -> None:
    assert (tmp_path / "chat.db-journal").stat().st_size > 0
    target = memory(tmp_path / "notes.db")
    assert (await move_data(chat, target)).moved == 1
    await target.initialize()
    await target.put("2", {"content": "b"})
    await target.cleanup()
    assert (await move_back(chat, target)).added == ("2",)
    connection = sqlite3.connect(chat)
    assert connection.execute("SELECT * FROM messages").fetchall() == [(1, "a"), (2, "b")]
    connection.close()


@pytest.mark.parametrize("rows", [1, 500])
def test_a_transaction_in_a_journal_that_is_kept_is_seen(chat: Path, rows: int) -> None:
    """One that fits into the cache has not been written to the database: there the journal says so by less."""
    connection = sqlite3.connect(chat)
    connection.execute("PRAGMA journal_mode = PERSIST")
    connection.execute("PRAGMA cache_size = 1")
    connection.executemany("INSERT INTO messages (content) VALUES (?)", [("x" * 500,)] * rows)
    with pytest.raises(UnknownFormatError, match=r"chat\.db-journal says that a process has it open"):
        read_legacy(chat)
    connection.rollback()
    connection.close()
    assert len(read_legacy(chat).entries) == 1


def test_a_folder_that_is_called_like_a_journal_is_none(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store-journal").mkdir()
    legacy.check_closed(tmp_path / "store")
    assert read_legacy(tmp_path / "store").entries == []


def test_what_is_left_of_a_new_database_is_swept_unless_it_is_held(tmp_path: Path) -> None:
    """Whatever the process is called that holds it: in another container the numbers of processes are others."""
    left = [".notes.db.0.moving", ".notes.db.0.moving-lock", ".notes.db.0.moving-shm", ".notes.db.0.moving-wal"]
    kept = [".notes.db.4000000.moving", ".notes.db.4000000.moving-lock", ".notes.db.x.moving", "notes.db"]
    for name in (*left, *kept):
        (tmp_path / name).touch()
    with hold(tmp_path / ".notes.db.4000000.moving-lock"):
        opened_module._sweep(tmp_path / "notes.db")
        assert names(tmp_path) == kept
    opened_module._sweep(tmp_path / "notes.db")
    assert names(tmp_path) == kept[2:]


async def test_two_new_databases_in_the_making_have_two_names(tmp_path: Path, entries: Path) -> None:
    with hold(tmp_path / ".notes.db.0.moving-lock"):
        (tmp_path / ".notes.db.0.moving").write_text("of another container")
        target = memory(tmp_path / "notes.db")
        assert (await move_data(entries, target)).moved == 2
        assert (tmp_path / ".notes.db.0.moving").read_text() == "of another container"
    assert len(await contents(target)) == 2
    assert names(tmp_path) == [
        ".notes.db.0.moving", ".notes.db.0.moving-lock", "entries.json", "notes.db", "notes.db.entries.json.moved",
    ]  # fmt: skip


async def test_a_folder_that_was_made_for_a_database_goes_with_it(
    tmp_path: Path, entries: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(opened_module, "hold", fail)
    with pytest.raises(StoreError, match="Too many open files"):
        await move_data(entries, memory(tmp_path / "new" / "notes.db"))
    assert names(tmp_path) == ["entries.json"]
