"""A running system: a configuration, the drivers it names, and a manager that runs them."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal, Self

from purveyor import config as configuration
from purveyor.errors import (
    ManagerClosingError,
    NotStartedError,
    ProviderExistsError,
    RegistrationAbortedError,
)
from purveyor.lifecycle.runner import see_through
from purveyor.manager import ProviderManager
from purveyor.metadata import ProviderStatus
from purveyor.monitor.metrics import Family, MetricsManager

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
    from types import TracebackType

    from purveyor.catalog import Catalog
    from purveyor.config import ProviderSpec, SystemConfig
    from purveyor.provider import Provider

    Source = str | os.PathLike[str] | Mapping[str, Any] | None

__all__ = ["Progress", "ReloadSummary", "System", "open"]

_logger = logging.getLogger(__name__)

# Not failures of one provider: the whole system is being stopped.
_STOPPED = (ManagerClosingError, RegistrationAbortedError)


@asynccontextmanager
async def open(source: Source = None, *, profile: str | None = None) -> AsyncGenerator[ProviderManager]:  # noqa: A001
    """Start what a configuration declares, and clean it up at the end of the block.

    ::

        async with purveyor.open("purveyor.toml") as providers:
            notes = providers.get("notes", MemoryProvider)

    Args:
        source: The path of a TOML file, a mapping of the same shape, or None for the embedded defaults: `notes`,
            a durable memory, and `files`, a storage, both under ``.purveyor/``.
        profile: The profile to lay over it; the environment variable ``PURVEYOR_PROFILE`` names it if None.

    Yields:
        The manager with every provider started, in the order of the configuration. Optional ones
        (``required = false``) that failed are missing from it; their failure is logged.

    Raises:
        ConfigError: The configuration is not valid; nothing was started.
        MissingExtraError: The extra ``config`` is not installed.
        Exception: What a required provider raised; those that had started were cleaned up again.
        ExceptionGroup: At the end, what cleanups raised.
    """
    async with System(source, profile=profile) as system:
        yield system.manager


@dataclass(frozen=True, slots=True)
class Progress:
    """One step of a start.

    Args:
        name: The provider.
        stage: What happened to it.
        seconds: How long its start took; 0 while it is starting.
        error: Why it failed.
    """

    name: str
    stage: Literal["starting", "ready", "failed"]
    seconds: float = 0.0
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class ReloadSummary:
    """What a reload did, by names of providers.

    Args:
        added: Started, since the configuration has them now.
        removed: Stopped, since it does not have them any more.
        changed: Running with a new configuration.
        unchanged: Left alone.
        failed: What could not be started, changed or cleanly stopped, and why. Whatever ran before runs on
            with its old configuration, if that is possible at all.
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    failed: Mapping[str, Exception] = field(default_factory=dict[str, Exception])


