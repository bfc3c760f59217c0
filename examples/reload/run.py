"""Edit the configuration of a system under load, and see what its callers notice of it.

It works on a copy of its `purveyor.toml`, which the running system watches::

    python examples/reload/run.py
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import quantiles
from time import perf_counter
from typing import TYPE_CHECKING, Any

import purveyor
from purveyor import MemoryProvider
from purveyor.events import ConfigReloaded

# The module beside this one; the configuration calls it the same.
from desk import Desk  # type: ignore[import-not-found]  # isort: skip

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from purveyor import ProviderManager

HERE = Path(__file__).parent

#: The callers, and how long each pauses after a note, in seconds.
CALLERS = 64
PAUSE = 0.02

COLUMNS = "{:<34} {:>10} {:>7} {:>8} {:>8}"


class Load:
    """Callers that take notes all the time, and what came of it."""

    def __init__(self, desk: Desk) -> None:
        self.acknowledged = 0
        self.failed = 0
        self._desk = desk
        self._latencies: list[float] = []
        self._failures_before = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Have them call for as long as the block runs; each finishes what it has begun."""
        over = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for number in range(CALLERS):
                group.create_task(self._call(number, over))
            try:
                yield
            finally:
                over.set()

    def report(self, phase: str) -> None:
        """One line about what happened since the last one."""
        percentiles = quantiles(self._latencies, n=100)
        failed = self.failed - self._failures_before
        p50, p99 = (f"{percentiles[rank - 1] * 1000:.1f}" for rank in (50, 99))
        print(COLUMNS.format(phase, f"{len(self._latencies) + failed:,}", failed, p50, p99), flush=True)
        self._latencies.clear()
        self._failures_before = self.failed

    async def _call(self, caller: int, over: asyncio.Event) -> None:
        number = 0
        while not over.is_set():
            number += 1
            begun = perf_counter()
            try:
                await self._desk.note(f"{caller}-{number}", f"note {number} of caller {caller}")
            except Exception:
                self.failed += 1
            else:
                self.acknowledged += 1
                self._latencies.append(perf_counter() - begun)
            await asyncio.sleep(PAUSE)


async def main(seconds: float) -> None:
    """Run the system, change its path and its policy under it, and say what the callers noticed.

    Args:
        seconds: How long each phase takes at least.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["PURVEYOR_DATA"] = name
        config = Path(shutil.copy(HERE / "purveyor.toml", folder))
        shutil.copy(HERE / "desk.py", folder)
        async with purveyor.open(config, watch=True) as providers:
            load = Load(providers.get("desk", Desk))
            print(COLUMNS.format("", "operations", "failed", "p50 ms", "p99 ms"))
            async with load.running():
                await asyncio.sleep(seconds)
                load.report("before")

                async with taken_up(providers, seconds):
                    edit(config, "notes.db", "moved.db")
                load.report("while the notes move to a new file")

                async with taken_up(providers, seconds):
                    edit(config, 'moved.db"', 'moved.db"\npolicy = { timeout = "2s", concurrency = 100 }')
                load.report("while their policy changes")

                await asyncio.sleep(seconds)
                load.report("after")
        kept = {file: await count(folder / file) for file in ("notes.db", "moved.db")}
        print(f"\n{load.acknowledged:,} notes acknowledged, {load.failed} operations failed; found again:")
        print(f"{kept['notes.db']:,} in notes.db, {kept['moved.db']:,} in moved.db, {sum(kept.values()):,} in all")


@asynccontextmanager
async def taken_up(providers: ProviderManager, seconds: float) -> AsyncIterator[None]:
    """At the end of the block, wait for what was edited in it to be taken up, and for so long at least."""
    reloaded = asyncio.Event()
    undo = providers.subscribe(lambda event: reloaded.set() if isinstance(event, ConfigReloaded) else None)
    try:
        yield
        await asyncio.sleep(seconds)
        async with asyncio.timeout(30):
            await reloaded.wait()
    finally:
        undo()


def edit(config: Path, old: str, new: str) -> None:
    """Change the file as an editor does: another one takes its place."""
    text = config.read_text(encoding="utf-8")
    assert old in text, f"{old} is not in {config}"
    draft = config.with_suffix(".draft")
    draft.write_text(text.replace(old, new), encoding="utf-8")
    draft.replace(config)


async def count(database: Path) -> int:
    """How many notes are in a file."""
    async with purveyor.open(
        {"providers": {"notes": {"driver": "memory.sqlite", "path": str(database)}}}
    ) as found:
        notes: MemoryProvider[Any] = found.get("notes", MemoryProvider)
        return await notes.count()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Change a running system under load.")
    parser.add_argument("--seconds", type=float, default=3, help="for each phase (default: %(default)s)")
    asyncio.run(main(parser.parse_args().seconds))
