"""The harness: arms measured in turns, ratios taken repeat by repeat, medians of those.

An `Arm` is one way of doing a thing. The arms of a `Comparison` are all set up first and then measured in
turns, in an order shuffled anew in each repeat, so that what else the machine does falls on all of them. Times
on a shared machine mean little; the ratio of two arms in the same repeat means much, and its median over the
repeats more.
"""

from __future__ import annotations

import gc
import math
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field
from statistics import median
from typing import Literal, TypeAlias, TypeVar

__all__ = [
    "Arm",
    "Comparison",
    "Goal",
    "Opened",
    "Outcome",
    "Plan",
    "Repeat",
    "Row",
    "ahead_of_peers",
    "cpu_ns",
    "run",
    "times",
]

T = TypeVar("T")

#: Does the thing often enough to be measured once, and gives the measurement in the comparison's unit.
Repeat: TypeAlias = Callable[[], Awaitable[float]]

#: What the generator function of an arm gives, before `asynccontextmanager` is put on it.
Opened: TypeAlias = AsyncIterator[Repeat]

#: What is not Purveyor is a floor (what it could cost at best), a peer, or there to explain a figure.
Role = Literal["floor", "purveyor", "peer", "explains"]


@dataclass(frozen=True)
class Plan:
    """How thoroughly to measure: the whole thing, or just enough to see that it runs."""

    quick: bool = False

    def pick(self, whole: T, quick: T) -> T:
        """One of two sizes, or durations."""
        return quick if self.quick else whole


@dataclass(frozen=True)
class Arm:
    """One way of doing the thing.

    Args:
        name: What the table calls it.
        role: What it is compared as.
        open: Sets it up, yields what measures it once, and takes it down. If its library is not installed it
            raises `ModuleNotFoundError`; that, or any other failure of what is neither Purveyor nor the floor,
            is shown in its row.
        skip: Why it is not measured, where it is known beforehand.
    """

    name: str
    role: Role
    open: Callable[[], AbstractAsyncContextManager[Repeat]]
    skip: str = ""


@dataclass(frozen=True)
class Goal:
    """A figure to reach.

    Args:
        arm: The arm that must reach it, and in whose row it is shown.
        text: How it is worded: ``"at most 1.7 x dict.get"``.
        figure: Computes it from the measurements of one repeat, by arm; a `KeyError` for an arm that was
            not measured leaves the goal open.
        limit: What it must not exceed, or with `at_least` not fall short of.
        at_least: See `limit`.
    """

    arm: str
    text: str
    figure: Callable[[Mapping[str, float]], float]
    limit: float
    at_least: bool = False


@dataclass(frozen=True)
class Comparison:
    """Arms that do the same thing.

    Args:
        title: What they do.
        unit: The unit of the measurements.
        arms: The arms; the first one is what the others' ratios are to.
        goals: The figures to reach.
        repeats: How often each is measured.
        more_is_better: Whether a higher measurement is the better one.
    """

    title: str
    unit: str
    arms: Sequence[Arm]
    goals: Sequence[Goal] = ()
    repeats: int = 9
    more_is_better: bool = False


@dataclass
class Row:
    """What became of one arm: its measurements, one a repeat, or a note why there are none."""

    arm: str
    role: Role
    note: str = ""
    samples: list[float] = field(default_factory=list)


@dataclass
class Outcome:
    """What became of a comparison.

    Args:
        comparison: The comparison.
        rows: One an arm, in the comparison's order.
    """

    comparison: Comparison
    rows: list[Row]

    def ratios(self, row: Row) -> list[float]:
        """The arm's measurements over the first arm's, repeat by repeat; empty if there is no telling."""
        base = self.rows[0].samples
        if not all(base):
            return []
        return [sample / floor for sample, floor in zip(row.samples, base, strict=False)]

    def reached(self, goal: Goal) -> float | None:
        """The median over the repeats of a goal's figure; None if an arm that it needs was not measured."""
        measured = {row.arm: row.samples for row in self.rows if row.samples}
        repeats = zip(*measured.values(), strict=True)
        try:
            figures = [goal.figure(dict(zip(measured, repeat, strict=True))) for repeat in repeats]
        except KeyError:
            return None
        return median(figures) if figures else None

    def met(self, goal: Goal) -> bool | None:
        """Whether a goal is reached; None if that was not measured."""
        figure = self.reached(goal)
        if figure is None:
            return None
        return figure >= goal.limit if goal.at_least else figure <= goal.limit


async def run(comparison: Comparison) -> Outcome:
    """Set up all arms, measure them in turns, and take them down."""
    rows = [Row(arm.name, arm.role, arm.skip) for arm in comparison.arms]
    ready: dict[int, Repeat] = {}

    async def attempt(index: int, step: Awaitable[T]) -> T | None:
        """Do something with an arm. One that is not ours and fails says so in its row, and the others go on."""
        try:
            return await step
        except Exception as error:
            if rows[index].role in ("purveyor", "floor"):
                raise
            rows[index].note = _why_not(error)
            rows[index].samples.clear()
            ready.pop(index, None)
            return None

    async with AsyncExitStack() as stack:
        for index, arm in enumerate(comparison.arms):
            if arm.skip:
                continue
            repeat = await attempt(index, stack.enter_async_context(arm.open()))
            if repeat is not None:
                ready[index] = repeat
                await attempt(index, repeat())  # to warm up
        gc.collect()
        gc.freeze()  # or each arm would pay for looking through what the others have set up
        chance = random.Random(1)
        try:
            for _ in range(comparison.repeats):
                for index in chance.sample(list(ready), len(ready)):
                    gc.collect()
                    measured = await attempt(index, ready[index]())
                    if measured is not None:
                        rows[index].samples.append(measured)
        finally:
            gc.unfreeze()
    return Outcome(comparison, rows)


def _why_not(error: Exception) -> str:
    if isinstance(error, ModuleNotFoundError):
        return f"not installed ({error.name})"
    return f"failed: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"


def times(arm: str, limit: float, base: str, *, at_least: bool = False) -> Goal:
    """The goal to take at most, or reach at least, so many times what another arm does."""
    words = f"{'at least' if at_least else 'at most'} {limit:g} x {base}"
    return Goal(arm, words, lambda measured: measured[arm] / measured[base], limit, at_least)


def ahead_of_peers(comparison_arms: Sequence[Arm], arm: str, *, more_is_better: bool = False) -> Goal:
    """The goal to be better than the best peer that is installed, in the same repeat."""
    peers = [peer.name for peer in comparison_arms if peer.role == "peer"]
    best = max if more_is_better else min

    def figure(measured: Mapping[str, float]) -> float:
        installed = [measured[peer] for peer in peers if peer in measured]
        if not installed:
            raise KeyError("peers")
        return measured[arm] / best(installed)

    return Goal(
        arm,
        "ahead of every peer (x the best)",
        figure,
        math.nextafter(1, 2 if more_is_better else 0),
        more_is_better,
    )


def cpu_ns(task: Callable[[], object], count: int) -> float:
    """The processor time of this thread that `task` takes, in ns for each of the `count` things it does.

    Processor time, since the other processes of a shared machine take time by the clock and not by this one.
    """
    started = time.thread_time_ns()
    task()
    return (time.thread_time_ns() - started) / count
