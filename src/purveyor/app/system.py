"""`System`: a configuration that runs."""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from dataclasses import replace
from time import time
from typing import TYPE_CHECKING, Any, Self

from purveyor import config as configuration
from purveyor.app.transition import ReloadSummary, StartFailures, Transition, is_own_cancellation, registration
from purveyor.config.diff import diff
from purveyor.config.secrets import SHORTEST, redact
from purveyor.errors import (
    ConfigError,
    ConfigProblem,
    InvalidInputError,
    ManagerClosingError,
    NeedFailedError,
    NotStartedError,
    ProviderExistsError,
    ProviderNotFoundError,
)
from purveyor.errors.text import describe_error, text_of
from purveyor.events import ConfigRefused, ConfigReloaded
from purveyor.lifecycle.waiting import see_through
from purveyor.manager import ProviderManager
from purveyor.metadata import ProviderStatus
from purveyor.monitor.metrics import Family, MetricsManager

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Coroutine, Iterable, Mapping
    from types import TracebackType

    from purveyor.catalog import Catalog
    from purveyor.config import ProviderSpec, SystemConfig
    from purveyor.config.diff import ConfigDiff
    from purveyor.lifecycle.graph import Graph
    from purveyor.manager import Registration
    from purveyor.provider import Provider

    Source = str | os.PathLike[str] | Mapping[str, Any] | None

__all__ = ["System"]

_logger = logging.getLogger("purveyor.app")


