"""Files whose items are not found by text: what is spared, and how the index comes back whole."""

from __future__ import annotations

import asyncio
import signal
import threading
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from purveyor.errors import StoreBusyError, StoreError, UnsupportedError
from purveyor.memory.sqlite import index
from purveyor.memory.sqlite.text import text_of
from tests.memory.conftest import Clock, sqlite
from tests.memory.test_sqlite_files import _assert_sound, opened, python
from tests.memory.test_sqlite_text import STEPS, keys_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from purveyor.memory import Hit, SQLiteMemory


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "notes.db"


@pytest.fixture
async def off(path: Path) -> AsyncIterator[SQLiteMemory]:
    """A started provider on a file, without search."""
    notes = await opened(path, search=False)
    yield notes
    await notes.cleanup()


def indexed(path: Path) -> tuple[bool, int]:
    """Whether the file calls its index complete, and of how many rows it has words."""
    connection = apsw.Connection(str(path))
    connection.set_busy_timeout(10_000)
    ((complete,),) = connection.execute("SELECT indexed FROM sequence").fetchall()
    ((rows,),) = connection.execute("SELECT count(*) FROM words_docsize").fetchall()
    connection.close()
    return bool(complete), int(str(rows))


def capabilities_of(notes: SQLiteMemory) -> frozenset[str]:
    assert notes.store is not None
    return notes.store.capabilities


# --- Off ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["file", "memory"])
async def test_text_search_is_refused_and_everything_else_works(tmp_path: Path, place: str) -> None:
    clock = Clock()
    notes = sqlite(":memory:" if place == "memory" else tmp_path / "notes.db", clock, search=False)
    await notes.initialize()
    assert capabilities_of(notes) == frozenset()
    await notes.put("a", {"text": "ship", "page": 1})
    await notes.put("a", {"text": "ships", "page": 2})
    await notes.put("b", "ship", ttl=1)
    for query in ("ship", ""):
        with pytest.raises(UnsupportedError, match="does not support text search; use search = true"):
            await notes.search(query)
    assert [hit.item.key for hit in await notes.search(None, where={"page": {"$gt": 1}})] == ["a"]
    clock.now += 1
    assert await notes.get("b") is None
    assert await notes.delete("a")
    await notes.put_many({str(number): "ship" for number in range(5000)})
    assert len(await notes.get_many([str(number) for number in range(5001)])) == 5000
    assert await notes.clear(()) == 5000
    await notes.cleanup()


async def test_on_it_says_that_it_can(path: Path) -> None:
    notes = await opened(path)
    assert capabilities_of(notes) == {"text"}
    await notes.cleanup()


async def test_the_words_are_not_written(off: SQLiteMemory, path: Path) -> None:
    await off.put_many({str(number): "ship " * 50 for number in range(200)})
    await off.put("0", "another")
    await off.delete("1")
    assert indexed(path) == (False, 0)


# --- From on to off, and back --------------------------------------------------------------------------------


async def test_switched_off_the_words_go_and_on_again_they_are_back(path: Path) -> None:
    notes = await opened(path)
    await notes.put_many({str(number): {"text": f"ship number{number}"} for number in range(500)})
    await notes.put("silent", 5)
    before = list(await notes.search("ships", limit=1000))
    await notes.cleanup()
    assert indexed(path) == (True, 500)
    await (await opened(path, search=False)).cleanup()
    assert indexed(path) == (False, 0)
    notes = await opened(path)
    assert indexed(path) == (True, 500)
    assert list(await notes.search("ships", limit=1000)) == before
    await notes.cleanup()
    _assert_sound(path)


