"""`Transition`: the way from the providers that run to those that a new configuration declares."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Self

from purveyor.errors import ManagerClosingError, StartFailedError
from purveyor.errors.text import describe_error, text_of
from purveyor.events import StatusChanged
from purveyor.manager import Registration
from purveyor.metadata import ProviderStatus
from purveyor.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping

    from purveyor.config import ProviderSpec, SystemConfig
    from purveyor.config.diff import Change, ConfigDiff
    from purveyor.events import Event
    from purveyor.lifecycle.graph import Graph
    from purveyor.manager import ProviderManager

__all__ = ["ReloadSummary", "StartFailures", "Transition", "is_own_cancellation", "registration"]

_logger = logging.getLogger("purveyor.app")


@dataclass(frozen=True, slots=True)
class ReloadSummary:
    """What a reload did, by names of providers.

    Args:
        added: Started, since the configuration has them now.
        removed: Stopped, since it does not have them any more.
        changed: Running with a new configuration, or started again.
        unchanged: Left alone.
        failed: What could not be started, changed or cleanly stopped, and why. Whatever ran before runs on
            with its old configuration, if that is possible at all.
        postponed: The keys outside of providers that changed, dotted; they count from the next start on.
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    failed: Mapping[str, Exception] = field(default_factory=dict[str, Exception])
    postponed: tuple[str, ...] = ()


def registration(spec: ProviderSpec, graph: Graph, there: Callable[[str], bool]) -> Registration:
    """A new instance of a provider, and how it is to run.

    Args:
        spec: What the configuration declares.
        graph: What needs what.
        there: Whether a provider is, or is about to be.

    Raises:
        Exception: What the provider's constructor raises.
    """
    return Registration(spec.build(), wiring(spec.name, graph, there), policy_of(spec), spec.required)


def policy_of(spec: ProviderSpec) -> Policy | None:
    """A provider's policy; None for one that says nothing, which is to cost nothing."""
    return None if spec.policy == Policy() else spec.policy


def wiring(name: str, graph: Graph, there: Callable[[str], bool]) -> dict[str, str]:
    """What a provider's needs are wired to, also those that the configuration leaves to their capability."""
    return {edge.role: edge.target for edge in graph.needs(name) if not edge.optional or there(edge.target)}


