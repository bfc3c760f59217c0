"""`CircuitBreaker`: refuses calls while the backend fails, and finds out with one call when it works again.

The pattern is Nygard's ("Release It!"). It is written here, since none of the libraries does it right for
coroutines (looked at in their newest releases, 2026): purgatory 3, circuitbreaker 2 and aiobreaker let *every*
call that comes while the breaker is half open through to the backend; circuitbreaker takes a cancelled call for
a success and closes; purgatory and pybreaker go by the wall clock; pybreaker knows coroutines only through
Tornado, and aiobreaker has had no release since 2021. None tells the outcome of a call that began before the
breaker opened from that of its probe.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeAlias

from purveyor.policy.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from purveyor.events import BreakerState
    from purveyor.policy.model import Breaker

    Changed: TypeAlias = Callable[[BreakerState, BreakerState], None]

__all__ = ["CircuitBreaker"]


class CircuitBreaker:
    """The state of one breaker. Thread-safe; times are seconds of a clock that never goes back, the caller's.

    Closed, it counts failures in a row and opens at the settings' number. Open, it refuses all calls for the
    settings' time. Then it is half open: one call, the probe, goes through; if it fails the breaker opens again,
    if the backend answers it closes, and if it says nothing (it was cancelled) the next call is the probe. A
    probe from which nothing is heard for as long as the breaker stays open is given up for another one.

    Args:
        settings: When it opens, and for how long.
    """

    __slots__ = ("_failures", "_lock", "_next_probe", "_ticket", "settings", "state")

    def __init__(self, settings: Breaker) -> None:
        self.settings = settings
        self.state: BreakerState = "closed"
        self._failures = 0
        self._next_probe = 0.0
        self._ticket = 0  # of the calls whose outcome counts: those since the last change, or the probe
        # Reentrant: an abandoned coroutine may be collected, and settled, in the middle of a change.
        self._lock = threading.RLock()

    def refusal(self, now: float) -> float | None:
        """In how many seconds the next call will be let through; None if one would be now."""
        if self.state == "closed" or now >= self._next_probe:
            return None
        return self._next_probe - now

    def admit(self, now: float, changed: Changed) -> int | None:
        """Let a call through, or not.

        Args:
            now: The time.
            changed: Told of a change of the state, in the order of changes.

        Returns:
            The call's ticket, to be given to `settle`; None if it is refused.
        """
        with self._lock:
            if self.state != "closed":
                if now < self._next_probe:
                    return None
                self._next_probe = now + self.settings.reset
                self._ticket += 1
                self._move("half_open", changed)
            return self._ticket

    def settle(self, ticket: int, verdict: Verdict, now: float, changed: Changed) -> None:
        """Take note of how a call ended.

        Args:
            ticket: What `admit` returned for it.
            verdict: What it says of the backend.
            now: The time.
            changed: As for `admit`.
        """
        with self._lock:
            if ticket != self._ticket:
                return  # it began before the last change, or another probe has taken its place
            probe = self.state == "half_open"
            if verdict is Verdict.ANSWERED:
                self._failures = 0
                if probe:
                    self._ticket += 1
                    self._move("closed", changed)
            elif verdict is Verdict.FAILED:
                self._failures += 1
                if probe or self._failures >= self.settings.failures:
                    self._failures = 0
                    self._next_probe = now + self.settings.reset
                    self._ticket += 1
                    self._move("open", changed)
            elif probe:
                self._next_probe = now

    def _move(self, state: BreakerState, changed: Changed) -> None:
        old, self.state = self.state, state
        if old != state:
            changed(old, state)
