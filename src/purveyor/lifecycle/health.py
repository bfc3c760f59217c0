"""`HealthCheck` runs a provider's `check()` so that it harms nobody; `Hysteresis` is what to believe of them."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from contextvars import Context
from functools import partial
from typing import TYPE_CHECKING, Any

from purveyor.errors import ProviderNotReadyError
from purveyor.errors.text import describe_error
from purveyor.metadata import Health, HealthState, ProviderStatus
from purveyor.provider import Provider

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

__all__ = ["HealthCheck", "Hysteresis", "describe_error", "overrides_check"]

_severity = tuple(HealthState).index  # they stand from the best to the worst

_logger = logging.getLogger(__name__)

#: How long a check that was cancelled may take to end, in seconds.
_GRACE = 1.0

#: Checks that were cancelled and go on. The event loop alone would let them be collected.
_cancelled: set[asyncio.Task[Any]] = set()


class HealthCheck:
    """Runs one generation's `check()`: with a timeout, and never twice at the same time.

    It takes no lease and no lock, so it neither waits for an operation nor holds one up. It belongs to the
    event loop it is used on.

    Args:
        name: The provider's name.
        check: The `check` of the provider's instance.
        timeout: How long a check may take, in seconds.
        on_abandoned: Called with the seconds that a check has taken, when it goes on though it was cancelled.
    """

    __slots__ = (
        "_alarm",
        "_began",
        "_check",
        "_checked_at",
        "_flight",
        "_is_abandoned",
        "_late",
        "_loop",
        "_on_abandoned",
        "_task",
        "latest",
        "name",
        "timeout",
    )

    def __init__(
        self,
        name: str,
        check: Callable[[], Coroutine[Any, Any, Health]],
        timeout: float,
        on_abandoned: Callable[[float], None] | None = None,
    ) -> None:
        self.name = name
        self.timeout = timeout
        self.latest: Health | None = None
        self._check = check
        self._on_abandoned = on_abandoned
        self._loop = asyncio.get_running_loop()
        self._checked_at = 0.0
        self._began = 0.0
        self._task: asyncio.Task[Health] | None = None  # also one that is abandoned
        self._alarm: asyncio.TimerHandle | None = None
        self._late = False  # its time is up
        self._is_abandoned = False
        self._flight: asyncio.Future[Health] | None = None

    @property
    def age(self) -> float | None:
        """How old `latest` is, in seconds; None if there is none."""
        return None if self.latest is None else self._loop.time() - self._checked_at

    def start(self) -> asyncio.Future[Health]:
        """Begin a check, or join the one that runs; the future has its result, or is cancelled by `close`."""
        return self._flight or self._start()

    async def run(self) -> Health:
        """A fresh result. Callers that come while a check runs share it; one that is cancelled leaves it running.

        A check that raises, answers with something else or takes too long is unhealthy. One that ignores its
        cancellation is abandoned, and as long as it goes on no other one is started: the answer is
        unhealthy at once.

        Raises:
            ProviderNotReadyError: `close` was called meanwhile.
        """
        flight = self.start()
        await asyncio.wait([flight])
        if flight.cancelled():
            raise ProviderNotReadyError(self.name, ProviderStatus.STOPPING)
        return flight.result()

    def close(self) -> None:
        """Cancel a check that runs; nobody waits for it to end."""
        if self._flight is not None and not self._loop.is_closed():
            self._flight.cancel()
            self._flight = None
            assert self._alarm is not None
            self._alarm.cancel()
            self._cancel()

    # --- inside -------------------------------------------------------------------------------------

    def _start(self) -> asyncio.Future[Health]:
        flight = self._flight = self._loop.create_future()
        if self._task is not None:
            seconds = self._loop.time() - self._began
            self._finish(
                flight, Health.unhealthy(f"its check of {seconds:.0f} s ago ignored its cancellation and goes on")
            )
            return flight
        self._began = self._loop.time()
        self._late = self._is_abandoned = False
        # In a context of its own: a check belongs to nobody who happens to ask for it, no generation either.
        self._task = self._loop.create_task(self._run(), name=f"purveyor:{self.name}", context=Context())
        self._alarm = self._loop.call_later(self.timeout, self._expire, flight, context=Context())
        self._task.add_done_callback(partial(self._ended, flight), context=Context())
        return flight

    async def _run(self) -> Health:
        try:
            return await self._check()
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # a task that ends with SystemExit would take the event loop with it
            return Health.unhealthy(f"its check failed with {describe_error(error)}")

    def _expire(self, flight: asyncio.Future[Health]) -> None:
        assert self._task is not None
        if self._task.done():  # its end is about to be told
            return
        if not self._late:
            self._late = True
            self._cancel()
            self._alarm = self._loop.call_later(_GRACE, self._expire, flight, context=Context())
            return
        self._is_abandoned = True
        if self._on_abandoned is not None:
            self._on_abandoned(self._loop.time() - self._began)
        self._finish(flight, self._too_late(", and ignored its cancellation"))

    def _ended(self, flight: asyncio.Future[Health], task: asyncio.Task[Health]) -> None:
        assert self._alarm is not None
        self._alarm.cancel()
        self._task = None
        _cancelled.discard(task)
        result = _judge(task)
        if self._is_abandoned:
            _logger.info(
                "The abandoned check of provider %s ended after %.1f s",
                self.name, self._loop.time() - self._began, extra={"provider_name": self.name},
            )  # fmt: skip
        self._finish(flight, self._too_late() if self._late else result)

    def _too_late(self, more: str = "") -> Health:
        return Health.unhealthy(f"its check was not over after {self.timeout:g} s{more}")

    def _cancel(self) -> None:
        assert self._task is not None
        _cancelled.add(self._task)
        self._task.cancel()

    def _finish(self, flight: asyncio.Future[Health], result: Health) -> None:
        if flight is self._flight:  # else it was closed, or the time was up before
            self._flight = None
            self._checked_at = self._loop.time()
            self.latest = result
            flight.set_result(result)


class Hysteresis:
    """What is believed of a provider's health, so that one check that is off does not make it flap.

    It gets worse when the last `failures` checks in a row were all worse, as far as the mildest of them; it gets
    better when the last `successes` were all better, as far as the worst of them.

    Args:
        failures: How many bad checks in a row it takes.
        successes: How many good ones.
    """

    __slots__ = ("_failures", "_results", "_successes", "_unproven", "health")

    def __init__(self, failures: int, successes: int) -> None:
        self.health = Health.healthy()
        self._failures = failures
        self._successes = successes
        self._results: deque[Health] = deque(maxlen=max(failures, successes))
        self._unproven = False

    @property
    def failing(self) -> bool:
        """Whether all of the last `failures` checks, of this generation, were unhealthy."""
        return self._last(self._failures) == [HealthState.UNHEALTHY] * self._failures

    def add(self, result: Health) -> None:
        """Take a check's result into account."""
        self._results.append(result)
        state = believed = self.health.state
        bad = self._last(self._failures)
        needed = 1 if self._unproven else self._successes
        good = self._last(needed)
        if len(bad) == self._failures and _severity(mildest := min(bad, key=_severity)) > _severity(state):
            believed = mildest
        elif len(good) == needed and _severity(worst := max(good, key=_severity)) < _severity(state):
            believed = worst
        if believed is not state:
            self._unproven = False
        # Of the results that say so, the newest tells why.
        self.health = next((each for each in reversed(self._results) if each.state is believed), self.health)

    def renew(self) -> None:
        """Forget the checks of the generation before; the first one that is better is believed at once."""
        self._results.clear()
        self._unproven = True

    def _last(self, count: int) -> list[HealthState]:
        return [each.state for each in self._results][-count:]


def overrides_check(provider: Provider[Any]) -> bool:
    """Whether a provider has a check of its own; one that has none is healthy whenever it serves."""
    return getattr(provider.check, "__func__", None) is not Provider.check


def _judge(task: asyncio.Task[Health]) -> Health:
    if task.cancelled():
        return Health.unhealthy("its check was cancelled")
    result = task.result()
    if isinstance(result, Health) and isinstance(result.state, HealthState) and isinstance(result.message, str):
        return result
    return Health.unhealthy(
        f"its check returned {type(result).__name__}, not a Health of a HealthState and a text"
    )