class System:
    """A configuration that can be started, reloaded and stopped; `purveyor.open` is the short way.

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
        #: provider whose new one failed. What it says of other things than providers is as it was at the start.
        self.config: SystemConfig = self._load()
        if self.config.file is not None:  # a reload reads the same file, wherever the process has moved
            self._source = self.config.file
        self.manager = ProviderManager(supervision=self.config.supervision)
        self.manager._host.redacted = self._redacted
        #: How many configurations have come into force: one at the start, one more with each reload.
        self.revision = 0
        #: The providers that are declared but could not be started or changed, and why.
        self.failed: dict[str, Exception] = {}
        self._running: dict[str, ProviderSpec] = {}
        self._started = False
        self._stopping = False
        self._lock = asyncio.Lock()  # one start or reload at a time
        self._next: _Request | None = None
        self._reloads: set[asyncio.Task[ReloadSummary]] = set()
        MetricsManager.get_instance().add_source(self)

    async def start(self) -> None:
        """Start every provider, each as soon as what it needs is ready.

        Raises:
            ProviderExistsError: It was started already.
            Exception: What a required provider raised; those that had started were cleaned up again.
        """
        async with self._lock:
            for name in self.config.names:
                if name in self.manager.registered_names():
                    raise ProviderExistsError(name)
            self._stopping = False
            self.failed = {}
            try:
                for name, error in self.config.unavailable.items():
                    self._go_on_without(name, error)
                await self._start(self.config.names)
            except BaseException as error:
                # Not stop(): it waits for reloads, and they wait for the lock that is held here.
                await _stop_after(error, self._clean_up)
                self._running.clear()
                raise
            self._started = True
            self.revision += 1

    async def start_only(self, name: str) -> Provider[Any]:
        """Start one provider and what it needs, and nothing else.

        Args:
            name: The provider, whether it is required or not.

        Returns:
            The provider, started.

        Raises:
            ProviderNotFoundError: The configuration declares no such provider.
            Exception: What the provider, one that it needs, or the import of its driver, raised.
        """
        if name in self.config.unavailable:
            raise self.config.unavailable[name]
        self.config.get(name)
        graph = self.config.graph()
        wanted = [name]
        for each in wanted:  # which grows
            wanted += [edge.target for edge in graph.needs(each) if edge.target not in wanted]
        self._stopping = False
        await self._start(wanted, all_required=True)
        return self.manager.get(name)

    async def plan(self) -> ConfigDiff:
        """What a reload would change: the difference between what runs and what the source declares now.

        Raises:
            ConfigError: The configuration is not valid.
            NotStartedError: The system is not running.
        """
        if not self._started:
            raise NotStartedError
        return self._compare(await asyncio.to_thread(self._load_again))

    async def reload(self, name: str | None = None) -> ReloadSummary:
        """Read the source again, and change what runs to what it declares now.

        If it is not valid, nothing changes. Otherwise only what has changed is touched, in the order of the graph:
        providers that are gone are stopped, new ones are started, changed ones are reloaded. If one change
        fails, that provider runs on as before. One that has failed is tried again. A caller that is cancelled
        waits until the reload is over; it is not left half-way. Reloads that are asked for before one begins to
        read are one. Code that was imported is not imported again.

        Args:
            name: Change this provider alone; if it did not change, it is reloaded as it is.

        Returns:
            What was done, and what failed.

        Raises:
            ConfigError: The configuration is not valid.
            NeedsError: With this provider changed and the others not, needs could not be satisfied.
            ProviderNotFoundError: A provider of this name neither runs nor is declared.
            NotStartedError: The system is not running.
            ManagerClosingError: The system was stopped meanwhile.
        """
        request = self._next
        if request is None:
            request = self._next = _Request(self._reload)
            self._reloads.add(request.task)
            request.task.add_done_callback(self._reload_ended)
        request.add(name)
        await see_through(request.task)
        summary = request.task.result()
        if name in request.unknown:
            raise ProviderNotFoundError(str(name), {*self.config.names, *self._running})
        return summary

    def changes(self) -> AsyncGenerator[None]:
        """Tell when a reload would change something, since the source's files have changed.

        To be iterated once the system was started.

        Yields:
            Nothing, each time; also when the configuration is not valid, when it is again, and when there is
            something else that counts only after a restart.

        Raises:
            InvalidInputError: The source is no file.
            MissingExtraError: The extra ``watch`` is not installed.
        """
        file = self.config.file
        if file is None:
            raise InvalidInputError("watch", "there is no file to watch", "`purveyor init` writes one")
        from purveyor.config.watch import watch, watched_files  # noqa: PLC0415 - only who watches needs it

        return self._changes(watch(lambda: watched_files(file)))

    async def stop(self) -> None:
        """Clean up everything, each before what it needs. A start or reload that is under way gives up.

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

    def _load_again(self) -> SystemConfig:
        config = self._load()
        if self._running and config.file is not None and not config.source.tree:
            # Whoever writes a file anew empties it first, and to stop everything there are better ways.
            raise ConfigError([config.source.problem((), "the file is empty", "stop the system if that is meant")])
        return config

    async def _start(self, names: Iterable[str], *, all_required: bool = False) -> None:
        graph = self.config.graph()
        wanted = {*names}
        specs = (self.config.get(name) for name in graph.order() if name in wanted)
        built = [self._build(replace(spec, required=spec.required or all_required), graph) for spec in specs]
        registrations = [each for each in built if each is not None]
        with StartFailures(self.manager) as failures:
            if registrations and not self._stopping:
                await self.manager.register_all(registrations)
            for each in registrations:
                name = each.provider.metadata.name
                self._running[name] = self.config.get(name)
                if (failure := await failures.of(name)) is not None:
                    self.failed[name] = failure
        if self._stopping:  # before it, or meanwhile
            raise ManagerClosingError

    def _build(self, spec: ProviderSpec, graph: Graph) -> Registration | None:
        """Build a provider; None for an optional one that cannot be, or whose needs cannot."""
        name = spec.name
        try:
            for edge in graph.needs(name):
                if edge.target in self.failed and not edge.optional:
                    raise NeedFailedError(name, edge.target, _root(self.failed, edge.target))
            return registration(spec, graph, lambda other: other not in self.failed)
        except Exception as error:
            if spec.required:
                raise
            self._go_on_without(name, error)
            return None

    def _go_on_without(self, name: str, error: Exception) -> None:
        self.failed[name] = error
        text = self._redacted(text_of(error))
        _logger.warning(
            "Optional provider %s failed to start, going on without it: %s", name, text,
            extra={"provider_name": name, "provider_error": text},
        )  # fmt: skip

    def _redacted(self, text: str) -> str:
        return redact(text, [secret for secret in self.secrets if len(secret) >= SHORTEST])

    async def _clean_up(self) -> None:
        self._stopping = True
        self._started = False
        await self.manager.cleanup()

    # --- reloading ----------------------------------------------------------------------------------

    async def _reload(self, request: _Request) -> ReloadSummary:
        async with self._lock:
            self._next = None  # who comes from here on may have written the file after it was read
            if not self._started:
                raise NotStartedError
            try:
                # In a thread: files are read and drivers imported, while the providers go on serving.
                config = await asyncio.to_thread(self._load_again)
                request.unknown = request.wanted - {*config.names, *self._running}
                if not request.everything:
                    config = self._restrict(config, request.wanted)
                plan = self._compare(config, request.wanted)
                graph = config.graph()
            except BaseException as error:
                if is_own_cancellation(error):
                    raise
                refusal = error if isinstance(error, Exception) else _unreadable(error)
                self.manager._publish(ConfigRefused("", time(), text_of(refusal)))
                if refusal is error:
                    raise
                raise refusal from error
            if self._stopping:
                raise ManagerClosingError
            transition = Transition(self.manager, self._running, lambda: self._stopping)
            summary = await transition.apply(plan, config, graph)
            touched = {change.name for change in plan.changes}
            self.failed = {
                **{name: error for name, error in self.failed.items() if name not in touched},
                **config.unavailable,
                **summary.failed,
            }
            declared = {spec.name: spec for spec in config.providers} | self._running
            self.config = self._with_providers(config, declared.values())
            self.revision += 1
            done = (summary.added, summary.changed, summary.removed, summary.unchanged)
            failed = {name: describe_error(error) for name, error in summary.failed.items()}
            self.manager._publish(ConfigReloaded("", time(), *done, failed))
            return summary

    def _compare(self, config: SystemConfig, again: Collection[str] = ()) -> ConfigDiff:
        """What is between what runs and a configuration, with what has failed and what is to be reloaded again."""
        registered = self.manager.registered_names()
        # One that was unregistered by hand is new if it is declared, and gone if it is not.
        runs = [spec for name, spec in self._running.items() if name in registered or name not in config.names]
        plan = diff(self._with_providers(self.config, runs), config)
        failed = (name for name in plan.unchanged if self.manager.status(name) is ProviderStatus.FAILED)
        return plan.restarting({*failed, *again})

    def _restrict(self, config: SystemConfig, names: Collection[str]) -> SystemConfig:
        """What runs, with only some of its providers as another configuration has them."""
        declared = {spec.name: spec for spec in config.providers}
        kept = {name: spec for name, spec in self._running.items() if name not in names}
        order = (name for name in (*declared, *kept) if name in names or name in kept)
        specs = (kept[name] if name in kept else declared[name] for name in dict.fromkeys(order))
        unavailable = {name: error for name, error in config.unavailable.items() if name not in kept}
        return replace(self._with_providers(config, specs), unavailable=unavailable)

    def _with_providers(self, config: SystemConfig, specs: Iterable[ProviderSpec]) -> SystemConfig:
        """A configuration with other providers, which says of all else what it said at the start."""
        return replace(
            self.config,
            source=config.source,
            profile=config.profile,
            providers=tuple(specs),
            unavailable=config.unavailable,
            warnings=config.warnings,
            secrets=config.secrets,
        )

    async def _changes(self, looks: AsyncGenerator[None]) -> AsyncGenerator[None]:
        refused = False
        postponed: tuple[str, ...] = ()
        async with aclosing(looks):
            async for _ in looks:
                try:
                    plan = await self.plan()
                except NotStartedError:
                    return
                except Exception:  # the reload will say so
                    refused = True
                    yield
                else:
                    differs = any(change.action != "restart" for change in plan.changes)
                    if differs or refused or plan.postponed != postponed:
                        refused, postponed = False, plan.postponed
                        yield

    def _reload_ended(self, task: asyncio.Task[ReloadSummary]) -> None:
        self._reloads.discard(task)
        if not task.cancelled():
            task.exception()  # seen, even if the caller has left


