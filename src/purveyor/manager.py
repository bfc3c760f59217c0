"""`ProviderManager`: the registry of an application's providers, and their front desk."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import warnings
from typing import TYPE_CHECKING, Any, Self, TypeVar, overload

from purveyor.errors import (
    InvalidMetadataError,
    ManagerClosingError,
    ProviderExistsError,
    ProviderNotFoundError,
    ProviderTypeError,
    ReentrantLifecycleError,
    WrongEventLoopError,
)
from purveyor.index import ProviderIndex
from purveyor.lifecycle.report import StatusReport
from purveyor.lifecycle.runner import KEEP, ProviderRunner, see_through
from purveyor.metadata import ProviderStatus, ProviderType
from purveyor.monitor.metrics import MetricsManager
from purveyor.provider import Provider

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

__all__ = ["ProviderManager"]

P = TypeVar("P", bound=Provider[Any])


class ProviderManager:
    """Registers providers, finds them, reloads them and cleans them up.

    It belongs to the event loop of its first registration. Lookups may come from any thread; they take no
    lock and cost a dictionary access. Used as an async context manager it cleans up at the end.

    .. code-block:: python

        import asyncio
        from purveyor import MemoryProvider, ProviderManager, ProviderMetadata, ProviderType
        from purveyor.memory.inprocess import InProcessConfig, InProcessMemory

        async def main() -> None:
            metadata = ProviderMetadata("notes", ProviderType.MEMORY, "Notes", "1", ["store"])
            async with ProviderManager() as manager:
                await manager.register(InProcessMemory(metadata, InProcessConfig()))
                notes = manager.get("notes", MemoryProvider)
                await notes.put("n1", {"page": 3})
                assert manager.get_providers_by_capability("store") == [notes]

        asyncio.run(main())

    Args:
        drain_timeout: How long a reload or a stop waits for the operations that run, in seconds.
    """

    def __init__(self, *, drain_timeout: float = 30.0) -> None:
        self._live: dict[str, Provider[Any]] = {}
        self._typed: dict[Any, dict[str, Any]] = {Provider: self._live}
        self._by_type: ProviderIndex[ProviderType] = ProviderIndex()
        self._by_capability: ProviderIndex[str] = ProviderIndex()
        self._runners: dict[str, ProviderRunner] = {}  # a name is taken from the first await to the last
        self._lock = threading.Lock()  # for changes of what lookups see; lookups themselves take none
        self._drain_timeout = drain_timeout
        self._closing: asyncio.Task[list[BaseException]] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._process = os.getpid()
        self._report = StatusReport(self._runners)
        MetricsManager.get_instance().add_source(self._report)
        if type(self).get_provider is ProviderManager.get_provider:
            # The dictionary's own method, without a frame of Python around it: lookups are what there are most of.
            self.get_provider = self._live.get  # type: ignore[assignment, method-assign]
        self._logger = logging.getLogger(__name__)

    # --- finding ------------------------------------------------------------------------------------

    def get_provider(self, name: str) -> Provider[Any] | None:
        """The provider of this name, or None."""
        return self._live.get(name)

    @overload
    def get(self, name: str) -> Provider[Any]: ...
    @overload
    def get(self, name: str, cls: Callable[..., P]) -> P: ...
    def get(self, name: str, cls: Any = Provider) -> Any:
        """The provider of this name, as an instance of `cls`.

        Args:
            name: The name it was registered under.
            cls: The class that it must be an instance of; abstract ones are welcome.

        Raises:
            ProviderNotFoundError: There is none; near misses are named.
            ProviderTypeError: It is not an instance of `cls`.
        """
        try:
            return self._typed[cls][name]
        except KeyError:
            return self._get_checked(name, cls)

    def get_providers_by_type(self, type: ProviderType) -> list[Provider[Any]]:
        """The providers of this type, in registration order."""
        try:
            return self._by_type.answers[type].copy()
        except KeyError:
            return self._by_type.find(type)

    def get_providers_by_capability(self, capability: str) -> list[Provider[Any]]:
        """The providers that answer for this word, in registration order."""
        try:
            return self._by_capability.answers[capability].copy()
        except KeyError:
            return self._by_capability.find(capability)

    def names(self) -> tuple[str, ...]:
        """The names of all registered providers, in registration order."""
        return tuple(self._live)

    def status(self, name: str) -> ProviderStatus:
        """Where a provider stands, from the begin of its registration to its end.

        Raises:
            ProviderNotFoundError: There is none of this name.
        """
        return self._runner(name).status

    def __contains__(self, name: object) -> bool:
        return name in self._live

    def __len__(self) -> int:
        return len(self._live)

    # --- changing -----------------------------------------------------------------------------------

    async def register(self, provider: Provider[Any]) -> None:
        """Validate a provider, initialize it, and add it.

        If that fails it is cleaned up and not added; the failure is logged and raised as it is. A caller
        that is cancelled has the registration undone before the cancellation goes on.

        Args:
            provider: The provider; its metadata is read now, once.

        Raises:
            ProviderExistsError: The name is taken, or the provider is registered already ("already registered").
            InvalidMetadataError: Its metadata cannot be registered.
            ProviderTypeError: It is no `Provider`.
            ManagerClosingError: The manager cleans up.
            RegistrationAbortedError: The manager was cleaned up meanwhile.
            WrongEventLoopError: The manager's providers live on another event loop.
        """
        name = _name_for_log(provider)
        try:
            self._check_loop()
            runner = self._reserve(provider)
            await runner.start()
        except Exception as error:
            self._log_failure("register", name, error, type=_type_for_log(provider))
            raise
        with self._lock:
            self._live[runner.name] = provider
            self._by_type.add([runner.type], runner.name, provider)
            self._by_capability.add(runner.capabilities, runner.name, provider)

    async def unregister(self, name: str) -> None:
        """Wait for a provider's operations, clean it up, and remove it.

        It is removed even if its cleanup fails, and its name is free again once it is over. Callers that
        come meanwhile share the one cleanup. It is seen through when the caller is cancelled.

        Raises:
            ProviderNotFoundError: There is none of this name ("not found").
            Exception: What the provider's cleanup raised.
        """
        try:
            self._check_loop()
            runner = self._runner(name)
            runner.refuse_own_call("unregister")
            self._withdraw(name)
            await runner.stop()
        except Exception as error:
            self._log_failure("unregister", name, error)
            raise

    async def reload_provider(self, name: str, *, config: object = KEEP) -> None:
        """Reload a provider in place.

        Operations that come meanwhile wait until it is over; those that run are waited for. If the reload
        fails, the provider stays registered with the status `FAILED`, and its operations raise
        `ProviderNotReadyError` until another reload succeeds. Concurrent calls coalesce. A caller that is
        cancelled leaves; the reload goes on.

        Args:
            name: The provider.
            config: Its config from now on, if that is to change. It takes effect once no operation runs, between
                `cleanup` and `initialize`; a class with a `reload` of its own finds it there.

        Raises:
            ProviderNotFoundError: There is none of this name ("not found").
            Exception: What the provider's reload raised.
        """
        try:
            self._check_loop()
            if name not in self._live:
                raise ProviderNotFoundError(name, tuple(self._live))
            await self._runners[name].reload(config)
        except Exception as error:
            self._log_failure("reload", name, error)
            raise

    async def cleanup(self) -> None:
        """Clean up and remove every provider, the last registered first; the manager can then be used anew.

        Registrations that are under way are aborted. Every provider gets its chance, also if others fail
        and if the caller is cancelled: the cancellation goes on at the end.

        Raises:
            ExceptionGroup: What the providers' cleanups raised.
            ReentrantLifecycleError: It was called from inside an operation, which it would wait for.
        """
        self._check_loop()
        for runner in self._runners.values():
            if runner.gate.is_inside():
                raise ReentrantLifecycleError(runner.name, "cleanup")
        if self._closing is None:
            self._closing = asyncio.get_running_loop().create_task(self._close(), name="purveyor:cleanup")
        closing = self._closing
        await see_through(closing)
        errors = closing.result()
        for error in errors:
            if not isinstance(error, Exception):
                raise error
        if errors:
            raise ExceptionGroup("providers failed to clean up", [e for e in errors if isinstance(e, Exception)])

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            await self.cleanup()
        except ExceptionGroup as failures:
            if error is None:
                raise
            error.add_note(f"while cleaning up after it: {failures!r}")  # the first error stays the one raised

    def __del__(self) -> None:
        if getattr(self, "_live", None):
            warnings.warn(
                f"a ProviderManager was dropped while {', '.join(self._live)} ran; await its cleanup()",
                ResourceWarning,
                source=self,
                stacklevel=1,
            )

    # --- inside -------------------------------------------------------------------------------------

    def _reserve(self, provider: Provider[Any]) -> ProviderRunner:
        """Take the name, before the first await, so that of two registrations one finds it taken."""
        if not isinstance(provider, Provider):
            raise ProviderTypeError(_name_for_log(provider), type(provider), Provider)
        _check_metadata(provider)
        if self._closing is not None:
            raise ManagerClosingError
        name = provider.metadata.name
        if name in self._runners or provider._gate.in_use:
            raise ProviderExistsError(name)
        runner = self._runners[name] = ProviderRunner(provider, self._drain_timeout, self._ended)
        provider._gate = runner.gate
        provider._bindings = {}
        return runner

    def _runner(self, name: str) -> ProviderRunner:
        try:
            return self._runners[name]
        except KeyError:
            raise ProviderNotFoundError(name, tuple(self._live)) from None

    def _get_checked(self, name: str, cls: Any) -> Any:
        provider = self._live.get(name)
        if provider is None:
            raise ProviderNotFoundError(name, tuple(self._live))
        if not isinstance(provider, cls):
            raise ProviderTypeError(name, type(provider), cls)
        with self._lock:  # a thread that comes late must not put back what has been withdrawn
            if self._live.get(name) is provider:
                self._typed.setdefault(cls, {})[name] = provider
        return provider

    def _withdraw(self, name: str) -> None:
        """Have lookups find it no more; the name stays taken."""
        with self._lock:
            if name in self._live:
                for providers in self._typed.values():
                    providers.pop(name, None)
                self._by_type.remove(name)
                self._by_capability.remove(name)

    def _ended(self, runner: ProviderRunner) -> None:
        """The owner task is over: after a failed start, a stop, or with its event loop."""
        if self._runners.get(runner.name) is runner:  # else it was given up with its event loop
            self._withdraw(runner.name)
            del self._runners[runner.name]

    async def _close(self) -> list[BaseException]:
        errors: list[BaseException] = []
        try:
            for name, runner in reversed(self._runners.copy().items()):
                try:
                    runner.refuse_own_call("cleanup")
                    self._withdraw(name)
                    await runner.stop()
                except BaseException as error:
                    self._log_failure("unregister", name, error)
                    errors.append(error)
        finally:
            self._closing = None
        return errors

    def _check_loop(self) -> None:
        loop = asyncio.get_running_loop()
        process = os.getpid()
        if self._loop is loop and self._process == process:
            return
        if self._runners:
            if self._process != process or self._loop is None or not self._loop.is_closed():
                raise WrongEventLoopError
            self._abandon()
        self._loop = loop
        self._process = process

    def _abandon(self) -> None:
        """Give up providers whose event loop was closed under them: nothing can run their cleanup any more."""
        names = ", ".join(self._runners)
        for runner in list(self._runners.values()):
            runner.gate.end(ProviderStatus.FAILED)
            self._ended(runner)
        self._closing = None
        warnings.warn(
            f"the event loop of {names} was closed before their cleanup",
            ResourceWarning,
            source=self,
            stacklevel=4,
        )

    def _log_failure(self, action: str, name: str, error: BaseException, **extra: str) -> None:
        self._logger.error(
            "Failed to %s provider %s: %s", action, name, error,
            extra={"provider_name": name, "provider_error": str(error)}
            | {f"provider_{key}": value for key, value in extra.items()},
        )  # fmt: skip


def _check_metadata(provider: Provider[Any]) -> None:
    metadata = provider.metadata
    if not isinstance(metadata.name, str) or not metadata.name:
        raise InvalidMetadataError("name", f"it must be a string that is not empty, not {metadata.name!r}")
    if not isinstance(metadata.type, ProviderType):
        raise InvalidMetadataError("type", f"it must be a ProviderType, not {metadata.type!r}")
    words = metadata.capabilities
    if not isinstance(words, (list, tuple, set, frozenset)) or not all(isinstance(word, str) for word in words):
        raise InvalidMetadataError("capabilities", f"it must be a list of strings, not {words!r}")


def _name_for_log(provider: object) -> str:
    return str(getattr(getattr(provider, "metadata", None), "name", type(provider).__name__))


def _type_for_log(provider: object) -> str:
    kind = getattr(getattr(provider, "metadata", None), "type", None)
    return str(getattr(kind, "value", kind))