async def test_an_index_that_is_as_it_should_be_is_left_alone(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notes = await opened(path)
    await notes.put("a", "ship")
    await notes.cleanup()
    monkeypatch.setattr(index, "text_of", pytest.fail)
    await (await opened(path)).cleanup()
    assert indexed(path) == (True, 1)


async def test_two_that_come_to_rebuild_do_it_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both see that the index is incomplete; the second one finds it made when it has the lock."""
    notes = await opened(path, search=False)
    await notes.put_many({str(number): "ship" for number in range(50)})
    seen: list[Any] = []
    both = threading.Barrier(2, timeout=10)
    look = index.is_complete

    def look_together(connection: apsw.Connection) -> bool:
        found = look(connection)
        if not connection.in_transaction:
            both.wait()
        return found

    def text_once(value: Any) -> str:
        seen.append(value)
        return text_of(value)

    monkeypatch.setattr(index, "text_of", text_once)
    monkeypatch.setattr("purveyor.memory.sqlite.database.is_complete", look_together)
    first, second = await asyncio.gather(opened(path), opened(path))
    assert len(seen) == 50
    monkeypatch.undo()
    assert len(await first.search("ship", limit=100)) == len(await second.search("ship", limit=100)) == 50
    for each in (first, second, notes):
        await each.cleanup()


async def test_a_rebuild_that_fails_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notes = await opened(path, search=False)
    await notes.put_many({str(number): "ship" for number in range(50)})
    await notes.cleanup()
    texts = iter(["ship"] * 20)
    monkeypatch.setattr(index, "text_of", lambda _: next(texts))
    with pytest.raises(Exception, match="StopIteration"):
        await opened(path)
    monkeypatch.undo()
    assert indexed(path) == (False, 0)
    notes = await opened(path)
    assert len(await notes.search("ship", limit=100)) == await notes.count() == 50
    await notes.cleanup()


REBUILD = """
from purveyor.memory.sqlite import index
real, seen = index.text_of, []

def slow(value):
    seen.append(value)
    if len(seen) == 1500:
        print("halfway", flush=True)
        time.sleep(60)
    return real(value)

index.text_of = slow
asyncio.run(sqlite(Path(arguments[0])).initialize())
"""


def test_killed_halfway_through_a_rebuild_nothing_is_lost(path: Path) -> None:
    async def fill() -> None:
        notes = await opened(path, search=False)
        await notes.put_many({str(number): f"ship number{number} " * 100 for number in range(3000)})
        await notes.cleanup()

    async def look() -> None:
        notes = await opened(path)
        assert await notes.count() == 3000
        assert await keys_of(notes, "number2999") == ["2999"]
        assert len(await notes.search("ship", limit=10_000)) == 3000
        await notes.cleanup()

    asyncio.run(fill())
    process = python(REBUILD, path)
    assert process.stdout is not None
    assert process.stdout.readline() == "halfway\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert indexed(path) == (False, 0)
    asyncio.run(look())
    _assert_sound(path)


async def test_a_rebuild_is_broken_off_when_opening_is_cancelled(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = await opened(path, search=False)
    await notes.put_many({str(number): "ship" for number in range(10_000)})
    await notes.cleanup()
    halfway, go_on, seen = threading.Event(), threading.Event(), []

    def slow(value: Any) -> str:
        seen.append(value)
        halfway.set()
        go_on.wait(10)
        return text_of(value)

    monkeypatch.setattr(index, "text_of", slow)
    opening = asyncio.ensure_future(opened(path))
    await asyncio.to_thread(halfway.wait)
    opening.cancel()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await opening
    assert 0 < len(seen) < 10_000
    assert indexed(path) == (False, 0)


# --- Others at the same file -----------------------------------------------------------------------------------


async def test_a_search_never_answers_from_an_index_that_another_gave_up(path: Path) -> None:
    on = await opened(path)
    await on.put("a", "ship")
    off = await opened(path, search=False)
    await off.put("b", "ship")
    message = (
        f"^memory.sqlite {path}: its index is incomplete, since another process .* search = false; use search"
    )
    with pytest.raises(StoreError, match=message):
        await on.search("ship")
    assert [hit.item.key for hit in await on.search(None)] == ["a", "b"]
    await on.put("c", "ship")
    await on.put("b", "boat")
    await on.delete("a")
    with pytest.raises(StoreError, match="incomplete"):
        await on.search("ship")
    await off.cleanup()
    await on.cleanup()
    await on.initialize()
    assert await keys_of(on, "ship") == ["c"]
    assert await keys_of(on, "boat") == ["b"]
    await on.cleanup()
    _assert_sound(path)


CHANGES = {
    "put": lambda notes, clock: notes.put("b", "ship"),
    "put over": lambda notes, clock: notes.put("a", "boat"),
    "delete": lambda notes, clock: notes.delete("a"),
    "clear": lambda notes, clock: notes.clear(()),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_who_writes_without_an_index_says_so_in_a_file_that_has_one_again(
    path: Path, clock: Clock, change: str
) -> None:
    """It was opened before the index was made; what is then written would be missing in it."""
    off = await opened(path, search=False)
    await off.put("a", "ship")
    on = await opened(path)
    assert await keys_of(on, "ship") == ["a"]
    await off.get("a")
    await off.touch("a", 1000)
    await off.delete("missing")
    assert await keys_of(on, "ship") == ["a"], "what changes no words leaves the index alone"
    await CHANGES[change](off, clock)
    with pytest.raises(StoreError, match="incomplete"):
        await on.search("ship")
    assert indexed(path) == (False, 0)
    await off.put("c", "ship")
    await off.cleanup()
    await on.cleanup()
    await on.initialize()
    assert sorted(await keys_of(on, "ship")) == sorted({"a", "b", "c"} - {
        "put": set(), "put over": {"a", "b"}, "delete": {"a", "b"}, "clear": {"a", "b"},
    }[change])  # fmt: skip
    await on.cleanup()


async def test_what_expires_is_purged_without_an_index_too(path: Path) -> None:
    clock = Clock()
    off = sqlite(path, clock, search=False, purge_interval=0.01)
    await off.initialize()
    await off.put("a", "ship", ttl=1)
    on = sqlite(path, clock)
    await on.initialize()
    assert await keys_of(on, "ship") == ["a"]
    clock.now += 1
    for _ in range(500):
        await asyncio.sleep(0.01)
        if not indexed(path)[0]:
            break
    assert indexed(path) == (False, 0)
    await off.cleanup()
    await on.cleanup()


async def test_the_switch_waits_for_the_lock_and_gives_up_in_the_end(path: Path) -> None:
    notes = await opened(path)
    await notes.put("a", "ship")
    await notes.cleanup()
    other = apsw.Connection(str(path))
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusyError):
        await opened(path, search=False, busy_timeout=0.02)
    opening = asyncio.ensure_future(opened(path, search=False))
    await asyncio.sleep(0.05)
    assert not opening.done()
    other.execute("ROLLBACK")
    other.close()
    await (await opening).cleanup()
    assert indexed(path) == (False, 0)


# --- Switched at any time ----------------------------------------------------------------------------------------


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=20,
    deadline=None,
)
@given(steps=st.lists(STEPS | st.tuples(st.just("switch"), st.booleans()), max_size=25))
def test_searches_are_those_of_a_file_that_was_always_indexed(
    steps: list[Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Two stores get the same changes, and one of them is opened with search on and off meanwhile."""
    folder = tmp_path_factory.mktemp("switched")
    clock = Clock()

    async def start(name: str, search: bool) -> SQLiteMemory:
        notes = sqlite(folder / name, clock, synchronous="normal", purge_interval=1000, search=search)
        await notes.initialize()
        return notes

    async def hits(notes: SQLiteMemory) -> list[list[Hit]]:
        return [list(await notes.search(word)) for word in ("alpha", "beta -gamma", "delta", "gamma")]

    async def run() -> None:
        always, switched = await start("always.db", True), await start("switched.db", True)
        for name, *arguments in [*steps, ("switch", True)]:
            if name == "switch":
                await switched.cleanup()
                switched = await start("switched.db", arguments[0])
                if arguments[0]:
                    assert await hits(switched) == await hits(always)
                continue
            if name == "sleep":
                clock.now += arguments[0]
            for notes in (always, switched):
                if name == "put":
                    await notes.put(arguments[0], arguments[1], ttl=arguments[2])
                elif name == "delete":
                    await notes.delete(arguments[0])
                elif name == "clear":
                    await notes.clear(())
        await always.cleanup()
        await switched.cleanup()

    asyncio.run(run())
    _assert_sound(folder / "switched.db")
