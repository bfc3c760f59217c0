"""`Owner`: the one task that runs the lifecycle of one instance of a provider, from validate to cleanup.

What is entered in a task must be left in that task (task groups, cancel scopes, client sessions), so each
instance has an owner task. Whoever starts, reloads or stops it talks to that task and may be cancelled
meanwhile; the provider is not.

Deadlines are enforced from outside the task: when one passes, the step is cancelled; if it is still not over
after a grace, the task is abandoned, and whoever waits for it goes on.
"""

from __future__ import annotations

import asyncio
import logging
from enum import Enum
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, Protocol

from purveyor.errors import ProviderNotReadyError, ProviderTimeoutError, StrayCancellationError
from purveyor.lease import Gate, Generation, own_generation
from purveyor.lifecycle.health import describe_error
from purveyor.metadata import ProviderStatus
from purveyor.monitor.metrics import MetricsManager
from purveyor.operations import record_of
from purveyor.provider import Provider

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextvars import Context

    from purveyor.lifecycle.host import Host

    Step = Callable[[], Awaitable[None]]

__all__ = ["GRACE", "KEEP", "Keep", "Keeper", "Owner"]


class Keeper(Protocol):
    """Who has an owner at work, and is told what becomes of it."""

    name: str
    host: Host
    context: Context

    @property
    def start_timeout(self) -> float | None:
        """How long validate and initialize may take together, in seconds."""
        ...

    @property
    def stop_timeout(self) -> float | None:
        """How long cleanup may take, in seconds."""
        ...

    @property
    def drain_timeout(self) -> float:
        """How long operations are waited for, in seconds."""
        ...

    def overstayed(self, operations: int) -> None:
        """So many operations still run, and are not waited for any longer."""

    def owner_cancelled(self, owner: Owner) -> None:
        """The task was cancelled by someone else, as at the end of `asyncio.run`; it goes to its end."""

    def owner_abandoned(self, owner: Owner, step: str, seconds: float) -> None:
        """The task does not end, and is not waited for any longer."""

    def owner_ended(self, owner: Owner) -> None:
        """The task is over, or was abandoned."""


class Keep(Enum):
    """The type of `KEEP`."""

    KEEP = "KEEP"

    def __repr__(self) -> str:
        return self.value


#: In the place of what a reload may change: what there is.
KEEP: Final = Keep.KEEP

#: How long a step that was cancelled may take to end, in seconds, before it is abandoned.
GRACE = 5.0

_VALIDATE = Provider.validate
_RELOAD = Provider.reload

_logger = logging.getLogger(__name__)


