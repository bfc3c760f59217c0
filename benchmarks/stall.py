"""The longest time that the event loop stands still while another process holds SQLite's write lock."""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import asynccontextmanager
from functools import partial
from operator import itemgetter
from subprocess import PIPE
from typing import TYPE_CHECKING

from benchmarks.harness import Arm, Comparison, Goal, Opened, Plan
from benchmarks.stores import aiosqlite_store, folder, key_value_store, langgraph_store, purveyor_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.stores import Opener, Store

OURS = "purveyor memory.sqlite"

#: How many callers put while the lock is held; as many get.
CALLERS = 16

#: Takes the lock, says so, and holds it for as long as it is told to.
_HOLDER = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
time.sleep(float(sys.argv[2]))
connection.execute("ROLLBACK")
"""


def comparisons(plan: Plan) -> Iterator[Comparison]:
    """The one."""
    seconds = plan.pick(2.0, 0.2)
    arms = (
        Arm("no store, nothing to do", "floor", partial(_idle, seconds)),
        Arm(OURS, "purveyor", partial(_stalled, purveyor_store, seconds)),
        Arm("aiosqlite", "peer", partial(_stalled, aiosqlite_store, seconds)),
        Arm("langgraph AsyncSqliteStore", "peer", partial(_stalled, langgraph_store, seconds)),
        Arm("py-key-value DiskStore", "peer", partial(_stalled, key_value_store, seconds)),
    )
    goal = Goal(OURS, "under 50 ms", itemgetter(OURS), 50)
    title = f"longest stall while another process holds the write lock for {seconds:g} s"
    yield Comparison(title, "ms", arms, (goal,), plan.pick(3, 1))


@asynccontextmanager
async def _idle(seconds: float) -> Opened:
    """What the machine does to a loop that has nothing to do."""

    async def repeat() -> float:
        return await _longest_gap(asyncio.create_task(asyncio.sleep(seconds)))

    yield repeat


@asynccontextmanager
async def _stalled(open_store: Opener, seconds: float) -> Opened:
    with folder() as path:
        async with open_store(path) as store:
            await store.put("known", {"text": "there before", "page": 0})
            (database,) = path.glob("*.db")

            async def repeat() -> float:
                return await _longest_gap(asyncio.create_task(_work_while_held(store, database, seconds)))

            yield repeat


async def _work_while_held(store: Store, database: Path, seconds: float) -> None:
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _HOLDER, str(database), str(seconds), stdout=PIPE
    )
    assert holder.stdout is not None
    await holder.stdout.readline()

    async def put(number: int) -> None:
        await store.put(f"new-{number}", {"text": f"waits for the lock since {time.time_ns()}", "page": number})

    async def get() -> None:
        while holder.returncode is None:
            await store.get("known")
            await asyncio.sleep(0.01)

    puts, gets = (put(number) for number in range(CALLERS)), (get() for _ in range(CALLERS))
    try:
        await asyncio.gather(holder.wait(), *puts, *gets)
    finally:
        if holder.returncode is None:
            holder.kill()
            await holder.wait()


async def _longest_gap(work: asyncio.Task[None]) -> float:
    """The longest time between two turns of a task that asks for one every millisecond, in ms."""
    longest = 0.0
    last = time.perf_counter()
    while not work.done():
        await asyncio.sleep(0.001)
        now = time.perf_counter()
        longest = max(longest, now - last)
        last = now
    await work
    return longest * 1000
