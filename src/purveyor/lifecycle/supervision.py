"""`Supervisor`: watches the health of providers, and restarts those that fail."""

from __future__ import annotations

import asyncio
import random as _random
from collections import deque
from contextvars import Context
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Protocol

from purveyor.errors import InvalidInputError, ProviderNotReadyError
from purveyor.lifecycle.health import HealthCheck, Hysteresis, describe_error, overrides_check
from purveyor.lifecycle.states import SERVING
from purveyor.metadata import Health, HealthState, ProviderStatus
from purveyor.policy.model import TABLE, AtLeast, Duration, check_count, check_seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from pydantic import ConfigDict, GetCoreSchemaHandler
    from pydantic_core import CoreSchema

    from purveyor.provider import Provider

__all__ = ["Supervised", "Supervision", "Supervisor"]

#: In these a provider's check means something.
_CHECKED = frozenset({ProviderStatus.READY, ProviderStatus.DEGRADED})
#: In these a restart may begin. In the others somebody is at work already, or it is over.
_RESTARTABLE = _CHECKED | {ProviderStatus.FAILED}
#: Checks that the supervisor runs at the same time; more wait for their turn.
_AT_ONCE = 64


class _Share:
    """Has pydantic read a number from 0 to 1."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema  # noqa: PLC0415 - only a configuration needs it

        return core_schema.float_schema(ge=0, le=1)


@dataclass(frozen=True, slots=True)
class Supervision:
    """How providers are watched and restarted; durations in seconds.

    Restarts are limited as a supervisor in OTP limits them
    (https://www.erlang.org/doc/system/sup_princ#maximum-restart-intensity).

    Raises:
        InvalidInputError: A value makes no sense.
    """

    __pydantic_config__: ClassVar[ConfigDict] = TABLE

    check_interval: Duration = 10.0
    """How often a provider is checked."""

    check_timeout: Duration = 5.0
    """How long a check may take."""

    failures: Annotated[int, AtLeast(1)] = 3
    """Bad checks in a row before a provider's health gets worse."""

    successes: Annotated[int, AtLeast(1)] = 2
    """Good checks in a row before it gets better."""

    backoff: Duration = 0.5
    """How long the first restart waits; each further one waits twice as long."""

    max_backoff: Duration = 30.0
    """The longest such wait."""

    jitter: Annotated[float, _Share()] = 0.2
    """By which part of itself, from 0 to 1, a wait is shortened at random, so that not all come at once."""

    budget: Annotated[int, AtLeast(0)] = 20
    """How many restarts there may be within the window; one more, and the provider has failed for good."""

    window: Duration = 600.0
    """Over how long restarts are counted; after a whole window without one the budget is as new."""

    def __post_init__(self) -> None:
        for name in ("check_interval", "check_timeout", "backoff", "max_backoff", "window"):
            check_seconds(name, getattr(self, name))
        for name, least in (("failures", 1), ("successes", 1), ("budget", 0)):
            check_count(name, getattr(self, name), least)
        if not (isinstance(self.jitter, (int, float)) and 0 <= self.jitter <= 1):
            raise InvalidInputError("jitter", f"expected a number from 0 to 1, not {self.jitter!r}")


class Supervised(Protocol):
    """What a supervisor knows of one registration. All is called on the event loop; only `restart` may raise."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def status(self) -> ProviderStatus:
        """Where it stands now."""
        ...

    @property
    def provider(self) -> Provider[Any]:
        """The instance that is live now."""
        ...

    def restart(self, reason: str) -> Coroutine[Any, Any, None]:
        """Reload it, or start it again if its start failed; runs in a task of the supervisor's.

        That task is cancelled by `Supervisor.forget`.

        Raises:
            Exception: It failed; the supervisor tries again, unless the error is permanent.
        """
        ...

    def restart_scheduled(self, attempt: int, delay: float, reason: str) -> None:
        """A restart will be tried in `delay` seconds; `attempt` counts from 1 within the window."""
        ...

    def health_changed(self, old: Health, new: Health) -> None:
        """What is believed of its health is another state than before."""
        ...

    def check_abandoned(self, seconds: float) -> None:
        """A check goes on though it was cancelled, so many seconds after it began."""
        ...

    def give_up(self, attempts: int, window: float, reason: str) -> None:
        """It is not restarted any more: it is to be failed, if it is not already."""
        ...


class Supervisor:
    """Polls the checks of a manager's providers, and restarts those that are down.

    A provider that has no check of its own costs nothing. One that has is checked at intervals, together with
    the others, and never while it starts, reloads or stops. When it is believed to be unhealthy, it is restarted,
    after a wait that doubles each time, as often as the budget allows. Being degraded is only reported.

    To wire it, tell it of each registration, on the event loop:

    - `started`, whenever it has become `READY` by a start or a reload, whoever asked for it;
    - `failed`, whenever it has become `FAILED` by a start or a reload but stays registered;
    - `forget`, as soon as its stop begins, also where that comes of a failed start that is not tried again.

    A reload that fails and leaves the old generation in service needs no call. After `started`, a provider that
    was down is believed to be so until its first good check, which comes at once: `health` says it.

    Args:
        settings: How to do it; None not to poll, and not to restart: then `check` and `health` are all it does.
        random: Gives a number from 0 to 1.
    """

    def __init__(self, settings: Supervision | None, *, random: Callable[[], float] = _random.random) -> None:
        self._settings = settings or Supervision()
        self._is_on = settings is not None
        self._random = random
        self._watches: dict[Supervised, _Watch] = {}
        self._running: set[HealthCheck] = set()
        self._waiting: deque[tuple[_Watch, HealthCheck]] = deque()

    # --- what it is told ----------------------------------------------------------------------------

    def started(self, supervised: Supervised) -> None:
        """It has become ready. Unless that was a restart of ours, its budget is as new."""
        watch = self._watches.get(supervised)
        has_check = overrides_check(supervised.provider)
        if watch is None:
            if has_check:
                watch = self._watch(supervised)
                self._observe(watch, self._random())
            return
        if watch.restart is None:
            watch.restarts.clear()
        watch.calm()
        watch.blind()
        watch.opinion.renew()
        if has_check:
            self._observe(watch, 0.0)
        if not (has_check and self._is_on):  # else the first check says so
            self._believe(watch, Health.healthy())

    def failed(self, supervised: Supervised, error: BaseException) -> None:
        """Its start or reload has failed, and it does not serve; that is retried if the error is not permanent."""
        watch = self._watches.get(supervised) or self._watch(supervised)
        if watch.restart is not None:  # it will end with that error
            return
        watch.restarts.clear()
        watch.calm()
        watch.blind()
        reason = describe_error(error)
        self._believe(watch, Health.unhealthy(reason))
        if self._is_on and not _is_permanent(error):
            self._schedule(watch, reason)

    def forget(self, supervised: Supervised) -> None:
        """It stops: nothing of it is checked or restarted any more, beginning now."""
        watch = self._watches.pop(supervised, None)
        if watch is not None:
            if watch.check is not None:
                self._running.discard(watch.check)  # which does not say so if the event loop is closed
            watch.end()

    # --- what it is asked ---------------------------------------------------------------------------

    def health(self, supervised: Supervised) -> Health:
        """What is believed of its health; nothing is checked for it."""
        status = supervised.status
        watch = self._watches.get(supervised)
        if watch is not None and (status in SERVING or watch.opinion.health.state is HealthState.UNHEALTHY):
            return watch.opinion.health
        return Health.healthy() if status in SERVING else Health.unhealthy(f"it is {status.value}")

    async def check(self, supervised: Supervised) -> Health:
        """The result of a fresh check, shared with whoever asks at the same time.

        Of a provider that cannot be checked now it is what `health` says. What is believed of its health
        changes with the checks of the supervisor's own, so that asking often makes nobody restart.

        Raises:
            ProviderNotReadyError: It is stopped meanwhile.
        """
        while True:
            watch = self._watches.get(supervised)
            if watch is None or watch.check is None or supervised.status not in _CHECKED:
                return self.health(supervised)
            try:
                result = await watch.check.run()
            except ProviderNotReadyError:
                if not self._is_current(watch):
                    raise
                continue  # another generation has taken over
            if not self._is_on and self._is_current(watch):
                self._believe(watch, result)
            return result

    # --- polling ------------------------------------------------------------------------------------

    def _watch(self, supervised: Supervised) -> _Watch:
        opinion = Hysteresis(self._settings.failures, self._settings.successes)
        watch = self._watches[supervised] = _Watch(supervised, opinion)
        return watch

    def _observe(self, watch: _Watch, share: float) -> None:
        """Check the generation that is live now, first after this share of an interval, and then at intervals."""
        supervised = watch.supervised
        watch.check = HealthCheck(
            supervised.name, supervised.provider.check, self._settings.check_timeout, supervised.check_abandoned
        )
        self._poll_in(self._settings.check_interval * share, watch, watch.check)

    def _poll_in(self, delay: float, watch: _Watch, check: HealthCheck) -> None:
        if self._is_on:
            watch.poll = _call_later(delay, self._poll, watch, check)

    def _poll(self, watch: _Watch, check: HealthCheck) -> None:
        if watch.check is not check:  # it is over, or another generation's turn
            return
        if watch.supervised.status not in _CHECKED:
            self._poll_in(self._settings.check_interval, watch, check)
        elif len(self._running) >= _AT_ONCE:
            self._waiting.append((watch, check))
        else:
            self._running.add(check)
            began = asyncio.get_running_loop().time()
            check.start().add_done_callback(
                lambda flight: self._polled(watch, check, began, flight), context=Context()
            )

    def _polled(self, watch: _Watch, check: HealthCheck, began: float, flight: asyncio.Future[Health]) -> None:
        self._running.discard(check)
        if watch.check is check:
            interval = self._settings.check_interval * self._shortening()
            elapsed = asyncio.get_running_loop().time() - began
            self._poll_in(max(0.0, interval - elapsed), watch, check)
            if not flight.cancelled() and watch.supervised.status in _CHECKED:
                self._consider(watch, flight.result())
        while self._waiting and len(self._running) < _AT_ONCE:
            self._poll(*self._waiting.popleft())

    def _consider(self, watch: _Watch, result: Health) -> None:
        old = watch.opinion.health
        watch.opinion.add(result)
        self._report(watch, old)
        if watch.opinion.failing:
            self._schedule(watch, result.message)
        elif watch.opinion.health.state is not HealthState.UNHEALTHY:
            watch.calm()  # it has come back by itself

    def _believe(self, watch: _Watch, health: Health) -> None:
        old = watch.opinion.health
        watch.opinion.health = health
        self._report(watch, old)

    def _report(self, watch: _Watch, old: Health) -> None:
        new = watch.opinion.health
        if new.state is not old.state:
            watch.supervised.health_changed(old, new)

    # --- restarting ---------------------------------------------------------------------------------

    def _schedule(self, watch: _Watch, reason: str) -> None:
        if watch.alarm is not None or watch.restart is not None:
            return
        settings = self._settings
        longest_ago = asyncio.get_running_loop().time() - settings.window
        while watch.restarts and watch.restarts[0] <= longest_ago:
            watch.restarts.popleft()
        used = len(watch.restarts)
        if used >= settings.budget:
            self._give_up(watch, reason)
            return
        doubled = settings.backoff * 2.0 ** min(used, 64)
        delay = min(doubled, settings.max_backoff) * self._shortening()
        watch.alarm = _call_later(delay, self._restart, watch, reason)
        watch.supervised.restart_scheduled(used + 1, delay, reason)

    def _restart(self, watch: _Watch, reason: str) -> None:
        watch.alarm = None
        if watch.supervised.status not in _RESTARTABLE:  # somebody else reloads it; look again when that is over
            watch.alarm = _call_later(self._settings.backoff, self._restart, watch, reason)
            return
        loop = asyncio.get_running_loop()
        watch.restarts.append(loop.time())
        # In a context of its own: a restart is no part of what the supervised or anybody else was doing.
        watch.restart = loop.create_task(
            _try(watch.supervised.restart, reason),
            name=f"purveyor:restart {watch.supervised.name}",
            context=Context(),
        )
        watch.restart.add_done_callback(lambda task: self._restarted(watch, task), context=Context())

    def _restarted(self, watch: _Watch, task: asyncio.Task[BaseException | None]) -> None:
        watch.restart = None
        error = asyncio.CancelledError() if task.cancelled() else task.result()
        if error is None or task.cancelling() or not self._is_current(watch):
            return
        reason = describe_error(error)
        self._believe(watch, Health.unhealthy(reason))
        if _is_permanent(error):
            self._give_up(watch, reason)
        else:
            self._schedule(watch, reason)

    def _give_up(self, watch: _Watch, reason: str) -> None:
        watch.blind()
        watch.supervised.give_up(len(watch.restarts), self._settings.window, reason)

    def _is_current(self, watch: _Watch) -> bool:
        return self._watches.get(watch.supervised) is watch

    def _shortening(self) -> float:
        return 1 - self._settings.jitter * self._random()


async def _try(restart: Callable[[str], Coroutine[Any, Any, None]], reason: str) -> BaseException | None:
    """Why it failed, if it did: a task that ends with SystemExit would take the event loop with it."""
    try:
        await restart(reason)
    except asyncio.CancelledError:
        raise
    except BaseException as error:
        return error
    return None


def _is_permanent(error: BaseException) -> bool:
    """Whether to try again without changing something is of no use; an author's error may say so of itself."""
    return bool(getattr(error, "permanent", False))


class _Watch:
    """What goes on for one of the supervised."""

    __slots__ = ("alarm", "check", "opinion", "poll", "restart", "restarts", "supervised")

    def __init__(self, supervised: Supervised, opinion: Hysteresis) -> None:
        self.supervised = supervised
        self.opinion = opinion
        self.check: HealthCheck | None = None  # of the generation that is live
        self.poll: asyncio.TimerHandle | None = None  # the next one
        self.alarm: asyncio.TimerHandle | None = None  # for the next restart
        self.restart: asyncio.Task[BaseException | None] | None = None  # the one that is under way
        self.restarts: deque[float] = deque()  # when there were some, as the event loop's time

    def blind(self) -> None:
        """Check it no more."""
        if self.poll is not None:
            self.poll.cancel()
            self.poll = None
        if self.check is not None:
            self.check.close()
            self.check = None

    def calm(self) -> None:
        """Have no restart planned."""
        if self.alarm is not None:
            self.alarm.cancel()
            self.alarm = None

    def end(self) -> None:
        self.blind()
        self.calm()
        if self.restart is not None and not self.restart.get_loop().is_closed():
            self.restart.cancel()


def _call_later(delay: float, callback: Callable[..., None], *arguments: Any) -> asyncio.TimerHandle:
    return asyncio.get_running_loop().call_later(delay, callback, *arguments, context=Context())