class System:
    """A configuration that can be started, reloaded and stopped; `open` is the short way.

    As an async context manager it starts everything, and stops it at the end.

    Args:
        source: The path of a TOML file, a mapping of the same shape, or None for the embedded defaults.
        profile: The profile to lay over it; the environment variable ``PURVEYOR_PROFILE`` names it if None.
        catalog: Where drivers are looked up; the installed ones if None.

    Raises:
        ConfigError: The configuration is not valid.
        MissingExtraError: The extra ``config`` is not installed.
    """

    def __init__(
        self, source: Source = None, *, profile: str | None = None, catalog: Catalog | None = None
    ) -> None:
        self._source = source
        self._profile = profile
        self._catalog = catalog
        #: The values of all secrets that it has loaded: also an old one may still be in some error's text.
        self.secrets: set[str] = set()
        #: What runs, or is to run: after a reload, the new configuration, with the old specification of each
        #: provider whose new one failed.
        self.config: SystemConfig = self._load()
        if self.config.file is not None:  # a reload reads the same file, wherever the process has moved
            self._source = self.config.file
        self.manager = ProviderManager()
        #: How many configurations have come into force: one at the start, one more with each reload.
        self.revision = 0
        #: The providers that are declared but could not be started or changed, and why.
        self.failed: dict[str, Exception] = {}
        self._running: dict[str, ProviderSpec] = {}
        self._started = False
        self._stopping = False
        self._lock = asyncio.Lock()  # one start or reload at a time
        self._reloads: set[asyncio.Task[ReloadSummary]] = set()
        MetricsManager.get_instance().add_source(self)

    async def start(self, on_progress: Callable[[Progress], None] | None = None) -> None:
        """Start every provider, one after the other, in the order of the configuration.

        Args:
            on_progress: Called before and after each provider's start.

        Raises:
            ProviderExistsError: It was started already.
            Exception: What a required provider raised; those that had started were cleaned up again.
        """
        async with self._lock:
            for name in self.config.names:
                if name in self.manager:
                    raise ProviderExistsError(name)
            self._stopping = False
            self.failed = {}
            for name, error in self.config.unavailable.items():
                self._go_on_without(name, error)
            try:
                for spec in self.config.providers:
                    await self._start(spec, on_progress or _ignore)
            except BaseException as error:
                # Not stop(): it waits for reloads, and they wait for the lock that is held here.
                await _stop_after(error, self._clean_up)
                self._running.clear()
                raise
            self._started = True
            self.revision += 1

    async def start_only(self, name: str) -> Provider[Any]:
        """Start one provider and nothing else.

        Args:
            name: The provider, whether it is required or not.

        Returns:
            The provider, started.

        Raises:
            ProviderNotFoundError: The configuration declares no such provider.
            Exception: What the provider, or the import of its driver, raised.
        """
        if name in self.config.unavailable:
            raise self.config.unavailable[name]
        provider = self.config.get(name).build()
        self._stopping = False
        await self._register(provider)
        return provider

    async def reload(self) -> ReloadSummary:
        """Read the source again, and change what runs to what it declares now.

        If it is not valid, nothing changes. Otherwise providers that are gone are stopped, new ones are
        started, and changed ones get their new config and are reloaded; one whose driver or metadata changed is
        stopped and started anew. If a change fails, the provider's old config is put back. What did not
        change is left alone, unless it has failed: then it is tried again. A caller that is cancelled waits
        until the reload is over; it is not left half-way. Code that was imported is not imported again.

        Returns:
            What was done, and what failed.

        Raises:
            ConfigError: The configuration is not valid.
            NotStartedError: The system is not running.
            ManagerClosingError: The system was stopped meanwhile.
        """
        task = asyncio.get_running_loop().create_task(self._reload(), name="purveyor:reload")
        self._reloads.add(task)
        task.add_done_callback(self._reload_ended)
        await see_through(task)
        return task.result()

    async def stop(self) -> None:
        """Clean up everything, the last started first. A start or reload that is under way gives up.

        Raises:
            ExceptionGroup: What the providers' cleanups raised.
        """
        try:
            await self._clean_up()
        finally:
            if self._reloads:
                await asyncio.wait(self._reloads)
            self._running.clear()

    def families(self) -> tuple[Family]:
        """The gauge of the configuration's revision, for a scrape."""
        revision = Family("provider_config_revision", "gauge", "How many configurations have come into force.")
        revision.add(self.revision)
        return (revision,)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            await self.stop()
        else:
            await _stop_after(error, self.stop)

    # --- starting -----------------------------------------------------------------------------------

    def _load(self) -> SystemConfig:
        config = configuration.load_config(self._source, profile=self._profile, catalog=self._catalog)
        self.secrets |= config.secrets
        return config

    async def _start(self, spec: ProviderSpec, on_progress: Callable[[Progress], None]) -> None:
        on_progress(Progress(spec.name, "starting"))
        begun = perf_counter()
        try:
            await self._register(spec.build())
        except Exception as error:
            on_progress(Progress(spec.name, "failed", perf_counter() - begun, error))
            if spec.required or isinstance(error, _STOPPED):
                raise
            self._go_on_without(spec.name, error)
        else:
            self._running[spec.name] = spec
            on_progress(Progress(spec.name, "ready", perf_counter() - begun))

    async def _register(self, provider: Provider[Any]) -> None:
        if not self._stopping:
            await self.manager.register(provider)
        if self._stopping:  # before it, or meanwhile
            raise ManagerClosingError

    def _go_on_without(self, name: str, error: Exception) -> None:
        self.failed[name] = error
        _logger.warning(
            "Optional provider %s failed to start, going on without it: %s", name, error,
            extra={"provider_name": name, "provider_error": str(error)},
        )  # fmt: skip

    async def _clean_up(self) -> None:
        self._stopping = True
        self._started = False
        await self.manager.cleanup()

    # --- reloading ----------------------------------------------------------------------------------

    async def _reload(self) -> ReloadSummary:
        async with self._lock:
            if not self._started:
                raise NotStartedError
            # In a thread: files are read and drivers imported, while the providers go on serving.
            config = await asyncio.to_thread(self._load)
            change = _Change(self.manager, self._running, self._register)
            await change.apply(config)
            specs = {spec.name: spec for spec in config.providers} | self._running
            self.config = replace(config, providers=tuple(specs.values()))
            self.failed = {**config.unavailable, **change.failed}
            self.revision += 1
            return change.summary()

    def _reload_ended(self, task: asyncio.Task[ReloadSummary]) -> None:
        self._reloads.discard(task)
        if not task.cancelled():
            task.exception()  # seen, even if the caller has left


