"""Durable puts, and gets, of many callers at once on one SQLite file."""

from __future__ import annotations

import asyncio
import json
import os
import random
import time
from contextlib import asynccontextmanager
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.bare import Statements
from benchmarks.harness import Arm, Comparison, Opened, Plan, Repeat, Role, times
from benchmarks.stores import (
    Note,
    Opener,
    aiosqlite_indexed_store,
    aiosqlite_store,
    bare_reader,
    bare_writer,
    diskcache_store,
    folder,
    key_value_store,
    langgraph_store,
    purveyor_plain_store,
    purveyor_store,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

FLOOR = "bare group-commit loop, same statements"
READ_FLOOR = "bare read loop, same statement"
OURS = "purveyor memory.sqlite"
OURS_PLAIN = "purveyor memory.sqlite, search off"
AIOSQLITE = "aiosqlite, a commit a write"
AIOSQLITE_INDEXED = "aiosqlite, a commit a write, text index"

#: What is written: enough keys that new ones and old ones both occur.
KEYS = [f"note-{number}" for number in range(10_000)]
_TEXT = """
    ship sails dawn harbour captain wind tide anchor storm lantern chart compass rope deck crew island reef gull
    salt north star cargo barrel letter signal fog bell mast oar keel
    """
_WORDS = _TEXT.split()


def comparisons(plan: Plan) -> Iterator[Comparison]:
    """Puts and gets, at three degrees of concurrency each."""
    for callers in plan.pick((1, 64, 512), (1, 8)):
        yield _puts(callers, plan)
    for callers in plan.pick((1, 64, 512), (1, 8)):
        yield _gets(callers, plan)


class Load(NamedTuple):
    """How many callers there are, for how many seconds they call in each repeat, and how many keys they read."""

    callers: int
    seconds: float
    keys: int = 0


def _puts(callers: int, plan: Plan) -> Comparison:
    load = Load(callers, plan.pick(0.3, 0.05))
    arms = (
        _put_arm(FLOOR, "floor", bare_writer, load),
        Arm(f"a blocking loop, {callers} a commit", "explains", partial(_blocking, load)),
        Arm("fdatasync alone, a write each", "explains", partial(_fdatasync, load)),
        _put_arm(OURS, "purveyor", purveyor_store, load),
        _put_arm(OURS_PLAIN, "purveyor", purveyor_plain_store, load),
        _put_arm(AIOSQLITE, "peer", aiosqlite_store, load),
        _put_arm(AIOSQLITE_INDEXED, "peer", aiosqlite_indexed_store, load),
        _put_arm("langgraph AsyncSqliteStore", "peer", langgraph_store, load),
        _put_arm("diskcache in threads (synchronous=NORMAL)", "peer", diskcache_store, load),
        _put_arm("py-key-value DiskStore (NORMAL, on the loop)", "peer", key_value_store, load),
    )
    goals = (
        times(OURS, 0.85, FLOOR, at_least=True),
        times(OURS, 6, AIOSQLITE_INDEXED, at_least=True),
        times(OURS_PLAIN, 6, AIOSQLITE, at_least=True),
        times(OURS, 6, AIOSQLITE, at_least=True),  # not like for like: it keeps an index, the other does not
    )
    title = f"durable puts, {callers} callers"
    return Comparison(title, "puts/s", arms, goals if callers == 64 else (), plan.pick(7, 1), more_is_better=True)


def _gets(callers: int, plan: Plan) -> Comparison:
    load = Load(callers, plan.pick(0.2, 0.05), plan.pick(2_000, 200))
    arms = (
        _get_arm(READ_FLOOR, "floor", bare_reader, load),
        _get_arm(OURS, "purveyor", purveyor_store, load),
        _get_arm("aiosqlite", "peer", aiosqlite_store, load),
        _get_arm("langgraph AsyncSqliteStore", "peer", langgraph_store, load),
        _get_arm("diskcache in threads", "peer", diskcache_store, load),
        _get_arm("py-key-value DiskStore (on the loop)", "peer", key_value_store, load),
    )
    return Comparison(f"gets, {callers} callers", "gets/s", arms, (), plan.pick(7, 1), more_is_better=True)


# --- The load -------------------------------------------------------------------------------------------


def _put_arm(name: str, role: Role, open_store: Opener, load: Load) -> Arm:
    return Arm(name, role, partial(_putting, open_store, load))


def _get_arm(name: str, role: Role, open_store: Opener, load: Load) -> Arm:
    return Arm(name, role, partial(_getting, open_store, load))


@asynccontextmanager
async def _putting(open_store: Opener, load: Load) -> Opened:
    with folder() as path:
        async with open_store(path) as store:
            notes = _notes()

            async def call() -> None:
                key, value = next(notes)
                await store.put(key, value)

            yield _rate(call, load)


@asynccontextmanager
async def _getting(open_store: Opener, load: Load) -> Opened:
    with folder() as path:
        async with open_store(path) as store:
            keys = KEYS[: load.keys]
            for start in range(0, len(keys), 500):
                await asyncio.gather(*(store.put(key, _note(1)) for key in keys[start : start + 500]))
            choose = random.Random(11).choice

            async def call() -> None:
                assert await store.get(choose(keys))

            yield _rate(call, load)


@asynccontextmanager
async def _blocking(load: Load) -> Opened:
    """What SQLite alone can do with these statements and so many writes a commit, stalling the loop."""
    with folder() as path:
        statements = Statements(path / "notes.db")
        notes = _notes()

        def write() -> int:
            chosen = [next(notes) for _ in range(load.callers)]
            return len(statements.write([(key, json.dumps(value), value["text"]) for key, value in chosen]))

        yield _blocking_rate(write, load.seconds)
        statements.close()


@asynccontextmanager
async def _fdatasync(load: Load) -> Opened:
    """The disk's own limit for whoever syncs every write."""
    sync = getattr(os, "fdatasync", os.fsync)
    with folder() as path, (path / "log").open("wb", buffering=0) as log:
        numbers = count()

        def write() -> int:
            log.write(f"{next(numbers):>4096}".encode())
            sync(log.fileno())
            return 1

        yield _blocking_rate(write, load.seconds)


def _rate(call: Callable[[], Awaitable[None]], load: Load) -> Repeat:
    async def caller(deadline: float) -> int:
        calls = 0
        while time.perf_counter() < deadline:
            await call()
            calls += 1
        return calls

    async def repeat() -> float:
        started = time.perf_counter()
        calls = await asyncio.gather(*(caller(started + load.seconds) for _ in range(load.callers)))
        return sum(calls) / (time.perf_counter() - started)

    return repeat


def _blocking_rate(write: Callable[[], int], seconds: float) -> Repeat:
    async def repeat() -> float:
        done = 0
        started = time.perf_counter()
        while time.perf_counter() < started + seconds:
            done += write()
        return done / (time.perf_counter() - started)

    return repeat


def _notes() -> Iterator[tuple[str, Note]]:
    """Keys by chance, and values that are never the same: SQLite does not write what has not changed."""
    chance = random.Random(5)
    for number in count():
        yield chance.choice(KEYS), _note(number)


def _note(number: int) -> Note:
    words = [_WORDS[(number * step + step) % len(_WORDS)] for step in (1, 3, 7, 11, 13, 17, 19, 23)]
    return {"text": f"{number} {' '.join(words)}", "page": number, "tags": ["log", words[0]]}
