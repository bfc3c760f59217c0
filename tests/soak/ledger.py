"""What is written down while the soak runs: what went well, what may fail, and what must not have happened."""

from __future__ import annotations

import math
import time
from bisect import bisect_left
from collections import Counter, defaultdict, deque

__all__ = ["Ledger", "OrderedError", "OwnError"]

#: Only so many different violations are kept whole: what is kept must not look like a leak.
KEPT = 200

#: Upper bounds of latencies, in seconds: 20 for each power of ten, from 10 us to 100 s.
BOUNDS = [10 ** (exponent / 20) for exponent in range(-100, 41)]


class OwnError(Exception):
    """An operation's own failure, which has nothing to do with the lifecycle."""


class OrderedError(Exception):
    """A fault that the storm has ordered in a step of a provider's lifecycle."""

    def __init__(self, name: str, step: str) -> None:
        super().__init__(f"{step} of {name} fails, as ordered")


class Ledger:
    """Counts, never growing with time.

    A provider is *excused* from the moment a fault is ordered which makes it fail, until it is ready again. A call
    that fails with its provider's `ProviderNotReadyError` then is that provider's own failure; any other failure of
    a call is a violation, since a reload must not be noticed.
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.violations: dict[str, int] = {}
        self.open: Counter[str] = Counter()  # resources, by provider
        self.revisions: defaultdict[str, int] = defaultdict(int)  # of the configs that are acknowledged
        self.gone: dict[str, float] = {}  # when a provider was last unregistered: older references are dead
        self.trails: dict[str, list[str]] = {}  # what had happened to a provider before its first violation
        self._past: defaultdict[str, deque[str]] = defaultdict(lambda: deque(maxlen=40))
        self._begun = time.monotonic()
        self._faults: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        self._excused: dict[str, tuple[float, float]] = {}  # the last time it was: from, to
        self._latencies = [0] * (len(BOUNDS) + 1)

    # --- faults -----------------------------------------------------------------------------------------

    def order(self, name: str, step: str, *kinds: str) -> None:
        """Have the next runs of a step go wrong, one after the other."""
        self._faults[name, step] += kinds

    def take(self, name: str, step: str) -> str | None:
        """What this run of a step is to do wrong."""
        ordered = self._faults[name, step]
        if not ordered:
            return None
        self.counts[f"fault: {step} {ordered[0]}"] += 1
        self.note(name, f"{step} goes wrong: {ordered[0]}")
        return ordered.pop(0)

    def ordered(self, name: str) -> bool:
        """Whether faults of a provider are still to come."""
        return any(kinds for (owner, _), kinds in self._faults.items() if owner == name)

    def withdraw(self, name: str) -> None:
        """Forget the faults that are still to come."""
        for (owner, _), kinds in self._faults.items():
            if owner == name:
                kinds.clear()

    def excuse(self, name: str) -> None:
        """From now on the provider may be down."""
        begun, end = self._excused.get(name, (0.0, 0.0))
        self._excused[name] = (begun if end == math.inf else time.monotonic(), math.inf)

    def expect_again(self, name: str) -> None:
        """The provider is ready again."""
        begun, end = self._excused.get(name, (0.0, 0.0))
        if end == math.inf:
            self._excused[name] = (begun, time.monotonic())

    def is_excused(self, name: str, since: float) -> bool:
        """Whether the provider may have been down at any time since then."""
        return self._excused.get(name, (0.0, -1.0))[1] >= since

    # --- findings ---------------------------------------------------------------------------------------

    def note(self, name: str, text: str) -> None:
        """Something that happened to a provider; told if it leads to a violation."""
        self._past[name].append(f"{time.monotonic() - self._begun:.3f} {text}")

    @property
    def blocks(self) -> int:
        """How many blocks of memory are kept by `note`; they become more at first."""
        return sum(map(len, self._past.values()))

    def violation(self, text: str, name: str = "") -> None:
        """Something that must not happen, whatever was ordered, and to which provider."""
        if name and name not in self.trails and len(self.trails) < 10:
            self.trails[name] = list(self._past[name])
        self.counts["violations"] += 1
        if text in self.violations or len(self.violations) < KEPT:
            self.violations[text] = self.violations.get(text, 0) + 1

    def succeeded(self, seconds: float) -> None:
        """A call that did what it should."""
        self.counts["operations"] += 1
        self._latencies[bisect_left(BOUNDS, seconds)] += 1

    def percentile(self, share: float) -> float:
        """The latency, in seconds, below which this share of the calls lies (to about a tenth of itself)."""
        wanted = share * sum(self._latencies)
        for bound, count in zip([*BOUNDS, math.inf], self._latencies, strict=True):
            wanted -= count
            if wanted <= 0:
                return bound
        return math.inf