class Owner:
    """Owns one instance.

    Args:
        provider: The instance.
        gate: Its gate.
        keeper: Whom it tells what happens.
        started: Called once: with None when `initialize` is over, or with what prevented it, after the instance
            was given the chance to clean up.
    """

    #: Of the cleanup.
    failure: BaseException | None = None
    #: Newcomers go to another instance, while this one is being stopped.
    replaced = False
    abandoned = False
    #: What of the provider's runs now, or ran last.
    step = ""

    # On the class, since most of ten thousand owners never need another value.
    _abortable = True  # while something is being started
    _disposed = False
    _leaving = False
    _what = ""  # what runs within a deadline
    _seconds = 0.0  # how long it may take
    _verdict: BaseException | None = None  # why the running step was cancelled
    _reason: BaseException | None = None  # why the instance is being disposed of
    _wake: asyncio.Future[None] | None = None
    _job: tuple[object, asyncio.Future[None]] | None = None  # a reload's config, and who waits for it

    def __init__(
        self,
        provider: Provider[Any],
        gate: Gate,
        keeper: Keeper,
        started: Callable[[Owner, BaseException | None], None],
    ) -> None:
        self.provider = provider
        self.gate = gate
        self.keeper = keeper
        self._started: Callable[[Owner, BaseException | None], None] | None = started
        self._type = provider.metadata.type.value  # perhaps another one than that of the instance before
        # Not by the loop's factory: an eager one would run the first step before the keeper knows of the owner.
        self.task: asyncio.Task[None] = asyncio.Task(
            self._own(), name=f"purveyor:{keeper.name}", context=keeper.context.copy()
        )
        self.task.add_done_callback(self._never_began)

    @property
    def at_work(self) -> bool:
        """Whether something of the provider's lifecycle runs, or is about to."""
        return self._abortable or bool(self._what) or self._leaving

    # --- what its keeper calls ----------------------------------------------------------------------

    def reload(self, config: object = KEEP) -> asyncio.Future[None]:
        """Reload the instance, in its own task; the gate is shut and nobody is inside.

        If that fails with a new config, the old one is put back, and the provider initialized with it; if that is
        not possible either, the owner goes to its end.

        Args:
            config: The config from now on. It takes effect between `cleanup` and `initialize`; a class with a
                `reload` of its own finds it there.
        """
        self.go_on()
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._job = config, done
        self._wake_up()
        return done

    def leave(self) -> None:
        """Drain, clean up, and end. The gate was shut before."""
        self._leaving = True
        self._wake_up()

    def go_on(self) -> None:
        """Refuse to be relied on, once the instance is to be stopped or its task was cancelled.

        Raises:
            ProviderNotReadyError: So it is.
        """
        if self._leaving:
            raise ProviderNotReadyError(self.keeper.name, ProviderStatus.STOPPING)

    def interrupt(self, verdict: BaseException) -> None:
        """Have what is being started given up, with `verdict` as its error; what is being cleaned up goes on."""
        self._leaving = True
        if self._abortable and self._verdict is None:
            self._cancel_step(verdict)

    def hurry(self) -> None:
        """Have whatever runs given up now, as if its time were over."""
        if self._what and self._verdict is None:
            self.due()

    def due(self) -> None:
        """The running step has taken too long: cancel it, or if that was done, go on without it."""
        if self._verdict is None:
            self._cancel_step(ProviderTimeoutError(self.keeper.name, self._what, self._seconds))
        elif not self.abandoned:
            self._abandon()

    # --- the task -----------------------------------------------------------------------------------

    async def _own(self) -> None:
        self.task.remove_done_callback(self._never_began)
        own_generation.set(Generation(self.gate))  # not that of a provider which registers this one
        try:
            if not await self._start():
                return
            try:
                while not self._leaving:
                    if self._job is not None:
                        await self._do_job()
                    else:
                        self._wake = asyncio.get_running_loop().create_future()
                        await self._wake
            except asyncio.CancelledError:
                self._leaving = True
                self.keeper.owner_cancelled(self)
                raise
            finally:  # also when the event loop is shutting down and cancels every task
                if not self._disposed and not self._is_collected():
                    await self._stop()
        finally:
            if not self._is_collected():
                self._end()

    def _end(self) -> None:
        if self._job is not None and not self._job[1].done():  # cancelled as it was asked for a reload
            self._job[1].set_exception(ProviderNotReadyError(self.keeper.name, ProviderStatus.STOPPING))
        if not self.abandoned:
            self.keeper.owner_ended(self)

    async def _start(self) -> bool:
        error, self._verdict = self._verdict, None  # it may have been interrupted before its first step
        if error is None:
            try:
                if type(self.provider).validate is not _VALIDATE:
                    await self._validate_and_initialize()
                else:
                    await self._run("start", self.keeper.start_timeout, "initialize", self.provider.initialize)
            except BaseException as reason:
                if self._is_collected():
                    raise
                error = reason
        self._abortable = False
        if error is not None:
            self._disposed = True
            if self.step == "initialize":
                await self._dispose(error)
            if self.abandoned:
                return False
        started, self._started = self._started, None
        assert started is not None
        started(self, error)
        return error is None

    async def _validate_and_initialize(self) -> None:
        provider, seconds, deadlines = self.provider, self.keeper.start_timeout, self.keeper.host.deadlines
        if seconds is not None:  # one for both
            deadlines.set(self, seconds)
        try:
            await self._run("start", seconds, "validate", provider.validate, arm=False)
            await self._run("start", seconds, "initialize", provider.initialize, arm=False)
        finally:
            if seconds is not None:
                deadlines.clear(self, seconds)

    async def _do_job(self) -> None:
        assert self._job is not None
        config, done = self._job
        try:
            await self._reload(config)
        except BaseException as error:
            if self._is_collected():
                raise
            self._leaving = self._leaving or self._disposed
            if not done.done():  # else it was abandoned
                done.set_exception(error)
            if isinstance(error, asyncio.CancelledError):
                raise
        else:
            done.set_result(None)
        finally:
            self._job = None

    async def _reload(self, config: object) -> None:
        provider = self.provider
        old = provider.config if config is not KEEP else KEEP
        closed = False
        try:
            if type(provider).reload is not _RELOAD:
                if config is not KEEP:
                    provider.config = config
                await self._begin("reload", provider.reload)
                return
            await self._finish()
            if self._leaving:
                closed = True
                raise ProviderNotReadyError(self.keeper.name, ProviderStatus.STOPPING)
            if config is not KEEP:
                provider.config = config
            await self._begin("initialize", provider.initialize)
        except BaseException as error:
            if self._is_collected():
                raise
            self._disposed = True
            if not closed:  # also of what was abandoned, and has ended after all
                await self._dispose(error)
            if config is not KEEP:
                provider.config = old
                if not (self._leaving or isinstance(error, asyncio.CancelledError)):
                    await self._begin_again(error)
            raise

    async def _begin_again(self, failure: BaseException) -> None:
        """Have the provider serve with the config that it had."""
        try:
            await self._begin("initialize", self.provider.initialize)
        except BaseException as error:
            if self._is_collected():
                raise
            failure.add_note(f"with its old config it failed as well: {error!r}")
            await self._dispose(error)
        else:
            self._disposed = False

    async def _stop(self) -> None:
        if self.gate.held:
            await self._drain()
        try:
            await self._finish()
        except BaseException as error:
            self.failure = error

    async def _drain(self) -> None:
        self._what, self._seconds = "drain", self.keeper.drain_timeout
        try:
            left = await self.gate.drain(self.keeper.drain_timeout)
        except BaseException as error:  # the cleanup has its chance all the same
            if self._is_collected():
                raise
            left = self.gate.held
            if self._verdict is None:  # cancelled once more, as by an event loop that shuts down
                self.failure = error
            else:
                self._take_verdict()
        self._what = ""
        if left:
            self.keeper.overstayed(left)
            if not self.replaced:
                self.gate.close(ProviderStatus.STOPPING)  # those who are still inside go on no further

    # --- steps --------------------------------------------------------------------------------------

    async def _begin(self, step: str, call: Step) -> None:
        self._renew_generation()
        self._abortable = True
        try:
            await self._run("start", self.keeper.start_timeout, step, call)
        finally:
            self._abortable = False

    async def _finish(self) -> None:
        generation = self._renew_generation()
        try:
            await self._run("stop", self.keeper.stop_timeout, "cleanup", self.provider.cleanup)
        finally:
            generation.over = True

    async def _dispose(self, reason: BaseException) -> None:
        """Give an instance whose start or reload failed the chance to release what it holds."""
        self._reason = reason
        try:
            await self._finish()
        except BaseException as error:
            if self._is_collected():
                raise
            reason.add_note(f"cleaning up after it failed as well: {error!r}")
            host = self.keeper.host
            _logger.warning(
                "Cleanup after a failed start of provider %s failed: %s",
                self.keeper.name, host.redacted(describe_error(error)),
                exc_info=host.shown(error), extra={"provider_name": self.keeper.name},
            )  # fmt: skip
        self._reason = None

    async def _run(self, what: str, seconds: float | None, step: str, call: Step, *, arm: bool = True) -> None:
        """Run a step, measured, within its time; a cancellation that nobody asked for is an error of its own."""
        keeper = self.keeper
        self.step = step
        self._what, self._seconds = what, seconds or 0.0
        if arm and seconds is not None:
            keeper.host.deadlines.set(self, seconds)
        began = perf_counter()
        try:
            await call()
            if self._verdict is not None:  # it was cancelled, and has ended as if nothing had happened
                raise asyncio.CancelledError
        except BaseException as error:
            if self._is_collected():
                raise
            reason = error
            if self._verdict is not None:
                reason = self._take_verdict()
            elif isinstance(error, asyncio.CancelledError) and not self.task.cancelling():
                reason = StrayCancellationError(keeper.name, step)
            record_of(self.provider, step).fail(reason)
            if reason is error:
                raise
            raise reason from error
        finally:
            self._what = ""
            if arm and seconds is not None:
                keeper.host.deadlines.clear(self, seconds)
        MetricsManager.get_instance().note(step, self._type, keeper.name, perf_counter() - began)

    def _renew_generation(self) -> Generation:
        """Another one for the next incarnation: what the last has left running is a caller like any other."""
        generation = own_generation.get()
        if generation is None or generation.over:
            generation = Generation(self.gate)
            own_generation.set(generation)
        return generation

    # --- inside -------------------------------------------------------------------------------------

    def _is_collected(self) -> bool:
        """Whether it is thrown away rather than run, as after its event loop was closed under it.

        What it awaits has raised GeneratorExit then, and it cannot await anything more.
        """
        return asyncio.current_task(self.task.get_loop()) is not self.task

    def _never_began(self, _: asyncio.Task[None]) -> None:
        """The task was cancelled before its first step, as by an event loop that shuts down."""
        started, self._started = self._started, None
        assert started is not None
        started(self, self._verdict or asyncio.CancelledError())
        self.keeper.owner_ended(self)

    def _wake_up(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    def _cancel_step(self, verdict: BaseException) -> None:
        self._verdict = verdict
        if self.step:  # else the task has not had its first step, and would never have it
            self.task.cancel()
            deadlines = self.keeper.host.deadlines
            deadlines.clear(self, self._seconds)  # from now on the grace is what counts
            deadlines.set(self, GRACE)

    def _take_verdict(self) -> BaseException:
        verdict, self._verdict = self._verdict, None
        assert verdict is not None
        self.task.uncancel()
        self.keeper.host.deadlines.clear(self, GRACE)
        return verdict

    def _abandon(self) -> None:
        """Go on without a task that does not end; what it still does is of no consequence."""
        self.abandoned = self._leaving = self._disposed = True
        what, seconds = self._what, self._seconds
        error = self._reason or ProviderTimeoutError(self.keeper.name, what, seconds, abandoned=True)
        self.failure = error
        self.keeper.owner_abandoned(self, what, seconds)
        if self._started is not None:
            self._started(self, error)
        if self._job is not None:
            self._job[1].set_exception(error)
        self.keeper.owner_ended(self)