class Transition:
    """Applies what changes, in the order of the graph, and as much at a time as it allows.

    What goes and is needed by nobody who stays goes first, so that what comes can have what it held. Then each
    provider is started or changed as soon as that is done for all that it needs. What was needed until then goes
    last. If one step fails, the others are taken all the same, except for those that need it to have succeeded.

    Args:
        manager: Whose providers change.
        running: The specification of each that is registered; kept up to date.
        stopping: Whether all is being stopped.
    """

    def __init__(
        self, manager: ProviderManager, running: dict[str, ProviderSpec], stopping: Callable[[], bool]
    ) -> None:
        self._manager = manager
        self._running = running
        self._stopping = stopping
        self._failed: dict[str, Exception] = {}
        self._done: set[str] = set()

    async def apply(self, plan: ConfigDiff, config: SystemConfig, graph: Graph) -> ReloadSummary:
        """Bring it about.

        Args:
            plan: What changes.
            config: The configuration to get to.
            graph: What its providers need of each other.

        Raises:
            ManagerClosingError: The system was stopped meanwhile.
        """
        changes = {change.name: change for change in plan.changes}
        going = dict.fromkeys(plan.names("removed"))
        now = self._manager.graph()
        unneeded = [name for name in going if name not in now.nodes or going.keys() >= {*now.closure(name)}]
        dependants = {name: now.dependants(name) if name in now.nodes else () for name in going}
        needs = {name: [edge.target for edge in graph.needs(name)] for name in graph.order()}

        async def remove(name: str) -> None:
            await self._attempt(name, self._remove(name))

        async def bring_about(name: str) -> None:
            await self._attempt(name, self._bring_about(changes[name], config.get(name), graph))

        await _in_order(dependants, unneeded, remove)
        await _in_order(needs, [name for name in changes if name not in going], bring_about)
        await _in_order(dependants, [name for name in going if name not in unneeded], remove)
        if self._stopping():
            raise ManagerClosingError
        done = [change for change in plan.changes if change.name in self._done]
        by_kind = {
            kind: tuple(change.name for change in done if change.kind == kind)
            for kind in ("added", "removed", "changed")
        }
        return ReloadSummary(**by_kind, unchanged=plan.unchanged, failed=self._failed, postponed=plan.postponed)

    async def _attempt(self, name: str, step: Awaitable[None]) -> None:
        try:
            await step
        except BaseException as error:  # also what leaves a program must not leave the others half-way
            if is_own_cancellation(error):
                raise
            if not self._stopping():
                failure = StartFailedError(name, describe_error(error))
                self._note_failure(name, error if isinstance(error, Exception) else failure)
        else:
            self._done.add(name)

    def _note_failure(self, name: str, error: Exception) -> None:
        self._failed[name] = error
        text = self._manager._host.redacted(text_of(error))
        _logger.error(
            "Reload of provider %s failed: %s", name, text,
            extra={"provider_name": name, "provider_error": text},
        )  # fmt: skip

    async def _remove(self, name: str) -> None:
        try:
            if name in self._manager.registered_names():
                await self._manager.unregister(name)
        finally:
            if name not in self._manager.registered_names():
                self._running.pop(name, None)

    async def _start(self, spec: ProviderSpec, registered: Registration) -> None:
        with StartFailures(self._manager) as failures:
            await self._manager.register_all([registered])
            if (failure := await failures.of(spec.name)) is not None:
                self._running[spec.name] = spec  # it is registered all the same, and tried again
                raise failure

    async def _bring_about(self, change: Change, spec: ProviderSpec, graph: Graph) -> None:
        if self._stopping():
            raise ManagerClosingError
        manager, name = self._manager, change.name

        def there(other: str) -> bool:
            return other in manager.registered_names()

        match change.action:
            case "start":
                await self._start(spec, registration(spec, graph, there))
            case "swap" | "in_place" if change.replaced:
                await manager.reload_provider(
                    name, policy=policy_of(spec), needs=wiring(name, graph, there), replacement=spec.build()
                )
            case "swap" | "in_place":
                await manager.reload_provider(
                    name, config=spec.own_config(), policy=policy_of(spec), needs=wiring(name, graph, there)
                )
            case "policy":
                await manager.reload_provider(name, policy=policy_of(spec))
            case "restart":
                await manager.reload_provider(name)
            case _:  # it is only noted
                pass
        self._running[name] = spec


class StartFailures:
    """Tells why optional providers could not be started, of which the manager itself raises nothing.

    Args:
        manager: Who starts them, inside the block that this is the context manager of.
    """

    #: How many turns of the event loop the news may take.
    _TURNS = 100

    def __init__(self, manager: ProviderManager) -> None:
        self._manager = manager
        self._texts: dict[str, str | None] = {}

    def __enter__(self) -> Self:
        self._end = self._manager.subscribe(self._note)
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    async def of(self, name: str) -> StartFailedError | None:
        """Why a provider failed; None if it did not."""
        registered = name in self._manager.registered_names()  # it may have been stopped already
        if not registered or self._manager.status(name) is not ProviderStatus.FAILED:
            return None
        for _ in range(self._TURNS):
            if name not in self._texts:
                await asyncio.sleep(0)
        return StartFailedError(name, self._texts.get(name))

    def _note(self, event: Event) -> None:
        if isinstance(event, StatusChanged) and event.new is ProviderStatus.FAILED and event.old is not None:
            self._texts[event.name] = event.error


def is_own_cancellation(error: BaseException) -> bool:
    """Whether an error is the cancellation of the task that runs, and not one that a provider has raised."""
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling() > 0


async def _in_order(
    before: Mapping[str, Iterable[str]], names: Collection[str], act: Callable[[str], Awaitable[None]]
) -> None:
    """Act for each of the names as soon as it was done for all that have to come before it, directly or not."""
    sorter = TopologicalSorter(before)
    sorter.prepare()

    async def see_to(name: str) -> None:
        await act(name)
        sorter.done(name)
        begin()

    def begin() -> None:
        while ready := sorter.get_ready():
            for name in ready:
                if name in names:
                    group.create_task(see_to(name), name=f"purveyor:{name}:change")
                else:
                    sorter.done(name)

    async with asyncio.TaskGroup() as group:
        begin()
