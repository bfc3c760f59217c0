"""`ProviderRunner`: one registration of a provider, through all its generations.

It holds the status, and decides what its owner tasks do. A start and a stop are told to an owner and reported
back by it, so that neither costs a task more than the owner's own; a reload, which has many steps, is run by
a task that lives as long as reloads are asked for.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from contextvars import Context
from functools import partial
from time import perf_counter, time
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from purveyor.errors import (
    InvalidMetadataError,
    NeedFailedError,
    ProviderExistsError,
    ProviderNotReadyError,
    ProviderTimeoutError,
    ProviderTypeError,
    ProviderUnhealthyError,
    ReentrantLifecycleError,
    RegistrationAbortedError,
)
from purveyor.events import (
    Abandoned,
    DrainTimedOut,
    HealthChanged,
    Reloaded,
    ReloadFailed,
    RestartScheduled,
    RestartsExhausted,
    StatusChanged,
)
from purveyor.lease import Gate, own_generation
from purveyor.lifecycle.health import HealthCheck, describe_error, overrides_check
from purveyor.lifecycle.owner import GRACE, KEEP, Owner
from purveyor.lifecycle.states import SERVING, TRANSITIONS
from purveyor.metadata import Health, HealthState, ProviderStatus
from purveyor.monitor.metrics import MetricsManager
from purveyor.needs import needs_of
from purveyor.operations import UNBOUND, asks_for_policies, record_of
from purveyor.policy import Policy
from purveyor.provider import Provider

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine

    from purveyor.lifecycle.graph import Edge
    from purveyor.lifecycle.host import Host
    from purveyor.policy import Governor

    Settled: TypeAlias = Callable[["ProviderRunner", BaseException | None], None]

__all__ = ["KEEP", "Change", "ProviderRunner", "see_through"]

_STARTING = frozenset({ProviderStatus.REGISTERED, ProviderStatus.STARTING})
_SETTLED = frozenset({ProviderStatus.READY, ProviderStatus.DEGRADED})
_MAY_LEAVE = frozenset({*_SETTLED, ProviderStatus.RELOADING, ProviderStatus.FAILED})

_logger = logging.getLogger(__name__)


async def see_through(task: asyncio.Future[Any]) -> None:
    """Wait for a task that must not be left half-way, also when the caller is cancelled.

    The first cancellation is kept until the task is done, and raised then. A second one is raised at once;
    the task goes on by itself. A task of a provider's own leaves at the first one, since it may be that very
    cleanup which cancels it, and waits for it to end.
    """
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            if cancelled is not None or own_generation.get() is not None:
                raise
            cancelled = error
    if cancelled is not None:
        raise cancelled


class Change:
    """What a reload is to bring; of several that are asked for before it begins, the last word counts.

    Args:
        config: The config from now on.
        policy: The policy from now on.
        replacement: An instance that takes over, perhaps of another class.
        needs: How its needs are wired from now on.

    Attributes:
        done: Done when it is over.
        unwire: Undoes that the needs were wired anew; None while they are not.
    """

    __slots__ = ("config", "done", "needs", "policy", "replacement", "unwire")

    def __init__(
        self,
        config: Any = KEEP,
        policy: Any = KEEP,
        replacement: Provider[Any] | None = None,
        needs: Any = KEEP,
    ) -> None:
        self.config = config
        self.policy = policy
        self.replacement = replacement
        self.needs = needs
        self.unwire: Callable[[], None] | None = None
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.done.add_done_callback(_retrieve)

    def update(self, later: Change) -> None:
        """Take up what was asked for later."""
        if later.config is not KEEP or later.replacement is not None:
            self.config, self.replacement = later.config, later.replacement
        if later.policy is not KEEP:
            self.policy = later.policy
        if later.needs is not KEEP:
            self.needs = later.needs


class _Override:
    """An instance that stands in for a while, and what it found."""

    __slots__ = ("before", "fake", "over", "owner")

    def __init__(self, fake: Provider[Any]) -> None:
        self.fake = self.before = fake
        self.owner: Owner | None = None  # of what was there before
        self.over = False


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
    _lost: dict[Owner, tuple[str, float]] | None = None  # those that were abandoned in a step, and go on
    _pending: Change | None = None
    _coordinator: asyncio.Task[None] | None = None
    _trial: HealthCheck | None = None  # of a generation that is about to serve
    _changing = False  # a reload is at a point where a stop has to wait for it
    _stopping = False
    _governor: Governor | None = None
    _notices: set[asyncio.Task[None]] | None = None  # calls of on_need_reloaded, by it and of it, that run
    _overrides: list[_Override] | None = None  # those in force, the last one topmost

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
                self._coordinate(self._reload_all)
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

    def stop(self, ended: Callable[[ProviderRunner], None] | None = None) -> None:
        """Begin to stop; a start or a reload that is under way gives up.

        Args:
            ended: Called when it is over.
        """
        if ended is not None:
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
        self._finish(ProviderStatus.STOPPED if self.status is ProviderStatus.REGISTERED else ProviderStatus.FAILED)

    def _leave(self) -> None:
        if self.status is not ProviderStatus.STOPPING:
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
        self._lost = {**(self._lost or {}), owner: (step, seconds)}
        owner.task.add_done_callback(partial(self._abandoned_ended, owner))
        self.host.publish(Abandoned(self.name, time(), step, seconds))

    def _abandoned_ended(self, owner: Owner, task: asyncio.Task[None]) -> None:
        assert self._lost is not None
        del self._lost[owner]
        self.host.abandoned.discard(task)
        if not task.cancelled():
            task.exception()  # seen, so that asyncio does not report it
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
                    "Cleanup of the generation before of provider %s failed", self.name,
                    exc_info=owner.failure, extra={"provider_name": self.name},
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
        if self.status in _SETTLED:
            self._settle()

    def check_abandoned(self, seconds: float) -> None:
        """A check goes on though it was cancelled."""
        self.host.publish(Abandoned(self.name, time(), "check", seconds))

    def give_up(self, attempts: int, window: float, reason: str) -> None:
        """Have it fail: it has been restarted often enough."""
        self.host.publish(RestartsExhausted(self.name, time(), attempts, window, reason))
        if self.status in _SETTLED and self._coordinator is None:
            self._coordinate(partial(self._close_down, reason))

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
            self._coordinate(self._reload_all)
        return pending.done

    def set_policy(self, policy: Policy | None) -> None:
        """Have another policy hold from now on; operations that run end under the one they began with."""
        if self._governor is not None:
            self._governor.policy = policy or Policy()
        elif policy is not None:
            self._governor = self._new_governor(policy)
        self.policy = policy
        self.provider._governor = self._governor
        self.provider._bindings = UNBOUND  # what is bound anew is bound with it

    def _new_governor(self, policy: Policy) -> Governor:
        from purveyor.policy import Governor  # noqa: PLC0415 - most providers have no policy

        return Governor(self.name, self.type, policy, self.host.publish)

    def _coordinate(self, work: Callable[[], Coroutine[Any, Any, None]]) -> asyncio.Task[None]:
        # In a context of its own: it is no part of what the caller, or a provider, is doing.
        self._coordinator = coordinator = asyncio.get_running_loop().create_task(
            self._see_to(work), name=f"purveyor:{self.name}:reload", context=Context()
        )
        coordinator.add_done_callback(self._coordinated)
        return coordinator

    async def _see_to(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._changing = True
        try:
            await work()
        finally:
            self._coordinated(asyncio.current_task())

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
            self._coordinate(self._reload_all)

    async def _reload_all(self) -> None:
        while self._pending is not None and not self._stopping:
            change, self._pending = self._pending, None
            replaced = self.owner
            began = perf_counter()
            try:
                strategy = await self._reload(change)
                self._go_on()  # stop wins: what has taken over is stopped at once
            except BaseException as error:
                self._reload_failed(change, error)
                if isinstance(error, asyncio.CancelledError) and asyncio.current_task().cancelling():  # type: ignore[union-attr]
                    raise
                continue
            self._reload_succeeded(strategy, perf_counter() - began)
            self._changing = False  # a stop has not to wait for what follows
            try:
                await self._tell_dependants()
                if replaced is not None and self._replaced and replaced in self._replaced:
                    await self._end(replaced)
            finally:
                if change.unwire is not None:
                    self.host.rewired(self.name)
                if not change.done.done():
                    change.done.set_result(None)
            self._changing = True

    async def _reload(self, change: Change) -> Literal["swap", "in_place"]:
        self._move(ProviderStatus.RELOADING)
        old_policy = self.policy
        if change.policy is not KEEP:
            self.set_policy(change.policy)
        strategy: Literal["swap", "in_place"] = self._strategy(change)
        try:
            if change.replacement is not None:
                self._check_replacement(change.replacement, self.name)
            if change.needs is not KEEP or change.replacement is not None:
                change.unwire = self.host.rewire(self, change.needs, change.replacement)
            if self.owner is None:
                self.gate.close(ProviderStatus.RELOADING)
                fresh = self.provider if change.replacement is None else change.replacement
                await self._start_instance(fresh, change.config)
            elif strategy == "swap":
                await self._swap(self.owner, change)
            elif change.replacement is None and change.unwire is None:
                await self._quiesce()
                done = self.owner.reload(change.config)
                done.add_done_callback(_retrieve)
                await see_through(done)  # the gate must not be opened before
                await done
            else:
                await self._exchange(self.owner, change)
        except BaseException:
            if change.unwire is not None:
                change.unwire()
            if change.policy is not KEEP:
                self.set_policy(old_policy)
            raise
        return strategy

    async def _swap(self, old: Owner, change: Change) -> None:
        """Start another instance beside the one that serves, and put it in its place."""
        fresh = change.replacement
        if fresh is None:
            fresh = old.provider.next_generation(old.provider.config if change.config is KEEP else change.config)
            self._check_replacement(fresh, old.provider._name)  # not that of an override's
        candidate = await self._start_beside(fresh, check=True)
        # No await from here on: whoever comes meets either the one or the other.
        self.owner = candidate
        self._set_aside(old)
        self._install(fresh)
        fresh._gate.open()
        old.gate.replace()
        old.leave()

    async def _start_beside(self, fresh: Provider[Any], *, check: bool = False) -> Owner:
        """Start another instance; if that fails, or it is not healthy, it is disposed of."""
        self._adopt(fresh)
        try:
            self._inject(fresh)
            candidate = await self._start_owner(fresh)
            try:
                if check:
                    await self._check(fresh)
                self._go_on()
                candidate.go_on()
            except BaseException:
                await self._dispose(candidate)
                raise
        except BaseException:
            fresh._gate.end(ProviderStatus.FAILED)
            raise
        return candidate

    async def _exchange(self, old: Owner, change: Change) -> None:
        """Stop the instance that serves, since only one may be there, and start another, or the same one anew."""
        await self._quiesce()
        before = self.provider
        self._set_aside(old)
        self.owner = None
        await self._end(old)
        self._go_on()
        try:
            await self._start_instance(before if change.replacement is None else change.replacement, change.config)
        except BaseException as error:
            if change.unwire is not None:
                change.unwire()
                change.unwire = None
            if not self._stopping and not isinstance(error, asyncio.CancelledError):
                try:
                    await self._start_instance(before, KEEP)
                except BaseException as again:
                    error.add_note(f"what ran before could not be started again: {again!r}")
            raise

    async def _start_instance(self, provider: Provider[Any], config: Any) -> None:
        """Start an instance where none runs."""
        for owner, (step, seconds) in (self._lost or {}).items():
            if owner.provider is provider:  # two at work on it would be in each other's way
                raise ProviderTimeoutError(self.name, step, seconds, abandoned=True)
        before = self.provider
        other = provider is not before
        old_config = provider.config
        if other:
            self._adopt(provider)
        elif config is not KEEP:
            provider.config = config
        try:
            self._inject(provider)
            owner = await self._start_owner(provider)
        except BaseException:
            if other:
                provider._gate.end(ProviderStatus.FAILED)
            else:
                provider.config = old_config
            raise
        self.owner = owner
        if other:
            self._install(provider)
            before._gate.retire()

    async def _start_owner(self, provider: Provider[Any]) -> Owner:
        started: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def settle(_: Owner, error: BaseException | None) -> None:
            if not started.done():  # else the loop shuts down, and has cancelled who waits
                started.set_result(None) if error is None else started.set_exception(error)

        self._candidate = candidate = Owner(provider, provider._gate, self, settle)
        started.add_done_callback(_retrieve)
        try:
            await asyncio.wait([started])
        except BaseException as error:  # the task that reloads was cancelled
            candidate.interrupt(error)
            await self._dispose(candidate)
            raise
        finally:
            self._candidate = None
        await started
        try:
            candidate.go_on()
        except ProviderNotReadyError:  # the very moment it was ready
            await self._dispose(candidate)
            raise
        return candidate

    async def _dispose(self, owner: Owner) -> None:
        self._set_aside(owner)
        await self._end(owner)

    async def _check(self, provider: Provider[Any]) -> None:
        """Refuse a new generation that is not healthy from the beginning."""
        if overrides_check(provider):
            self._trial = HealthCheck(self.name, provider.check, self.host.check_timeout, self.check_abandoned)
            try:
                health = await self._trial.run()
            finally:
                self._trial = None
            if health.state is HealthState.UNHEALTHY:
                raise ProviderUnhealthyError(self.name, health.message)

    def _go_on(self) -> None:
        if self._stopping:
            raise ProviderNotReadyError(self.name, ProviderStatus.STOPPING)

    async def _quiesce(self) -> None:
        """Have newcomers wait, and wait for who is inside."""
        gate = self.gate
        gate.make_wait()
        if left := await gate.drain(self.drain_timeout):
            self.overstayed(left)
        gate.close(ProviderStatus.RELOADING)
        self._go_on()

    async def _end(self, owner: Owner) -> None:
        """Have an owner that was set aside go to its end."""
        assert self._replaced is not None
        if owner not in self._replaced:
            return
        if owner.task.done() or owner.abandoned:  # before it was set aside
            del self._replaced[owner]
            return
        over = self._replaced[owner] = asyncio.get_running_loop().create_future()
        owner.replaced = True
        owner.leave()
        await over

    def _set_aside(self, owner: Owner) -> None:
        if self._replaced is None:
            self._replaced = {}
        self._replaced[owner] = None
        owner.replaced = True

    async def _close_down(self, reason: str) -> None:
        """Stop what serves, and have operations refused until a reload succeeds."""
        owner = self.owner
        assert owner is not None
        self.gate.turn_away()
        self._set_aside(owner)
        self.owner = None
        self._move(ProviderStatus.FAILED, reason)
        await self._end(owner)
        if not self._stopping:
            self.gate.refuse(ProviderStatus.FAILED)

    def _reload_succeeded(self, strategy: Literal["swap", "in_place"], seconds: float) -> None:
        first = self.generation == 0
        self.generation += 1
        self.root = self.name
        self.reloaded = time()
        self.last_reload_error = None
        self._move(ProviderStatus.READY)
        self.gate.open()
        if first:
            self.host.live(self)
        self.host.supervisor.started(self)
        self._settle()  # what was unhealthy is believed to be, until a check says otherwise
        if type(self.provider).reload is Provider.reload or strategy == "swap":  # else its owner has recorded it
            MetricsManager.get_instance().note("reload", self.type.value, self.name, seconds)
        self._count_reload("success")
        self.host.publish(Reloaded(self.name, self.reloaded, self.generation, strategy, seconds))

    def _reload_failed(self, change: Change, error: BaseException) -> None:
        self.last_reload_error = describe_error(error)
        if type(self.provider).reload is Provider.reload:  # else its owner has recorded it
            record_of(self.provider, "reload").fail(error)
        self._count_reload("failure")
        if self._stopping:
            error = ProviderNotReadyError(self.name, ProviderStatus.STOPPING)
        elif self.owner is not None:
            self._settle()
            self.gate.open()
            self.host.publish(ReloadFailed(self.name, time(), self.last_reload_error, kept=True))
        else:
            self._move(ProviderStatus.FAILED, error)
            self.gate.refuse(ProviderStatus.FAILED)
            self.host.publish(ReloadFailed(self.name, time(), self.last_reload_error, kept=False))
            self.host.supervisor.failed(self, error)
        if not change.done.done():
            change.done.set_exception(error)

    async def _tell_dependants(self) -> None:
        """Give those who need it what serves now, and tell the ones who want to know."""
        notices = {
            notice: dependant.name
            for edge, dependant in self.host.dependants_of(self.name)
            if (notice := dependant.take_notice(edge, self)) is not None
        }
        if not notices:
            return
        seconds = self.start_timeout
        _, late = await asyncio.wait(notices, timeout=seconds)
        if not late:
            return
        for notice in late:
            notice.cancel()
        _, left = await asyncio.wait(late, timeout=GRACE)
        for notice in left:
            self.host.publish(Abandoned(notices[notice], time(), "on_need_reloaded", seconds or 0.0))

    def take_notice(self, edge: Edge, needed: ProviderRunner) -> asyncio.Task[None] | None:
        """Have the live instance of what it needs; the task in which it is told, if it wants to know."""
        provider = self.provider
        if self._stopping or self.status is ProviderStatus.REGISTERED:  # that has its needs when it is started
            return None
        setattr(provider, edge.attribute, needed.provider)
        if self.status not in SERVING or type(provider).on_need_reloaded is Provider.on_need_reloaded:
            return None
        notice = asyncio.get_running_loop().create_task(
            provider.on_need_reloaded(edge.role, needed.provider), name=f"purveyor:{self.name}:on_need_reloaded"
        )
        for runner in (self, needed):
            if runner._notices is None:
                runner._notices = set()
            runner._notices.add(notice)
        self.host.abandoned.add(notice)  # kept there, should it outlive both of them
        notice.add_done_callback(partial(self._notice_taken, needed))
        return notice

    def _notice_taken(self, needed: ProviderRunner, notice: asyncio.Task[None]) -> None:
        self.host.abandoned.discard(notice)
        for runner in (self, needed):
            assert runner._notices is not None
            runner._notices.discard(notice)
        error = None if notice.cancelled() else notice.exception()
        if error is not None or (notice.cancelled() and not self._stopping and not needed._stopping):
            _logger.error(
                "on_need_reloaded of provider %s failed", self.name,
                exc_info=error, extra={"provider_name": self.name},
            )  # fmt: skip

    # --- inside -------------------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def overridden(self, fake: Provider[Any]) -> AsyncGenerator[None]:
        """Have another instance serve for the length of a block; the one that serves is left running.

        Args:
            fake: The other instance; it is started now, and stopped at the end.
        """
        while self._coordinator is not None:
            await asyncio.wait([self._coordinator])
        if self.status not in _SETTLED:
            raise ProviderNotReadyError(self.name, self.status)
        override = _Override(fake)
        begun = self._coordinate(partial(self._begin_override, override))
        try:
            await asyncio.wait([begun])
            begun.result()
            yield
        finally:
            await see_through(asyncio.get_running_loop().create_task(self._end_override(override, begun)))

    async def _begin_override(self, override: _Override) -> None:
        fake, old = override.fake, self.owner
        if self._stopping or old is None or override.over:
            raise ProviderNotReadyError(self.name, self.status)
        if not isinstance(fake, Provider):
            raise ProviderTypeError(self.name, type(fake), Provider)
        if fake._gate.in_use:
            raise ProviderExistsError(fake._name)
        candidate = await self._start_beside(fake)
        override.before, override.owner = self.provider, old
        self._overrides = [*(self._overrides or ()), override]
        self._set_aside(old)
        self._take_over(candidate, fake)
        old.gate.replace()
        await self._tell_dependants()

    async def _end_override(self, override: _Override, begun: asyncio.Task[None]) -> None:
        override.over = True
        if self._candidate is not None and self._candidate.provider is override.fake:
            self._candidate.interrupt(ProviderNotReadyError(self.name, self.status))
        await asyncio.wait([begun])
        _retrieve(begun)
        while override in (self._overrides or ()) and not self._stopping:
            await asyncio.wait([self._coordinator or self._coordinate(partial(self._restore, override))])

    async def _restore(self, override: _Override) -> None:
        """Have what an override found serve again; if another stands on it, have that one find it at its end."""
        if self._stopping:
            return
        assert self._overrides is not None
        assert self._replaced is not None
        assert override.owner is not None
        above = self._overrides[self._overrides.index(override) + 1 :][:1]
        self._overrides = [each for each in self._overrides if each is not override] or None
        if above:
            taken, faked = above[0].owner, above[0].before
            above[0].owner, above[0].before = override.owner, override.before
        else:
            taken, faked = self.owner, self.provider
            if taken is not None:
                self._set_aside(taken)
            else:  # what stood in has failed
                self._move(ProviderStatus.RELOADING)
            del self._replaced[override.owner]
            override.owner.replaced = False
            self._take_over(override.owner, override.before)
            self._settle()
            faked._gate.replace()
        if taken is not None:
            taken.leave()
        else:
            faked._gate.retire()  # as the end of its owner does
        if not above:
            await self._tell_dependants()
        self._changing = False  # a stop has not to wait for what follows
        if taken is not None:
            await self._end(taken)
        self._changing = True

    def _take_over(self, owner: Owner, provider: Provider[Any]) -> None:
        self.owner = owner
        self._install(provider)
        provider._gate.open()
        self.host.supervisor.started(self)

    def _adopt(self, provider: Provider[Any]) -> None:
        """Make an instance one of this registration."""
        provider._gate = Gate(self.name, self)
        provider._bindings = UNBOUND
        provider._governor = self._governor
        provider._registration = self

    def _install(self, provider: Provider[Any]) -> None:
        """Have an instance be the one that serves, for whoever holds a reference or looks it up."""
        self.provider = provider
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

    def _strategy(self, change: Change) -> Literal["swap", "in_place"]:
        chosen = self.policy.reload if self.policy is not None else None
        return chosen or type(self.provider if change.replacement is None else change.replacement).provider_reload

    def _check_replacement(self, provider: Provider[Any], name: str) -> None:
        if not isinstance(provider, Provider):
            raise ProviderTypeError(self.name, type(provider), Provider)
        if provider._gate.in_use:
            raise ProviderExistsError(provider._name)
        if provider.metadata.name != name:
            raise InvalidMetadataError("name", f"it must be {name!r}, as before, not {provider.metadata.name!r}")

    def _settle(self) -> None:
        """Be ready, or degraded, according to its health."""
        healthy = self.health.state is HealthState.HEALTHY
        status = ProviderStatus.READY if healthy else ProviderStatus.DEGRADED
        if status is not self.status:
            self._move(status)

    def _refuse_pending(self, status: ProviderStatus) -> None:
        change, self._pending = self._pending, None
        if change is not None and not change.done.done():
            change.done.set_exception(ProviderNotReadyError(self.name, status))

    def _count_reload(self, result: str) -> None:
        MetricsManager.get_instance().counter(
            "provider_reloads", type=self.type.value, name=self.name, result=result
        )

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


def _retrieve(future: asyncio.Future[None]) -> None:
    """Have the exception count as seen, even if every caller has left."""
    if not future.cancelled():
        future.exception()
