"""`ProviderRunner`: one registration of a provider, through all its generations.

It holds the status, and decides what its owner tasks do. A start and a stop are told to an owner and reported
back by it, so that neither costs a task more than the owner's own; a reload, which has many steps, is run by
a task that lives as long as reloads are asked for.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import contextmanager
from contextvars import Context
from functools import partial
from time import time
from typing import TYPE_CHECKING, Any, TypeAlias

from purveyor.errors import (
    NeedFailedError,
    ProviderNotReadyError,
    ReentrantLifecycleError,
    RegistrationAbortedError,
)
from purveyor.events import (
    Abandoned,
    DrainTimedOut,
    HealthChanged,
    RestartScheduled,
    RestartsExhausted,
    StatusChanged,
)
from purveyor.lease import Gate
from purveyor.lifecycle.health import HealthCheck, describe_error
from purveyor.lifecycle.owner import GRACE, KEEP, Owner
from purveyor.lifecycle.reload import Change, close_down, reload_all
from purveyor.lifecycle.states import SERVING, SETTLED, TRANSITIONS
from purveyor.lifecycle.waiting import retrieve
from purveyor.lifecycle.watchdog import WATCHDOG, runs_for
from purveyor.metadata import Health, HealthState, ProviderStatus
from purveyor.needs import needs_of
from purveyor.operations import UNBOUND, asks_for_policies
from purveyor.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator

    from purveyor.lifecycle.host import Host
    from purveyor.lifecycle.override import Override
    from purveyor.policy import Governor
    from purveyor.provider import Provider

    Settled: TypeAlias = Callable[["ProviderRunner", BaseException | None], None]

__all__ = ["ProviderRunner"]

_STARTING = frozenset({ProviderStatus.REGISTERED, ProviderStatus.STARTING})
_MAY_LEAVE = frozenset({*SETTLED, ProviderStatus.RELOADING, ProviderStatus.FAILED})

_logger = logging.getLogger(__name__)

#: Sets what a provider has of its manager: a class may have a __setattr__ that refuses or records it.
_set = object.__setattr__


class ProviderRunner:
    """Runs one registration. Its name and type are what its metadata said at the beginning.

    Args:
        provider: The first instance.
        host: What it shares with the others of its manager.
        policy: How it is started, stopped and called.
        required: Whether its failure at the start is that of all; if not, it stays registered when it fails.
    """

    # On the class, since most of ten thousand runners never need another value.

    status = ProviderStatus.REGISTERED
    #: How often a policy was set by itself, rather than with a reload.
    policy_word = 0
    #: Its place among all of its manager, in registration order.
    rank = 0
    #: How many generations there were, the one that serves included.
    generation = 0
    #: Of the stop.
    failure: BaseException | None = None
    #: When the last reload succeeded, in seconds since the epoch.
    reloaded: float | None = None
    last_reload_error: str | None = None
    #: Of the live instance; None before the start, and while it is down.
    owner: Owner | None = None
    #: It is to be stopped, perhaps after others: nobody is started on it any more.
    doomed = False
    #: The time for the stop of all is over.
    hurried = False
    #: The caller's who registered it: what its owner tasks run in copies of.
    context = Context()

    _candidate: Owner | None = None  # of what a reload starts
    _replaced: dict[Owner, asyncio.Future[None] | None] | None = None  # others, and who waits for their end
    _on_start: Settled | None = None
    _when_started: list[Callable[[ProviderRunner], None]] | None = None
    _on_end: list[Callable[[ProviderRunner], None]] | None = None
    _pending: Change | None = None
    _coordinator: asyncio.Task[None] | None = None
    _trial: HealthCheck | None = None  # of a generation that is about to serve
    _given_up: tuple[Owner | None, int, str] | None = None  # which generation supervision left, and why
    _changing = False  # a reload is at a point where a stop has to wait for it
    _stopping = False
    _governor: Governor | None = None
    _notices: set[asyncio.Task[Any]] | None = None  # calls of on_need_reloaded, by it and of it, that run
    _overrides: list[Override] | None = None  # those in force, the last one topmost

    def __init__(
        self, provider: Provider[Any], host: Host, policy: Policy | None = None, *, required: bool = True
    ) -> None:
        metadata = provider.metadata
        self.provider = provider
        self.host = host
        self.policy = policy
        self.required = required
        self.name = metadata.name
        self.root = metadata.name  # whose failure is why it is not there
        self.type = metadata.type
        self.capabilities = _words(provider)
        if policy is not None or asks_for_policies(type(provider)):
            self._governor = self._new_governor(policy or Policy())
        self._adopt(provider)

    # --- what it is asked ---------------------------------------------------------------------------

    @property
    def gate(self) -> Gate:
        """The gate of the live instance."""
        return self.provider._gate

    @property
    def health(self) -> Health:
        """What is believed of its health."""
        return self.host.supervisor.health(self)

    @property
    def held(self) -> int:
        """How many operations run, on whichever generation."""
        return self.gate.held + sum(owner.gate.held for owner in list(self._replaced or ()))

    @property
    def starting(self) -> bool:
        """Whether its start is under way or to come."""
        return self.status in _STARTING

    @property
    def over(self) -> bool:
        """Whether the registration has ended."""
        return not self.gate.in_use

    @property
    def stopping(self) -> bool:
        """Whether its stop has been asked for."""
        return self._stopping

    @property
    def start_timeout(self) -> float | None:
        """How long validate and initialize may take together, in seconds."""
        policy = self.policy
        if policy is None or policy.start_timeout is None:
            return self.host.start_timeout
        return policy.start_timeout

    @property
    def stop_timeout(self) -> float | None:
        """How long cleanup may take, in seconds."""
        if self.hurried:
            return GRACE
        policy = self.policy
        return self.host.stop_timeout if policy is None or policy.stop_timeout is None else policy.stop_timeout

    @property
    def drain_timeout(self) -> float:
        """How long operations are waited for, in seconds."""
        if self.hurried:
            return 0.0
        policy = self.policy
        return self.host.drain_timeout if policy is None or policy.drain_timeout is None else policy.drain_timeout

    def refuse_own_call(self, action: str) -> None:
        """Refuse a call from inside the provider's own lifecycle or operations: it would wait for itself.

        Raises:
            ReentrantLifecycleError: The caller runs this provider's initialize, reload or cleanup, or one of its
                operations.
        """
        if self._notices and asyncio.current_task() in self._notices:
            raise ReentrantLifecycleError(self.name, action)
        for owner in (self.owner, self._candidate, *(self._replaced or ())):
            if owner is not None and ((owner.at_work and owner.gate.is_own()) or owner.gate.is_inside()):
                raise ReentrantLifecycleError(self.name, action)

    # --- start --------------------------------------------------------------------------------------

    def start(self, settled: Settled, error: Exception | None = None) -> None:
        """Begin to start.

        Args:
            settled: Called when it is ready, with None, or has failed and was cleaned up, with the error.
            error: Why it cannot be started, if that is known already.
        """
        self._on_start = settled
        if self._stopping:  # before its turn had come
            self._start_settled(None, RegistrationAbortedError(self.name))
            return
        self._move(ProviderStatus.STARTING)
        if error is None:
            try:
                self._inject(self.provider)
            except Exception as reason:
                error = reason
        if error is not None:
            self._start_settled(None, error)
            return
        self.owner = Owner(self.provider, self.gate, self, self._start_settled)

    def when_started(self, callback: Callable[[ProviderRunner], None]) -> None:
        """Have `callback` called when its start, which is to come or under way, is over, well or not."""
        if self._when_started is None:
            self._when_started = []
        self._when_started.append(callback)

    def _start_settled(self, _: Owner | None, error: BaseException | None) -> None:
        settled, self._on_start = self._on_start, None
        waiters, self._when_started = self._when_started, None  # told last: the cause comes before what follows
        assert settled is not None
        if error is None:
            self.generation = 1
            self._move(ProviderStatus.READY)
            self.gate.open()
            self.host.live(self)
            self.host.supervisor.started(self)
            if self._pending is not None:
                self._coordinate(partial(reload_all, self))
        else:
            self.owner = None
            if self._stopping and not isinstance(error, RegistrationAbortedError):
                error = RegistrationAbortedError(self.name)
            self._fail_start(error)
        settled(self, error)
        for callback in waiters or ():
            callback(self)

    def _fail_start(self, error: BaseException) -> None:
        """The start has failed. An optional provider stays registered, and supervision tries it again."""
        self._refuse_pending(ProviderStatus.FAILED)
        if isinstance(error, NeedFailedError):
            self.root = error.root
        if self.status is ProviderStatus.STOPPED:  # it was stopped before its turn had come
            return
        if self._stopping:
            self._finish(ProviderStatus.STOPPED)
        elif self.required or not isinstance(error, Exception):
            self._finish(ProviderStatus.FAILED, error)
        else:
            self._move(ProviderStatus.FAILED, error)
            self.gate.refuse(ProviderStatus.FAILED)
            self.host.supervisor.failed(self, error)

    # --- stop ---------------------------------------------------------------------------------------

    def stop(self, ended: Callable[[ProviderRunner], None]) -> None:
        """Begin to stop; a start or a reload that is under way gives up.

        Args:
            ended: Called when it is over.
        """
        if self.over:  # its event loop ends, and has cancelled its task
            ended(self)
            return
        if self._on_end is None:
            self._on_end = []
        self._on_end.append(ended)
        if self._stopping:
            return
        self._stopping = True
        self.host.supervisor.forget(self)
        self._refuse_pending(ProviderStatus.STOPPING)
        for notice in self._notices or ():
            notice.cancel()
        if self.status is ProviderStatus.REGISTERED:  # its turn never comes
            self._finish(ProviderStatus.STOPPED)
        elif self.status is ProviderStatus.STARTING:
            assert self.owner is not None
            self.owner.interrupt(RegistrationAbortedError(self.name))
        elif self._changing:  # the task that reloads it goes on from there
            self.gate.look_again()
            if self._trial is not None:
                self._trial.close()
            for owner in (self._candidate, self.owner):
                if owner is not None:
                    owner.interrupt(ProviderNotReadyError(self.name, ProviderStatus.STOPPING))
        else:
            self._leave()

    def hurry(self) -> None:
        """The time for the stop of all is over: what still runs is cancelled now, and soon abandoned."""
        self.hurried = True
        for owner in (self._candidate, self.owner, *(self._replaced or ())):
            if owner is not None:
                owner.hurry()

    def lose(self) -> None:
        """The event loop was closed under it: nothing can run its cleanup any more."""
        self._stopping = True
        self.host.supervisor.forget(self)
        self.owner = self._candidate = self._replaced = None
        self._on_end = self._when_started = None  # who waited, waited on that loop
        self._finish(ProviderStatus.STOPPED if self.status is ProviderStatus.REGISTERED else ProviderStatus.FAILED)

    def _leave(self) -> None:
        self._move(ProviderStatus.STOPPING)
        self.gate.turn_away()
        owner = self.owner
        for each in list(self._replaced or ()):
            each.leave()
        if owner is not None:
            owner.leave()
        else:
            self._finish_if_over()

    def _finish_if_over(self) -> None:
        if self.status is ProviderStatus.STOPPING and self.owner is None and not self._replaced:
            self._finish(ProviderStatus.STOPPED if self.failure is None else ProviderStatus.FAILED, self.failure)

    def _finish(self, status: ProviderStatus, error: BaseException | None = None) -> None:
        if self.status is not status:
            self._move(status, error)
        self.gate.end(status)
        self.host.ended(self)
        if self._governor is not None:
            self._governor.close()
        ended, self._on_end = self._on_end, None
        waiters, self._when_started = self._when_started, None
        for callback in (*(ended or ()), *(waiters or ())):
            callback(self)

    # --- what its owners tell -----------------------------------------------------------------------

    def overstayed(self, operations: int) -> None:
        """So many operations still run, and are not waited for any longer."""
        self.host.publish(DrainTimedOut(self.name, time(), operations, self.drain_timeout))

    def owner_cancelled(self, owner: Owner) -> None:
        """The task was cancelled by someone else, as at the end of `asyncio.run`; it goes to its end."""
        if owner is self.owner and not self._stopping:
            self._stopping = True
            self.host.supervisor.forget(self)
            self._refuse_pending(ProviderStatus.STOPPING)
            self.host.withdrawn(self)
            self._move(ProviderStatus.STOPPING)
            self.gate.turn_away()

    def owner_abandoned(self, owner: Owner, step: str, seconds: float) -> None:
        """The task does not end, and is not waited for any longer."""
        self.host.abandoned.add(owner.task)
        _set(owner.provider, "_abandoned", (owner.task, step, seconds))
        owner.task.add_done_callback(partial(self._abandoned_ended, owner))
        self.host.publish(Abandoned(self.name, time(), step, seconds))

    def _abandoned_ended(self, owner: Owner, task: asyncio.Task[None]) -> None:
        _set(owner.provider, "_abandoned", None)
        self.host.abandoned.discard(task)
        retrieve(task)
        _logger.warning(
            "What was abandoned of provider %s has ended", self.name, extra={"provider_name": self.name}
        )

    def owner_ended(self, owner: Owner) -> None:
        """The task is over, or was abandoned."""
        if self._replaced and owner in self._replaced:
            if owner.provider is not self.provider:  # else nobody serves in its place yet
                owner.gate.retire()
            over = self._replaced.pop(owner)
            if over is not None and not over.done():
                over.set_result(None)
            if owner.failure is not None and not self._stopping:
                _logger.error(
                    "Cleanup of the generation before of provider %s failed: %s",
                    self.name, self.host.redacted(describe_error(owner.failure)),
                    exc_info=self.host.shown(owner.failure), extra={"provider_name": self.name},
                )  # fmt: skip
        elif owner is self.owner:
            self.owner = None
        else:
            return
        if self._stopping:
            self.failure = self.failure or owner.failure
        self._finish_if_over()

    # --- what supervision asks and tells ------------------------------------------------------------

    async def restart(self, reason: str) -> None:
        """Reload it, or start it again if its start failed."""
        await asyncio.wait([done := self.reload(Change())])
        await done

    def restart_scheduled(self, attempt: int, delay: float, reason: str) -> None:
        """A restart will be tried in `delay` seconds."""
        self.host.publish(RestartScheduled(self.name, time(), attempt, delay, reason))

    def health_changed(self, old: Health, new: Health) -> None:
        """What is believed of its health is another state than before."""
        self.host.publish(HealthChanged(self.name, time(), old, new))
        if self.status in SETTLED:
            self._settle()

    def check_abandoned(self, seconds: float) -> None:
        """A check goes on though it was cancelled."""
        self.host.publish(Abandoned(self.name, time(), "check", seconds))

    def give_up(self, attempts: int, window: float, reason: str) -> None:
        """Have it fail: it has been restarted often enough."""
        self.host.publish(RestartsExhausted(self.name, time(), attempts, window, reason))
        self._given_up = self.owner, self.generation, reason
        if self._coordinator is None:
            self._close_if_given_up()

    def _close_if_given_up(self) -> None:
        """Have nothing serve on that nobody checks any more."""
        given_up, self._given_up = self._given_up, None
        if given_up is None or self.status not in SETTLED:
            return
        owner, generation, reason = given_up
        if self.owner is owner and self.generation == generation:  # else another one serves by now, and is checked
            self._coordinate(partial(close_down, self, reason))

    # --- reload -------------------------------------------------------------------------------------

    def reload(self, change: Change) -> asyncio.Future[None]:
        """Ask for a reload; one that comes before an earlier one has begun is part of it.

        Returns:
            Done when it is over; its exception is why it failed.

        Raises:
            ProviderNotReadyError: The provider stops.
        """
        if self._stopping:
            raise ProviderNotReadyError(self.name, ProviderStatus.STOPPING)
        if self._pending is None:
            self._pending = change
        else:
            self._pending.update(change)
        pending = self._pending
        if not self.starting and self._coordinator is None:
            self._coordinate(partial(reload_all, self))
        return pending.done

    def set_policy(self, policy: Policy | None) -> None:
        """Have another policy hold from now on, whatever a reload brings that was asked for before."""
        self.put_policy(policy)
        self.policy_word += 1
        if self._pending is not None:
            self._pending.policy = KEEP

    def put_policy(self, policy: Policy | None) -> None:
        """Put a policy in force; operations that run end under the one they began with."""
        if self._governor is not None:
            self._governor.policy = policy or Policy()
        elif policy is not None:
            self._governor = self._new_governor(policy)
        self.policy = policy
        _set(self.provider, "_governor", self._governor)
        _set(self.provider, "_bindings", UNBOUND)  # what is bound anew is bound with it

    def _new_governor(self, policy: Policy) -> Governor:
        from purveyor.policy import Governor  # noqa: PLC0415 - most providers have no policy

        return Governor(self.name, self.type, policy, self.host.publish)

    def _coordinate(self, work: Callable[[], Coroutine[Any, Any, None]]) -> asyncio.Task[None]:
        # In a context of its own: it is no part of what the caller, or a provider, is doing.
        # Not by the loop's factory: an eager one would run it before it is known.
        self._coordinator = coordinator = asyncio.Task(
            self._see_to(work), name=f"purveyor:{self.name}:reload", context=Context()
        )
        coordinator.add_done_callback(self._coordinated)
        return coordinator

    @contextmanager
    def stoppable(self) -> Generator[None]:
        """For the part of a reload that a stop has not to wait for: what serves is settled."""
        self._changing = False
        try:
            yield
        finally:
            self._changing = True

    async def _see_to(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._changing = True
        coordinator = asyncio.current_task()
        assert coordinator is not None
        runs_for(coordinator, self.name)
        try:
            with WATCHDOG.watching(asyncio.get_running_loop(), self.host.publish):
                await work()
        finally:
            self._coordinated(coordinator)

    def _coordinated(self, coordinator: asyncio.Task[Any] | None) -> None:
        if self._coordinator is not coordinator:  # it has told so itself, as all do that come to their first step
            return
        assert coordinator is not None
        self._changing = False
        self._coordinator = None
        if self._stopping:
            self._refuse_pending(ProviderStatus.STOPPING)
            if self.status in _MAY_LEAVE and not self.over:
                self._leave()
        elif coordinator.cancelled() or coordinator.cancelling():  # the event loop ends: nothing is begun any more
            self._refuse_pending(self.status)
        elif self._pending is not None:
            self._coordinate(partial(reload_all, self))
        else:
            self._close_if_given_up()

    def _adopt(self, provider: Provider[Any]) -> None:
        """Make an instance one of this registration."""
        _set(provider, "_gate", Gate(self.name, self))
        _set(provider, "_bindings", UNBOUND)
        _set(provider, "_governor", self._governor)
        _set(provider, "_registration", self)

    def _install(self, provider: Provider[Any]) -> None:
        """Have an instance be the one that serves, for whoever holds a reference or looks it up."""
        self.provider = provider
        _set(provider, "_governor", self._governor)  # which may have changed while another one served
        _set(provider, "_bindings", UNBOUND)
        self.type = provider.metadata.type
        self.capabilities = _words(provider)
        for edge, runner in self.host.needs_of(self.name):  # those may have been reloaded since it began to start
            if runner is not None and runner.status in SERVING:
                setattr(provider, edge.attribute, runner.provider)
        self.host.replaced(self)

    def _inject(self, provider: Provider[Any]) -> None:
        """Set the attributes in which it finds what it needs."""
        needs = needs_of(type(provider))
        if not needs:
            return
        for need in needs:
            if need.optional:
                setattr(provider, need.attribute, None)
        for edge, runner in self.host.needs_of(self.name):
            if runner is not None and runner.status in SERVING and not runner.doomed:
                setattr(provider, edge.attribute, runner.provider)
            elif not edge.optional:
                raise NeedFailedError(self.name, edge.target, edge.target if runner is None else runner.root)

    def _settle(self) -> None:
        """Be ready, or degraded, according to its health."""
        health = self.health
        healthy = health.state is HealthState.HEALTHY
        status = ProviderStatus.READY if healthy else ProviderStatus.DEGRADED
        if status is not self.status:
            self._move(status, None if healthy else health.message or None)

    def _refuse_pending(self, status: ProviderStatus) -> None:
        change, self._pending = self._pending, None
        if change is not None and not change.done.done():
            change.done.set_exception(ProviderNotReadyError(self.name, status))

    def _move(self, status: ProviderStatus, error: BaseException | str | None = None) -> None:
        old = self.status
        assert status in TRANSITIONS[old], f"{self.name}: {old} -> {status}"
        self.status = status
        host = self.host
        if host.stream.active or host.verbose:
            text = describe_error(error) if isinstance(error, BaseException) else error
            host.publish(StatusChanged(self.name, time(), old, status, self.generation, text))


def _words(provider: Provider[Any]) -> tuple[str, ...]:
    words = provider.metadata.capabilities
    return tuple(dict.fromkeys(words)) if words else ()
