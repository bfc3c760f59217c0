"""What is counted of one operation: plain numbers in one cell a thread, added up when they are read.

The cell of a thread is written by that thread alone, so that counts are exact without a lock; cells are
found by thread identifier, which the system gives to a new thread once the old one has ended, so that
threads that come and go leave neither gaps in the counts nor a growing heap. A scrape pays, not the call.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from dataclasses import dataclass

__all__ = ["BOUNDS", "BUCKETS", "FASTEST", "CounterSeries", "Distribution", "OperationRecord"]

#: Upper bounds of the duration buckets, in seconds. They hold every boundary that OpenTelemetry advises for
#: ``db.client.operation.duration``, two below for embedded stores and two above for model calls.
BUCKETS: tuple[float, ...] = (0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 90.0)

#: A cell holds the total of seconds and then the buckets. `bisect_left(BOUNDS, seconds)` is a duration's place in
#: it: the bound below zero stands for the total, and is never met.
BOUNDS: tuple[float, ...] = (-1.0, *BUCKETS)
#: The first bucket, into which most calls of what lives in this process fall; not worth a search.
FASTEST = BUCKETS[0]
_EMPTY_CELL = (0.0, *(0 for _ in BUCKETS), 0)


@dataclass(slots=True)
class Distribution:
    """A histogram as it stood when it was read.

    Args:
        counts: Observations in each bucket of `BUCKETS`, not cumulative; one more for those above the last.
        total: The sum of all observations.
    """

    counts: list[int]
    total: float

    @property
    def count(self) -> int:
        """How many observations there are."""
        return sum(self.counts)

    def observe(self, value: float) -> None:
        """Add one observation."""
        self.counts[bisect_left(BUCKETS, value)] += 1
        self.total += value

    def add(self, other: Distribution) -> None:
        """Add another distribution's observations."""
        self.counts = [mine + theirs for mine, theirs in zip(self.counts, other.counts, strict=True)]
        self.total += other.total

    @classmethod
    def empty(cls) -> Distribution:
        """A distribution without observations."""
        return cls([0] * (len(BUCKETS) + 1), 0.0)


class CounterSeries:
    """One counter with its labels, kept by whoever adds to it often."""

    __slots__ = ("cells",)

    def __init__(self) -> None:
        self.cells: dict[int, list[float]] = {}

    def add(self, value: float = 1) -> None:
        """Add to it; `value` is not negative, and that is the caller's to see to."""
        thread = threading.get_ident()
        try:
            self.cells[thread][0] += value
        except KeyError:
            self.cells[thread] = [value]

    @property
    def value(self) -> float:
        """What all threads have added."""
        return sum(cell[0] for cell in list(self.cells.values()))


class OperationRecord:
    """Counts and durations of one operation of one provider.

    Args:
        operation: The value of the label ``operation``.
        type: The value of the label ``type``.
        name: The provider's name, the value of the label ``name``.
    """

    __slots__ = ("_lock", "cells", "errors", "name", "operation", "type")

    def __init__(self, operation: str, type: str, name: str) -> None:
        self.operation = operation
        self.type = type
        self.name = name
        self.cells: dict[int, list[float]] = {}
        self.errors: dict[str, int] = {}  # by class name; failures are rare enough for a lock
        self._lock = _FAILURES

    def cell(self, thread: int) -> list[float]:
        """The cell of a thread; only that thread may write to it."""
        try:
            return self.cells[thread]
        except KeyError:
            cell = self.cells[thread] = list(_EMPTY_CELL)
            return cell

    def succeed(self, seconds: float) -> None:
        """Count a call that returned."""
        cell = self.cell(threading.get_ident())
        cell[0] += seconds
        cell[bisect_left(BOUNDS, seconds)] += 1

    def fail(self, error: BaseException) -> None:
        """Count a call that raised."""
        kind = type(error).__name__
        with self._lock:
            self.errors[kind] = self.errors.get(kind, 0) + 1

    @property
    def successes(self) -> int:
        """Calls that returned."""
        return self.durations.count

    @property
    def failures(self) -> int:
        """Calls that raised."""
        with self._lock:
            return sum(self.errors.values())

    @property
    def durations(self) -> Distribution:
        """The durations of the calls that returned, in seconds."""
        total = Distribution.empty()
        for cell in list(self.cells.values()):
            total.add(Distribution([int(count) for count in cell[1:]], cell[0]))
        return total


_FAILURES = threading.Lock()
