"""The threads behind a SQLite store: what they isolate, how they end, and what they leave when killed."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import random
import signal
import threading
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import apsw
import pytest

from purveyor.errors import ConflictError, StoreBusyError, StoreClosedError, StoreError, WrongEventLoopError
from purveyor.memory.filter import Filter
from purveyor.memory.sqlite import provider as driver
from purveyor.memory.sqlite.database import Database
from purveyor.memory.sqlite.provider import SQLiteStore
from purveyor.memory.store import Address, Clear, Count, Delete, Put, Touch
from tests.memory.conftest import sqlite
from tests.memory.test_sqlite_files import _assert_sound, connections, opened, python

if TYPE_CHECKING:
    from purveyor.memory import Item, SQLiteMemory
    from tests.memory.conftest import Clock

__all__ = ["connections"]


def put(key: str, value: Any = 1, **options: Any) -> Put:
    import json

    return Put(Address((), key), value, json.dumps(value), **options)


def store_of(notes: SQLiteMemory) -> SQLiteStore:
    assert isinstance(notes.store, SQLiteStore)
    return notes.store


# --- One transaction for many, and no one's fault is another's -------------------------------------------


async def test_a_mutation_that_sqlite_refuses_is_left_out_alone(
    tmp_path: Path, connections: list[apsw.Connection]
) -> None:
    notes = await opened(tmp_path / "notes.db")
    await notes.put("bad", "kept as it was")
    connections[0].limit(apsw.SQLITE_LIMIT_LENGTH, 10_000)
    outcomes = await asyncio.gather(
        notes.put("good", "ship"),
        notes.put("bad", "x" * 20_000),
        notes.put("absent", 1, version=5),
        notes.delete("missing"),
        notes.put("also good", "ship"),
        return_exceptions=True,
    )
    assert [type(outcome).__name__ for outcome in outcomes] == [
        "Item",
        "StoreError",
        "ConflictError",
        "bool",
        "Item",
    ]
    assert "too big" in str(outcomes[1])
    kept = await notes.get("bad")
    assert kept is not None
    assert kept.value == "kept as it was"
    assert sorted(hit.item.key for hit in await notes.search("ship")) == ["also good", "good"]
    assert [hit.item.key for hit in await notes.search("kept")] == ["bad"]
    await notes.cleanup()
    _assert_sound(tmp_path / "notes.db")


async def test_a_mutation_that_python_refuses_is_left_out_alone(notes: SQLiteMemory) -> None:
    store = store_of(notes)
    good, bad = await store.write([put("good"), put("bad", expires=object())])
    assert isinstance(bad, TypeError)
    assert not isinstance(good, Exception)
    assert await notes.count() == 1


async def test_every_kind_of_mutation_in_one_transaction_in_order(notes: SQLiteMemory) -> None:
    store = store_of(notes)
    a = Address((), "a")
    outcomes = await store.write(
        [put("a"), put("a", expected="absent"), Touch(a, 5), Delete(a), Touch(a, 5), put("b"), Clear((), 5)]
    )
    first, conflict, touched, deleted, gone, _, cleared = outcomes
    assert isinstance(conflict, ConflictError)
    assert conflict.actual == first.version  # type: ignore[union-attr]
    assert touched.version == first.version  # type: ignore[union-attr]
    assert (deleted, gone, cleared) == (True, None, (1, True))


async def test_an_error_of_the_disk_is_not_tried_again_for_each(
    tmp_path: Path, connections: list[apsw.Connection]
) -> None:
    """In the second attempt too, when a mutation is apart, an error of the machine ends the transaction."""
    notes = await opened(tmp_path / "notes.db", synchronous="normal")
    await notes.put("k", 1)
    connections[0].limit(apsw.SQLITE_LIMIT_LENGTH, 300_000)
    connections[0].pragma("max_page_count", connections[0].pragma("page_count") + 10)
    outcomes = await asyncio.gather(
        notes.put("a", "x" * 400_000), notes.put("b", "x" * 200_000), return_exceptions=True
    )
    assert {type(outcome).__name__ for outcome in outcomes} == {"StoreFullError"}
    assert await notes.count() == 1
    await notes.cleanup()


# --- What expires leaves the file ------------------------------------------------------------------------


async def test_what_has_expired_is_purged_in_portions(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "notes.db"
    notes = sqlite(path, clock, purge_interval=0.02)
    await notes.initialize()
    await notes.put_many({str(number): "ship" for number in range(600)}, ttl=1)
    await notes.put("stays", "ship", ttl=100)
    other = apsw.Connection(str(path))
    rows = other.execute("SELECT count(*) FROM items")
    assert rows.fetchall() == [(601,)]
    clock.now += 1
    assert await notes.count() == 1
    for _ in range(500):
        await asyncio.sleep(0.01)
        if other.execute("SELECT count(*) FROM items").fetchall() == [(1,)]:
            break
    assert other.execute("SELECT key FROM items").fetchall() == [("stays",)]
    assert other.execute("SELECT count(*) FROM words WHERE words MATCH 'ship'").fetchall() == [(1,)]
    other.close()
    await notes.cleanup()


async def test_a_purge_that_fails_is_logged_and_tried_again(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "notes.db"
    notes = sqlite(path, clock, purge_interval=0.01, busy_timeout=0.01)
    await notes.initialize()
    await notes.put("k", 1, ttl=1)
    clock.now += 1
    other = apsw.Connection(str(path))
    other.set_busy_timeout(10_000)  # for the lock of a purge that is under way
    other.execute("BEGIN IMMEDIATE")
    with caplog.at_level(logging.WARNING):
        for _ in range(500):
            await asyncio.sleep(0.01)
            if caplog.records:
                break
    assert caplog.records[0].message == "Could not remove expired items"
    other.execute("ROLLBACK")
    for _ in range(500):
        await asyncio.sleep(0.01)
        if other.execute("SELECT count(*) FROM items").fetchall() == [(0,)]:
            break
    assert other.execute("SELECT count(*) FROM items").fetchall() == [(0,)]
    other.close()
    await notes.cleanup()


# --- Ending ----------------------------------------------------------------------------------------------


class Slow(Filter):
    """A filter that a test holds up, on the thread of the query."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.go_on = threading.Event()
        self.seen = 0

    def matches(self, item: Item) -> bool:
        self.seen += 1
        self.entered.set()
        self.go_on.wait(10)
        return True


