"""`ProviderRunner`: the one task that runs a provider's lifecycle, from validate to cleanup.

What is entered in a task must be left in that task (task groups, cancel scopes, client sessions), so each
provider has an owner task. Whoever registers, reloads or unregisters it talks to that task and may be
cancelled meanwhile; the provider is not.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from time import perf_counter, time
from typing import TYPE_CHECKING, Any

from purveyor.errors import (
    ProviderNotReadyError,
    ReentrantLifecycleError,
    RegistrationAbortedError,
    StrayCancellationError,
)
from purveyor.lease import Gate, Generation, own_generation
from purveyor.lifecycle.states import TRANSITIONS
from purveyor.metadata import ProviderStatus
from purveyor.monitor.metrics import MetricsManager
from purveyor.operations import record_of
from purveyor.provider import Provider

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["KEEP", "ProviderRunner", "see_through"]

#: In the place of a config: the one it has.
KEEP = object()

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


class ProviderRunner:
    """Owns one registered provider. Its name, type and capabilities are what its metadata said at the beginning.

    Args:
        provider: The provider.
        drain_timeout: How long a reload or a stop waits for operations that run, in seconds.
        on_end: Called once, when the owner task is over, however it came to its end.
    """

    __slots__ = (
        "_abortable",
        "_new_config",
        "_on_end",
        "_reload",
        "_stopping",
        "_task",
        "_wake",
        "capabilities",
        "drain_timeout",
        "failure",
        "gate",
        "name",
        "provider",
        "reloaded",
        "status",
        "type",
    )

    def __init__(
        self, provider: Provider[Any], drain_timeout: float, on_end: Callable[[ProviderRunner], None]
    ) -> None:
        self.provider = provider
        self.name = provider.metadata.name
        self.type = provider.metadata.type
        self.capabilities = tuple(dict.fromkeys(provider.metadata.capabilities))
        self.gate = Gate(self.name)
        self.status = ProviderStatus.REGISTERED
        self.drain_timeout = drain_timeout
        self.failure: BaseException | None = None  # of the cleanup
        self.reloaded: float | None = None  # when the last reload succeeded, in seconds since the epoch
        self._on_end = on_end
        self._abortable = False  # while validate and initialize run
        self._task: asyncio.Task[None] | None = None
        self._wake: asyncio.Future[None] | None = None
        self._reload: asyncio.Future[None] | None = None
        self._new_config: object = KEEP
        self._stopping = False

    # --- what the manager calls, in any task --------------------------------------------------------

    async def start(self) -> None:
        """Validate and initialize; what they raise is raised here, after the provider was cleaned up.

        A caller that is cancelled has the start undone before the cancellation goes on.
        """
        loop = asyncio.get_running_loop()
        started: asyncio.Future[None] = loop.create_future()
        self._task = loop.create_task(self._own(started), name=f"purveyor:{self.name}")
        self._task.add_done_callback(partial(self._ended, started))
        self._abortable = True
        try:
            await asyncio.wait([started])
        except asyncio.CancelledError:
            started.cancel()
            await self._stop()
            raise
        if self._stopping:
            raise RegistrationAbortedError(self.name)
        await started

    async def reload(self, config: object = KEEP) -> None:
        """Reload; a call that comes before the owner has begun with an earlier one shares it.

        A caller that is cancelled leaves; the reload goes on.

        Args:
            config: The provider's config from now on; of several that share a reload, the last one.

        Raises:
            ProviderNotReadyError: The provider stops.
            ReentrantLifecycleError: The provider itself asked, from inside its lifecycle.
        """
        self.refuse_own_call("reload_provider")
        if self._stopping:
            raise ProviderNotReadyError(self.name, self.status)
        if config is not KEEP:
            self._new_config = config
        if self._reload is None:
            self._reload = asyncio.get_running_loop().create_future()
            self._reload.add_done_callback(_retrieve)
            self._wake_owner()
        request = self._reload
        await asyncio.wait([request])
        await request

    async def stop(self) -> None:
        """Drain, clean up, and end the owner task; what cleanup raises is raised here.

        The stop is seen through when the caller is cancelled. Several callers share one stop.
        """
        await self._stop()
        if self.failure is not None:
            raise self.failure

    def refuse_own_call(self, action: str) -> None:
        """Refuse a call from inside the provider's own lifecycle or operations: it would wait for itself.

        Raises:
            ReentrantLifecycleError: The caller runs this provider's initialize, reload or cleanup, or one of its
                operations.
        """
        at_work = self.status not in (ProviderStatus.READY, ProviderStatus.DEGRADED)
        if (at_work and self.gate.is_own()) or self.gate.is_inside():
            raise ReentrantLifecycleError(self.name, action)

    # --- the owner task -----------------------------------------------------------------------------

    async def _own(self, started: asyncio.Future[None]) -> None:
        own_generation.set(None)  # not that of a provider which registers this one
        self._generation()
        try:
            if await self._start(started):
                try:
                    while await self._next_is_reload():
                        await self._run_reload()
                finally:  # also when the event loop is shutting down and cancels every task
                    await self._run_stop()
        finally:
            self._on_end(self)

    async def _start(self, started: asyncio.Future[None]) -> bool:
        self._move(ProviderStatus.STARTING)
        opened = False
        try:
            await self._uncancelled("validate", self.provider.validate)
            opened = True
            await self._measured("initialize", self._initialize)
        except BaseException as error:
            self._abortable = False
            if opened:
                await self._dispose(error)
            self._move(ProviderStatus.STOPPED if self._stopping else ProviderStatus.FAILED)
            self.gate.end(self.status)
            if not started.done():
                started.set_exception(error)
            return False
        self._abortable = False
        if not started.done():
            started.set_result(None)
        self._move(ProviderStatus.READY)
        self.gate.open()
        return True

    async def _next_is_reload(self) -> bool:
        while not self._stopping and self._reload is None:
            self._wake = asyncio.get_running_loop().create_future()
            try:
                await self._wake
            finally:
                self._wake = None
        return not self._stopping

    async def _run_reload(self) -> None:
        request, self._reload = self._reload, None
        assert request is not None
        try:
            disposed = self.status is ProviderStatus.FAILED
            self._move(ProviderStatus.RELOADING)
            await self._drain(for_good=False)
            self.gate.close(ProviderStatus.RELOADING)
            await self._measured("reload", partial(self._reload_in_place, disposed=disposed))
        except BaseException as error:
            await self._dispose(error)
            self._move(ProviderStatus.FAILED)
            self.gate.refuse(ProviderStatus.FAILED)
            self._count_reload("failure")
            request.set_exception(error)
            if isinstance(error, asyncio.CancelledError):
                raise
        else:
            self._move(ProviderStatus.READY)
            self.gate.open()
            self.reloaded = time()
            self._count_reload("success")
            request.set_result(None)

    async def _reload_in_place(self, *, disposed: bool) -> None:
        """Reload the provider; a new config takes effect between its cleanup and its initialize."""
        config, self._new_config = self._new_config, KEEP
        if not disposed and type(self.provider).reload is not Provider.reload:
            if config is not KEEP:
                self.provider.config = config
            await self._uncancelled("reload", self.provider.reload)
            return
        if not disposed:
            await self._cleanup()
        if config is not KEEP:
            self.provider.config = config
        await self._initialize()

    async def _initialize(self) -> None:
        self._generation()
        await self._uncancelled("initialize", self.provider.initialize)

    async def _cleanup(self) -> None:
        generation = self._generation()
        try:
            await self._uncancelled("cleanup", self.provider.cleanup)
        finally:
            generation.over = True

    def _generation(self) -> Generation:
        """The owner task's own, made anew if the last one is over: also a second cleanup may use operations."""
        generation = own_generation.get()
        if generation is None or generation.over:
            generation = Generation(self.gate)
            own_generation.set(generation)
        return generation

    async def _run_stop(self) -> None:
        self._stopping = True
        clean = self.status is not ProviderStatus.FAILED  # else everything was disposed of
        self._move(ProviderStatus.STOPPING)
        if self._reload is not None:
            self._reload.set_exception(ProviderNotReadyError(self.name, self.status))
        try:
            await self._drain(for_good=True)
            self.gate.close(ProviderStatus.STOPPING)
            if clean:
                await self._measured("cleanup", self._cleanup)
        except BaseException as error:
            self.failure = error
        self._move(ProviderStatus.FAILED if self.failure else ProviderStatus.STOPPED)
        self.gate.end(self.status)

    async def _drain(self, *, for_good: bool) -> None:
        if left := await self.gate.drain(self.drain_timeout, for_good=for_good):
            _logger.warning(
                "Provider %s goes on with %d operations unfinished after %s s",
                self.name, left, self.drain_timeout, extra={"provider_name": self.name},
            )  # fmt: skip

    async def _dispose(self, reason: BaseException) -> None:
        """Give a provider whose start or reload failed the chance to release what it holds."""
        try:
            await self._measured("cleanup", self._cleanup)
        except BaseException as error:
            reason.add_note(f"cleaning up after it failed as well: {error!r}")
            _logger.warning(
                "Cleanup after a failed start of provider %s failed", self.name,
                exc_info=error, extra={"provider_name": self.name},
            )  # fmt: skip

    # --- inside -------------------------------------------------------------------------------------

    async def _stop(self) -> None:
        self._stopping = True
        assert self._task is not None
        if self._abortable:
            self._abortable = False
            self._task.cancel()
        self._wake_owner()
        await see_through(self._task)

    def _ended(self, started: asyncio.Future[None], task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            task.exception()  # whoever needs it has it already
        if not started.done():
            started.cancel()
        _retrieve(started)
        if self._reload is not None and not self._reload.done():  # the owner was cancelled as it was asked for
            self._reload.set_exception(ProviderNotReadyError(self.name, self.status))
        if self.status is ProviderStatus.REGISTERED:  # cancelled before its first step
            self._move(ProviderStatus.STOPPED)
            self.gate.end(self.status)
            self._on_end(self)

    def _wake_owner(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    def _count_reload(self, result: str) -> None:
        MetricsManager.get_instance().counter(
            "provider_reloads", type=self.type.value, name=self.name, result=result
        )

    def _move(self, status: ProviderStatus) -> None:
        assert status in TRANSITIONS[self.status], f"{self.status} -> {status}"
        self.status = status

    async def _uncancelled(self, verb: str, step: Callable[[], Awaitable[None]]) -> None:
        """Run a step; a cancellation that comes out of it though nobody cancelled this task is its error.

        Taken for a real one, it would end the owner task, and nobody would answer those who wait for it.
        """
        task = asyncio.current_task()
        assert task is not None
        cancellations = task.cancelling()
        try:
            await step()
        except asyncio.CancelledError as error:
            if task.cancelling() > cancellations:
                raise
            raise StrayCancellationError(self.name, verb) from error

    async def _measured(self, verb: str, step: Callable[[], Awaitable[None]]) -> None:
        record = record_of(self.provider, verb)
        started = perf_counter()
        try:
            await step()
        except BaseException as error:
            record.fail(error)
            raise
        record.succeed(perf_counter() - started)


def _retrieve(future: asyncio.Future[None]) -> None:
    """Have the exception count as seen, even if every caller has left."""
    if not future.cancelled():
        future.exception()
