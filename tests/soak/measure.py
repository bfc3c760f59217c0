"""What the process holds while nothing runs, and whether that grows."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Sample", "grown", "measure"]

#: What may be there more than at first: tasks of a check that is just under way, a thread of the default executor.
_SLACK = {"tasks": 4, "threads": 1, "files": 1}

#: By how much of itself memory may vary, and by how much at least; it is measured to find leaks, which do not end.
_SHARE = {"blocks": (0.02, 5_000), "resident": (0.05, 8_000_000)}


@dataclass(frozen=True)
class Sample:
    """What there was at one moment.

    Args:
        at: When, in seconds since the soak began.
        tasks: Tasks of the event loop.
        threads: Threads.
        files: Open file descriptors; 0 where that cannot be told.
        blocks: Blocks of memory that Python has allocated.
        resident: Memory of the process, in bytes; 0 where that cannot be told.
    """

    at: float
    tasks: int
    threads: int
    files: int
    blocks: int
    resident: int

    def __str__(self) -> str:
        return (
            f"{self.tasks} tasks, {self.threads} threads, {self.files} files, "
            f"{self.blocks:,} blocks, {self.resident / 1e6:.1f} MB"
        )


async def measure(at: float, own: int) -> Sample:
    """The least of several looks, since a check may be under way at any one of them.

    Args:
        at: When, in seconds since the soak began.
        own: Blocks of memory that are kept for the soak itself.
    """
    looks = []
    for _ in range(5):
        await asyncio.sleep(0.02)
        gc.collect()
        looks.append(
            (
                len(asyncio.all_tasks()),
                threading.active_count(),
                _open_files(),
                sys.getallocatedblocks(),
                _resident(),
            )
        )
    tasks, threads, files, blocks, resident = (min(column) for column in zip(*looks, strict=True))
    return Sample(at, tasks, threads, files, blocks, resident)


def grown(samples: Sequence[Sample]) -> list[str]:
    """What there is more of at the end than at the beginning, once everything has run for a while.

    The first third is warming up: every operation's record, thread and cache is made once. What is left is compared
    half by half.
    """
    settled = samples[len(samples) // 3 :]
    if len(settled) < 2:
        return [f"{len(samples)} samples are too few to tell whether anything grows: let it run longer"]
    middle = len(settled) // 2
    before, after = settled[:middle], settled[middle:]
    findings = []
    for name in (*_SLACK, *_SHARE):
        first = median(getattr(sample, name) for sample in before)
        last = median(getattr(sample, name) for sample in after)
        if name in _SLACK:
            most = first + _SLACK[name]
        else:
            share, least = _SHARE[name]
            most = first + max(first * share, least)
        if last > most:
            findings.append(f"{name} grew from {first:,.0f} to {last:,.0f}")
    return findings


def _open_files() -> int:
    try:
        return sum(1 for _ in Path("/proc/self/fd").iterdir())
    except OSError:
        return 0


def _resident() -> int:
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0