async def slow_count(notes: SQLiteMemory) -> tuple[Slow, asyncio.Task[int]]:
    await notes.put_many({str(number): number for number in range(5000)})
    where = Slow()
    task = asyncio.ensure_future(store_of(notes).query(Count((), where)))
    while not where.entered.is_set():
        await asyncio.sleep(0.001)
    return where, task


async def test_a_slow_query_holds_up_neither_gets_nor_puts(notes: SQLiteMemory) -> None:
    where, task = await slow_count(notes)
    assert (await notes.put("k", 1)) == await notes.get("k")
    assert not task.done()
    where.go_on.set()
    assert await task == 5000, "it sees the moment it began"


async def test_a_query_that_nobody_waits_for_is_broken_off(notes: SQLiteMemory) -> None:
    where, task = await slow_count(notes)
    task.cancel()
    queued = asyncio.ensure_future(notes.count(where={"@value": 1}))
    await asyncio.sleep(0)
    queued.cancel()
    await asyncio.wait([task, queued])
    where.go_on.set()
    assert await notes.count() == 5000
    assert where.seen < 5000


async def test_closing_breaks_off_queries_and_finishes_writes(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    notes = await opened(path)
    where, query = await slow_count(notes)
    store = store_of(notes)
    waiting = asyncio.ensure_future(store.query(Count((), None)))
    write = asyncio.ensure_future(store.write([put("late")]))
    await asyncio.sleep(0)
    closing = asyncio.ensure_future(notes.cleanup())
    await asyncio.sleep(0)
    where.go_on.set()
    await closing
    with pytest.raises(StoreClosedError, match="is not open; initialize the provider first"):
        await query
    assert len(await write) == 1
    await asyncio.wait([waiting])
    assert isinstance(waiting.exception(), StoreClosedError) or waiting.result() == 5001
    for verb in (store.read([Address((), "k")]), store.write([put("k")]), store.query(Count((), None))):
        with pytest.raises(StoreClosedError):
            await verb
    await store.close()
    with pytest.raises(StoreClosedError, match="memory provider notes: is not initialized"):
        await notes.get("late")
    await notes.initialize()
    assert await notes.get("late") is not None
    await notes.cleanup()


async def test_a_job_that_comes_after_the_end_is_refused(notes: SQLiteMemory) -> None:
    """As from another thread, between the last look at the queue and the end."""
    worker = store_of(notes)._reader
    worker._jobs.put(None)
    worker._jobs.put(None)
    late = worker.submit("read", [Address((), "k")])
    with pytest.raises(StoreClosedError):
        await late


async def test_closing_does_not_wait_for_anothers_lock(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    notes = await opened(path)
    other = apsw.Connection(str(path))
    other.execute("BEGIN IMMEDIATE")
    write = asyncio.ensure_future(notes.put("k", 1))
    await asyncio.sleep(0.05)
    await notes.cleanup()
    with pytest.raises(StoreBusyError):
        await write
    other.execute("ROLLBACK")
    other.close()


async def test_opening_that_is_cancelled_leaves_no_thread(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    other = apsw.Connection(str(path))
    other.execute("BEGIN EXCLUSIVE")
    opening = asyncio.ensure_future(opened(path))
    await asyncio.sleep(0.05)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    other.close()


async def test_closing_that_is_cancelled_ends_all_the_same(tmp_path: Path) -> None:
    notes = await opened(tmp_path / "notes.db")
    store = store_of(notes)
    closing = asyncio.ensure_future(notes.cleanup())
    await asyncio.sleep(0)
    closing.cancel()
    await asyncio.wait([closing])
    await store.close()


async def test_opening_that_fails_halfway_leaves_no_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class OnlyTheWriter(Database):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            if not options.get("create"):
                raise StoreError("memory.sqlite", "no more files")
            super().__init__(*arguments, **options)

    monkeypatch.setattr(driver, "Database", OnlyTheWriter)
    notes = sqlite(tmp_path / "notes.db")
    with pytest.raises(StoreError, match="no more files"):
        await notes.initialize()
    assert notes.store is None


def test_a_loop_that_ends_before_the_answer_comes_is_no_harm(tmp_path: Path) -> None:
    notes = sqlite(tmp_path / "notes.db")

    async def begin() -> None:
        await notes.initialize()
        await notes.put("k", 1)
        where = Slow()
        task = asyncio.ensure_future(store_of(notes).query(Count((), where)))
        await asyncio.sleep(0.01)
        threading.Timer(0.05, where.go_on.set).start()
        task.cancel()

    async def go_on() -> None:
        assert await notes.get("k") is not None
        assert await notes.count() == 1
        await notes.cleanup()

    asyncio.run(begin())
    asyncio.run(go_on())


async def test_a_store_that_is_never_closed_warns_and_ends_its_threads(tmp_path: Path) -> None:
    notes = await opened(tmp_path / "notes.db")
    threads = [thread for thread in threading.enumerate() if thread.name.startswith("purveyor memory")]
    assert len(threads) == 3
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        notes._store = notes._current_batcher = None
        gc.collect()
    assert [str(one.message) for one in caught if one.category is ResourceWarning] == [
        f"memory.sqlite {tmp_path / 'notes.db'} was never closed"
    ]
    for thread in threads:
        await asyncio.to_thread(thread.join)


async def test_in_memory_one_thread_does_everything() -> None:
    notes = sqlite(":memory:")
    await notes.initialize()
    assert len([thread for thread in threading.enumerate() if thread.name.startswith("purveyor memory")]) == 1
    await asyncio.gather(notes.put("a", "ship"), notes.get("a"), notes.search("ship"), notes.count())
    assert [hit.item.key for hit in await notes.search("ship")] == ["a"]
    other = sqlite(":memory:")
    await other.initialize()
    assert await other.count() == 0
    await other.cleanup()
    await notes.cleanup()


# --- Cancellation ----------------------------------------------------------------------------------------


async def test_cancelled_callers_leave_no_trace_or_a_whole_one(notes: SQLiteMemory) -> None:
    chance = random.Random(5)
    for round_ in range(20):
        tasks = [asyncio.ensure_future(notes.put(f"{round_}.{number}", "ship")) for number in range(20)]
        for _ in range(chance.randrange(4)):
            await asyncio.sleep(0)
        cancelled = chance.sample(tasks, 10)
        for task in cancelled:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        for number, (task, outcome) in enumerate(zip(tasks, outcomes, strict=True)):
            there = await notes.get(f"{round_}.{number}")
            if task not in cancelled:
                assert there == outcome
    assert await notes.count() == len(await notes.search("ship", limit=1000))


# --- Other processes -------------------------------------------------------------------------------------


WRITE = """
async def main():
    notes = sqlite(Path(arguments[0]))
    await notes.initialize()
    async def writer(name):
        number = 0
        while True:
            key = f"{arguments[1]}.{name}.{number}"
            await notes.put(key, {"text": "word" + key, "pad": "x" * 2000})
            print(key, flush=True)
            if number % 5 == 4:
                await notes.delete(key)
                print("-" + key, flush=True)
            number += 1
    await asyncio.gather(*(writer(name) for name in range(8)))
asyncio.run(main())
"""


def test_kill_9_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """A writer says what was acknowledged, and is killed at random moments, from the first one on."""
    path = tmp_path / "notes.db"
    chance = random.Random(9)
    acknowledged: set[str] = set()
    deleted: set[str] = set()
    for round_ in range(10):
        process = python(WRITE, path, round_)
        assert process.stdout is not None
        lines: list[str] = []
        if round_ < 3:  # also while it starts, and makes the file
            time.sleep(chance.uniform(0.1, 0.6))
        else:
            lines.append(process.stdout.readline())
            time.sleep(chance.uniform(0, 0.1))
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.readlines()
        process.communicate()
        for line in map(str.strip, lines):
            (deleted if line.startswith("-") else acknowledged).add(line.lstrip("-"))
    # A delete that was under way may have been done without being acknowledged.
    sure = {key for key in acknowledged if int(key.rpartition(".")[2]) % 5 != 4}
    assert len(sure) > 20

    async def look() -> set[str]:
        notes = await opened(path)
        found = {item.key: item.value async for item in notes.export()}
        for key, value in found.items():
            assert value["text"] == "word" + key
        sample = chance.sample(sorted(sure), 20)
        for key in sample:
            assert [hit.item.key for hit in await notes.search(f"word{key}")] == [key]
        await notes.cleanup()
        return set(found)

    found = asyncio.run(look())
    assert sure <= found
    assert not deleted & found
    _assert_sound(path)


SHARE = """
async def main():
    notes = sqlite(Path(arguments[0]))
    await notes.initialize()
    print("ready", flush=True)
    sys.stdin.readline()
    async def add(number):
        await notes.put(f"{arguments[1]}.{number}", number)
        while True:
            item = await notes.get("total")
            try:
                if item is None:
                    await notes.put("total", 1, create_only=True)
                else:
                    await notes.put("total", item.value + 1, version=item.version)
                return
            except ConflictError:
                pass
    for number in range(30):
        await add(number)
    await notes.cleanup()
from purveyor.errors import ConflictError
asyncio.run(main())
"""


def test_two_processes_share_a_file(tmp_path: Path) -> None:
    """They make it at the same time, write at the same time, and count together without losing one."""
    path = tmp_path / "notes.db"
    processes = [python(SHARE, path, number) for number in range(2)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        process.communicate(timeout=60)
        assert process.returncode == 0

    async def look() -> None:
        notes = await opened(path)
        total = await notes.get("total")
        assert total is not None
        assert total.value == 60
        items = await notes.list(limit=1000)
        assert len(items) == 61
        assert len({item.version for item in items}) == 61
        await notes.cleanup()

    asyncio.run(look())
    _assert_sound(path)


FORK = """
import os
from purveyor.errors import WrongEventLoopError
from purveyor.memory.store import Address
async def main():
    notes = sqlite(Path(arguments[0]))
    await notes.initialize()
    await notes.put("k", 1)
    child = os.fork()
    if not child:
        for verb in (notes.get("k"), notes.store.read([Address((), "k")])):
            try:
                asyncio.run(verb)
            except WrongEventLoopError as error:
                print("refused:", error, flush=True)
        os._exit(0)
    os.waitpid(child, 0)
    print((await notes.get("k")).value)
    await notes.cleanup()
asyncio.run(main())
"""


async def test_a_store_of_another_process_is_refused(notes: SQLiteMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the forked child below sees, where coverage sees it too."""
    pid = os.getpid()
    monkeypatch.setattr(os, "getpid", lambda: pid + 1)
    with pytest.raises(WrongEventLoopError):
        await store_of(notes).read([Address((), "k")])


def test_a_forked_child_is_told_so_and_does_not_hang(tmp_path: Path) -> None:
    process = python(FORK, tmp_path / "notes.db")
    output, _ = process.communicate(timeout=30)
    *refused, value = output.splitlines()
    assert len(refused) == 2
    assert all(line.startswith("refused:") and "after a fork" in line for line in refused)
    assert value == "1"