class _Request:
    """What is asked of one reload, until it begins to read."""

    def __init__(self, reload: Callable[[_Request], Coroutine[Any, Any, ReloadSummary]]) -> None:
        #: Whether all is to be reloaded, or only those that are wanted by name.
        self.everything = False
        self.wanted: set[str] = set()
        self.unknown: set[str] = set()
        # Not create_task(): an eager one would run before whoever asks has noted that it is under way.
        self.task: asyncio.Task[ReloadSummary] = asyncio.Task(reload(self), name="purveyor:reload")

    def add(self, name: str | None) -> None:
        if name is None:
            self.everything = True
        else:
            self.wanted.add(name)


async def _stop_after(error: BaseException, stop: Callable[[], Awaitable[None]]) -> None:
    """Stop while an error is on its way; it stays the one that is raised."""
    try:
        await stop()
    except Exception as failures:
        error.add_note(f"while cleaning up after it: {failures!r}")


def _unreadable(error: BaseException) -> ConfigError:
    """What a driver has raised that is imported, if that would end the program."""
    return ConfigError([ConfigProblem("", f"cannot be loaded: {describe_error(error)}")])


def _root(failed: Mapping[str, Exception], name: str) -> str:
    error = failed[name]
    return error.root if isinstance(error, NeedFailedError) else name