class _Change:
    """The way from the providers that run to those that a new configuration declares."""

    def __init__(
        self,
        manager: ProviderManager,
        running: dict[str, ProviderSpec],
        register: Callable[[Provider[Any]], Awaitable[None]],
    ) -> None:
        self.failed: dict[str, Exception] = {}
        self._manager = manager
        self._running = running
        self._register = register
        self._done: dict[str, list[str]] = {"added": [], "removed": [], "changed": [], "unchanged": []}

    async def apply(self, config: SystemConfig) -> None:
        declared = {*config.names, *config.unavailable}  # what cannot be imported now keeps running as it is
        for name in [name for name in reversed(self._running) if name not in declared]:
            await self._attempt(name, self._remove(name))
        for spec in config.providers:
            await self._attempt(spec.name, self._bring_about(spec))

    def summary(self) -> ReloadSummary:
        done = {what: tuple(names) for what, names in self._done.items()}
        return ReloadSummary(**done, failed=dict(self.failed))

    async def _attempt(self, name: str, step: Awaitable[str]) -> None:
        try:
            what = await step
        except _STOPPED:
            raise
        except Exception as error:
            self.failed[name] = error
            _logger.error(  # noqa: TRY400 - the caller has the exception in the summary

                "Reload of provider %s failed: %s", name, error,
                extra={"provider_name": name, "provider_error": str(error)},
            )  # fmt: skip
        else:
            self._done[what].append(name)

    async def _remove(self, name: str) -> str:
        del self._running[name]
        if name in self._manager:
            await self._manager.unregister(name)
        return "removed"

    async def _bring_about(self, spec: ProviderSpec) -> str:
        old = self._running.get(spec.name)
        provider = self._manager.get_provider(spec.name)
        if old is None or provider is None:
            await self._register(spec.build())
            self._running[spec.name] = spec
            return "added"
        if old.provider_class is not spec.provider_class or old.metadata != spec.metadata:
            await self._replace(old, spec)
        elif old.config != spec.config:
            await self._reconfigure(old, spec)
        elif self._manager.status(spec.name) is ProviderStatus.FAILED:
            await self._manager.reload_provider(spec.name)
        else:
            self._running[spec.name] = spec
            return "unchanged"
        return "changed"

    async def _reconfigure(self, old: ProviderSpec, new: ProviderSpec) -> None:
        try:
            await self._manager.reload_provider(new.name, config=new.config)
        except Exception as error:
            try:
                await self._manager.reload_provider(new.name, config=old.config)
            except Exception as again:
                error.add_note(f"with its old config it failed as well: {again!r}")
            raise
        self._running[new.name] = new

    async def _replace(self, old: ProviderSpec, new: ProviderSpec) -> None:
        provider = new.build()  # before anything is stopped, since it may fail
        try:
            await self._manager.unregister(old.name)
        except Exception as error:  # the manager has logged it, and the name is free
            self.failed[old.name] = error
        del self._running[old.name]
        try:
            await self._register(provider)
        except Exception as error:
            try:
                await self._register(old.build())
            except Exception as again:
                error.add_note(f"what ran before could not be started again: {again!r}")
            else:
                self._running[old.name] = old
            raise
        self._running[new.name] = new


async def _stop_after(error: BaseException, stop: Callable[[], Awaitable[None]]) -> None:
    """Stop while an error is on its way; it stays the one that is raised."""
    try:
        await stop()
    except Exception as failures:
        error.add_note(f"while cleaning up after it: {failures!r}")


def _ignore(_: Progress) -> None:
    pass
