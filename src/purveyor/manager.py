"""`ProviderManager`: the registry of an application's providers, and their front desk."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import warnings
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import time
from typing import TYPE_CHECKING, Any, Self, TypeVar, overload

from purveyor.errors import (
    InvalidInputError,
    ManagerClosingError,
    ProviderExistsError,
    ProviderInUseError,
    ProviderNotFoundError,
    ProviderTypeError,
    ReentrantLifecycleError,
    WrongEventLoopError,
)
from purveyor.errors.text import text_of
from purveyor.events import HealthChanged, PolicyChanged, StatusChanged
from purveyor.index import ProviderIndex
from purveyor.lease import gates_on_stack, own_generation
from purveyor.lifecycle import narration
from purveyor.lifecycle.admission import check_metadata, check_policy, refuse_abandoned
from purveyor.lifecycle.deadlines import Deadlines
from purveyor.lifecycle.graph import Graph, Node
from purveyor.lifecycle.host import Host
from purveyor.lifecycle.launch import Launch, Shutdown
from purveyor.lifecycle.override import overridden
from purveyor.lifecycle.owner import KEEP
from purveyor.lifecycle.reload import Change
from purveyor.lifecycle.report import StatusReport
from purveyor.lifecycle.runner import ProviderRunner
from purveyor.lifecycle.stream import EventStream
from purveyor.lifecycle.supervision import Supervision, Supervisor
from purveyor.lifecycle.waiting import see_through
from purveyor.lifecycle.watchdog import WATCHDOG
from purveyor.metadata import Health, HealthState, ProviderStatus, ProviderType
from purveyor.monitor.metrics import MetricsManager
from purveyor.provider import Provider

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping
    from types import TracebackType

    from purveyor.events import Event
    from purveyor.lifecycle.graph import Edge
    from purveyor.lifecycle.owner import Keep
    from purveyor.lifecycle.stream import EventIterator, Handler
    from purveyor.policy import Policy

__all__ = ["ProviderManager", "Registration"]

P = TypeVar("P", bound=Provider[Any])

#: How many providers the text of a manager names.
_SHOWN = 20


@dataclass(slots=True)  # not frozen: that would make each of ten thousand dearer
class Registration:
    """A provider to be registered, and what the manager is to know of it.

    Args:
        provider: The provider.
        needs: What serves in the roles that its class declares with `Needs`: names of providers by role.
        policy: How it is started, stopped and called.
        required: Whether its failure at the start is that of all. If not, it is tried again in the background.
    """

    provider: Provider[Any]
    needs: Mapping[str, str] = field(default_factory=dict[str, str])
    policy: Policy | None = None
    required: bool = True


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

    The three timeouts are what holds where a provider's policy says nothing else.

    Args:
        start_timeout: How long validate and initialize may take together, in seconds; None for no deadline.
        stop_timeout: How long cleanup may take, in seconds; None for no deadline.
        drain_timeout: How long a reload or a stop waits for the operations that run, in seconds.
        supervision: How health is watched, and what has failed is restarted; None to do neither.
    """

    def __init__(
        self,
        *,
        start_timeout: float | None = 60.0,
        stop_timeout: float | None = 30.0,
        drain_timeout: float = 30.0,
        supervision: Supervision | None = Supervision(),  # noqa: B008 - frozen
    ) -> None:
        self._live: dict[str, Provider[Any]] = {}
        self._typed: dict[Any, dict[str, Any]] = {Provider: self._live}
        self._by_type: ProviderIndex[ProviderType] = ProviderIndex()
        self._by_capability: ProviderIndex[str] = ProviderIndex()
        self._runners: dict[str, ProviderRunner] = {}  # a name is taken from the first await to the last
        self._lock = threading.Lock()  # for changes of what lookups see; lookups themselves take none
        self._graph = Graph()
        self._supervision = supervision
        self._stream = EventStream(self._present)
        self._host = Host(
            start_timeout=start_timeout,
            stop_timeout=stop_timeout,
            drain_timeout=drain_timeout,
            check_timeout=(supervision or Supervision()).check_timeout,
            stream=self._stream,
            supervisor=Supervisor(supervision),
            publish=self._publish,
            live=self._add,
            replaced=self._replace,
            rewired=self._graph.release,
            withdrawn=self._withdraw,
            ended=self._ended,
            rewire=self._rewire,
            needs_of=self._needs_of,
            dependants_of=self._dependants_of,
        )
        self._registered = 0  # how many there ever were
        self._closing: Shutdown | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._process = os.getpid()
        self._report = StatusReport(self._runners)
        MetricsManager.get_instance().add_source(self._report)
        if type(self).get_provider is ProviderManager.get_provider:
            # The dictionary's own method, without a frame of Python around it: lookups are what there are most of.
            self.get_provider = self._live.get  # type: ignore[method-assign]
        self._logger = logging.getLogger(__name__)

    # --- finding ------------------------------------------------------------------------------------

    def get_provider(self, name: str, /) -> Provider[Any] | None:
        """The provider of this name, or None; the fastest lookup there is.

        Args:
            name: The name it was registered under; it has no keyword.
        """
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
        """The names of all providers that can be looked up, in registration order."""
        return tuple(name for name in list(self._runners) if name in self._live)

    def registered_names(self) -> tuple[str, ...]:
        """The names of all providers there are: also of those that start, or could not be started yet."""
        return tuple(self._runners)

    def status(self, name: str) -> ProviderStatus:
        """Where a provider stands, from the begin of its registration to its end.

        Raises:
            ProviderNotFoundError: There is none of this name.
        """
        return self._runner(name).status

    def health(self, name: str) -> Health:
        """What is believed of a provider's health, after its last checks; nothing is checked for it.

        Raises:
            ProviderNotFoundError: There is none of this name.
        """
        return self._runner(name).health

    async def check(self, name: str) -> Health:
        """The result of a fresh check of a provider; callers that come meanwhile share it.

        Raises:
            ProviderNotFoundError: There is none of this name.
            ProviderNotReadyError: It was stopped meanwhile.
        """
        self._check_loop()
        return await self._host.supervisor.check(self._runner(name))

    def last_reload_error(self, name: str) -> str | None:
        """Why the last reload of a provider failed; None if it did not.

        Raises:
            ProviderNotFoundError: There is none of this name.
        """
        return self._runner(name).last_reload_error

    def graph(self) -> Graph:
        """All providers and what they need of each other, as it stands now."""
        return self._graph.snapshot({name: runner.status for name, runner in self._runners.items()})

    def events(self) -> EventIterator:
        """What happens, as it happens: first the present state, then each event, to be read with ``async for``.

        A reader that is too slow loses the oldest ones, and is told so with `EventsLost`.
        """
        return self._stream.events()

    def subscribe(self, handler: Handler) -> Callable[[], None]:
        """Have the present state and then each event handed to a handler, one after another.

        Args:
            handler: A function or coroutine function of one event. It may be slow, fail, or call the manager.

        Returns:
            A function that ends the subscription.
        """
        return self._stream.subscribe(handler)

    def __repr__(self) -> str:
        runners = list(self._runners.values())
        told = ", ".join(f"{runner.name}: {runner.status.value}" for runner in runners[:_SHOWN])
        more = f", and {len(runners) - _SHOWN} more" if len(runners) > _SHOWN else ""
        return f"<{type(self).__qualname__} {told or 'without providers'}{more}>"

    def __contains__(self, name: object) -> bool:
        return name in self._live

    def __len__(self) -> int:
        return len(self._live)

    # --- changing -----------------------------------------------------------------------------------

    async def register(
        self, provider: Provider[Any], *, needs: Mapping[str, str] | None = None, policy: Policy | None = None
    ) -> None:
        """Validate a provider, initialize it, and add it.

        If that fails it is cleaned up and not added; the failure is logged and raised as it is. A caller
        that is cancelled has the registration undone before the cancellation goes on.

        Args:
            provider: The provider; its metadata is read now, once.
            needs: What serves in the roles that its class declares with `Needs`: names of providers by role.
            policy: How it is started, stopped and called.

        Raises:
            ProviderExistsError: The name is taken, or the provider is registered already ("already registered").
            InvalidMetadataError: Its metadata cannot be registered.
            ProviderTypeError: It is no `Provider`.
            InvalidInputError: The policy is no `Policy`.
            NeedsError: What it needs is not there, or is not what it asks for.
            ProviderTimeoutError: It was not ready in time.
            ManagerClosingError: The manager cleans up.
            RegistrationAbortedError: The manager was cleaned up meanwhile.
            WrongEventLoopError: The manager's providers live on another event loop.
        """
        await self._register([Registration(provider, needs or {}, policy)], None)

    async def register_all(
        self, providers: Iterable[Registration | Provider[Any]], *, timeout: float | None = None
    ) -> None:
        """Register providers that may need each other: each is started as soon as what it needs is ready.

        If a required one fails, those that were started are stopped again, in reverse order, and none is added.
        An optional one that fails stays registered with the status `FAILED`, is not found by lookups, and is
        tried again in the background.

        Args:
            providers: The providers, in any order; a bare one is required and has no wiring and no policy.
            timeout: How long all may take together, in seconds.

        Raises:
            NeedsError: Needs cannot be satisfied, or go round in a cycle; nothing was started.
            Exception: What the first required provider that failed has raised, and otherwise as for `register`.
        """
        registrations = [each if isinstance(each, Registration) else Registration(each) for each in providers]
        await self._register(registrations, timeout)

    async def unregister(self, name: str, *, cascade: bool = False) -> None:
        """Wait for a provider's operations, clean it up, and remove it.

        It is removed even if its cleanup fails, and its name is free again once it is over. Callers that
        come meanwhile share the one cleanup. It is seen through when the caller is cancelled.

        Args:
            name: The provider.
            cascade: Whether those that need it are unregistered as well, before it.

        Raises:
            ProviderNotFoundError: There is none of this name ("not found").
            ProviderInUseError: Others need it.
            Exception: What the provider's cleanup raised.
            ExceptionGroup: The cleanups of several raised.
        """
        try:
            self._check_loop()
            runner = self._runner(name)
            runners = [self._runners[each] for each in (name, *self._graph.closure(name))]
            if len(runners) > 1 and not cascade:
                raise ProviderInUseError(name, self._graph.dependants(name))
            for each in runners:
                each.refuse_own_call("unregister")
            await self._shut_down(Shutdown(runners, self._graph))
            if len(runners) == 1 and runner.failure is not None:
                raise runner.failure
            _raise_all([each.failure for each in runners if each.failure is not None])
        except Exception as error:
            self._log_failure("unregister", name, error)
            raise

    async def reload_provider(
        self,
        name: str,
        *,
        config: Any = KEEP,
        policy: Policy | Keep | None = KEEP,
        needs: Mapping[str, str] | Keep = KEEP,
        replacement: Provider[Any] | None = None,
    ) -> None:
        """Put another generation of a provider in the place of the one that serves.

        With the strategy ``"swap"`` another instance is started beside the one that serves; when it is ready and
        healthy it takes over in one step, and the old one is cleaned up once its operations are over. If it fails,
        the old one serves on. With ``"in_place"``, operations that come meanwhile wait, those that run are waited
        for, and then the provider is cleaned up and initialized again; if that fails with a new config, the old
        one is put back. If that is not possible either, its status is `FAILED`, and its operations raise
        `ProviderNotReadyError` until another reload succeeds. No operation fails because of a reload.

        References taken before keep working: operations called on them run on the generation that is live.
        Concurrent calls coalesce, and the last config wins. A caller that is cancelled leaves; the reload goes on.

        Args:
            name: The provider.
            config: Its config from now on, if that is to change. In place it takes effect between `cleanup` and
                `initialize`; a class with a `reload` of its own finds it there.
            policy: Its policy from now on, if that is to change. Alone it takes effect at once, without a reload.
            needs: How its needs are wired from now on, if that is to change.
            replacement: An instance, perhaps of another class, that is to be the next generation.

        Raises:
            ProviderNotFoundError: There is none of this name ("not found").
            NeedsError: The new wiring cannot be.
            InvalidInputError: The policy is no `Policy`, or there is a config beside a replacement.
            ProviderUnhealthyError: The new generation's check says so.
            ProviderNotReadyError: The provider was stopped meanwhile.
            Exception: What the provider's reload raised.
        """
        try:
            self._check_loop()
            runner = self._runner(name)
            runner.refuse_own_call("reload_provider")
            if policy is not KEEP:
                check_policy(policy)
            if config is not KEEP and replacement is not None:
                raise InvalidInputError("config", "a replacement comes with its own", "build it with this one")
            if runner.doomed or (runner.stopping and name not in self._live):
                raise ProviderNotFoundError(name, tuple(self._live))
            if needs is not KEEP or replacement is not None:
                self._wire(runner, needs, replacement)()  # told at once if it cannot be; done when its turn comes
        except Exception as error:
            self._log_failure("reload", name, error)
            raise
        if policy is not KEEP and config is KEEP and needs is KEEP and replacement is None:
            before = runner.policy
            runner.set_policy(policy)
            if policy != before:
                self._publish(PolicyChanged(name, time()))
            return
        self._listen()
        done = runner.reload(Change(config, policy, replacement, needs))  # which logs its own failure
        await asyncio.wait([done])
        await done

    @asynccontextmanager
    async def override(self, name: str, fake: P) -> AsyncGenerator[P]:
        """Have another provider serve for the length of a block, as tests want it.

        It is started, found by lookups, injected where the first one is needed, and called by operations on
        references to it. The first one is left running, and is back at the end.

        Args:
            name: The provider that it stands for.
            fake: The other one; any provider, whatever its class.

        Yields:
            The other one.

        Raises:
            ProviderNotFoundError: There is none of this name.
            ProviderNotReadyError: The provider does not serve.
            Exception: What the start or the stop of the other one raised.
        """
        self._check_loop()
        async with overridden(self._runner(name), fake):
            yield fake

    async def cleanup(self, *, timeout: float | None = None) -> None:
        """Clean up and remove every provider, each before those that it needs; the manager can then be used anew.

        Registrations that are under way are aborted. Every provider gets its chance, also if others fail
        and if the caller is cancelled: the cancellation goes on at the end.

        Args:
            timeout: How long all may take together, in seconds. Then operations are not waited for any longer,
                cleanups are cancelled, and those that go on all the same are abandoned, and named.

        Raises:
            ExceptionGroup: What the providers' cleanups raised.
            ReentrantLifecycleError: It was called from inside an operation, which it would wait for.
        """
        self._check_loop()
        self._refuse_inside()
        refused: list[BaseException] = []
        if self._closing is None:
            runners = list(self._runners.values())
            if own_generation.get() is not None:
                refused = [*_refused(runners)]
                names = {error.name for error in refused if isinstance(error, ReentrantLifecycleError)}
                runners = [runner for runner in runners if runner.name not in names]
            self._closing = Shutdown(runners, self._graph)
            self._closing.over.add_done_callback(self._closed)
        closing = self._closing
        await self._shut_down(closing, timeout)
        self._closed(closing.over)  # now, rather than in the loop's next turn
        errors = refused + closing.errors
        for error in closing.errors:
            self._log_failure("clean up", "", error)
        _raise_all(errors)

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
        running = [name for name, runner in getattr(self, "_runners", {}).items() if runner.owner is not None]
        if running:
            warnings.warn(
                f"a ProviderManager was dropped while {', '.join(running)} ran; await its cleanup()",
                ResourceWarning,
                source=self,
                stacklevel=1,
            )

    # --- inside -------------------------------------------------------------------------------------

    async def _register(self, registrations: list[Registration], timeout: float | None) -> None:
        try:
            self._check_loop()
            loop = asyncio.get_running_loop()
            runners = self._reserve(registrations)
            self._listen()
            with WATCHDOG.watching(loop, self._publish):
                await Launch(runners, self._graph, self._runners).run(timeout)
        except Exception as error:
            providers = [each.provider for each in registrations]
            self._log_failure(
                "register", ", ".join(map(_name_for_log, providers)), error, type=_type_for_log(providers[0])
            )
            raise

    def _reserve(self, registrations: list[Registration]) -> list[ProviderRunner]:
        """Take the names, before the first await, so that of two registrations one finds it taken."""
        nodes: list[Node] = []
        providers: set[int] = set()
        for each in registrations:
            provider = each.provider
            if not isinstance(provider, Provider):
                raise ProviderTypeError(_name_for_log(provider), type(provider), Provider)
            check_metadata(provider)
            check_policy(each.policy)
            metadata = provider.metadata
            name = metadata.name
            if self._closing is not None:
                raise ManagerClosingError
            if name in self._runners or provider._gate.in_use or id(provider) in providers:
                raise ProviderExistsError(name)
            refuse_abandoned(provider, name)
            providers.add(id(provider))
            words = tuple(metadata.capabilities)
            nodes.append(Node(name, type(provider), metadata.type, words, each.needs, each.required))
        self._graph.add(nodes)
        runners: list[ProviderRunner] = []
        try:
            for each in registrations:  # one after the other: those that were built are undone if one fails
                runners += [ProviderRunner(each.provider, self._host, each.policy, required=each.required)]
        except BaseException:  # its policy asks for something that is not installed
            for node in nodes:
                self._graph.remove(node.name)
            for runner in runners:
                runner.gate.end(ProviderStatus.STOPPED)
            raise
        for runner in runners:
            self._registered += 1
            runner.rank = self._registered
            self._runners[runner.name] = runner
        return runners

    def _rewire(
        self, runner: ProviderRunner, needs: Mapping[str, str] | Keep, replacement: Provider[Any] | None
    ) -> Callable[[], None]:
        """As `_wire`; what it was wired to stays in use until its reload is over."""
        before = self._graph.uses(runner.name)
        unwire = self._wire(runner, needs, replacement)
        self._graph.hold(runner.name, before)

        def undo() -> None:
            unwire()
            self._graph.release(runner.name)

        return undo

    def _wire(
        self, runner: ProviderRunner, needs: Mapping[str, str] | Keep, replacement: Provider[Any] | None
    ) -> Callable[[], None]:
        """Take another wiring into the graph, or another class with the wiring that there is; what undoes it."""
        old = self._graph.nodes[runner.name]
        new = old if needs is KEEP else old._replace(needs=needs)
        if replacement is not None:
            if not isinstance(replacement, Provider):
                raise ProviderTypeError(_name_for_log(replacement), type(replacement), Provider)
            check_metadata(replacement)
            new = new._replace(
                cls=type(replacement),
                type=replacement.metadata.type,
                capabilities=tuple(replacement.metadata.capabilities),
            )
        self._graph.add([new])

        def undo() -> None:
            if self._graph.nodes.get(runner.name) is new:
                self._graph.add([old])

        return undo

    async def _shut_down(self, shutdown: Shutdown, timeout: float | None = None) -> None:
        """Stop, and wait for it also when the caller is cancelled."""
        loop = asyncio.get_running_loop()
        self._listen()
        with WATCHDOG.watching(loop, self._publish):
            shutdown.begin(timeout)
            await see_through(shutdown.over)

    def _closed(self, over: asyncio.Future[None]) -> None:
        if self._closing is not None and self._closing.over is over:
            self._closing = None

    def _refuse_inside(self) -> None:
        """Refuse a cleanup from inside an operation: it would wait for itself."""
        task = asyncio.current_task()
        held = gates_on_stack()
        for runner in self._runners.values():
            if runner.gate in held or runner.gate.holds(task):
                raise ReentrantLifecycleError(runner.name, "cleanup")

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

    # What runners tell, through the host.

    def _add(self, runner: ProviderRunner) -> None:
        """Have lookups find it."""
        with self._lock:
            self._live[runner.name] = runner.provider
            self._by_type.add((runner.type,), runner.name, runner.provider, runner.rank)
            self._by_capability.add(runner.capabilities, runner.name, runner.provider, runner.rank)

    def _replace(self, runner: ProviderRunner) -> None:
        """Have lookups find the instance that serves now."""
        name, provider = runner.name, runner.provider
        with self._lock:
            if name in self._live:
                for cls, providers in self._typed.items():
                    if name in providers:
                        if isinstance(provider, cls):
                            providers[name] = provider
                        else:
                            del providers[name]
                self._by_type.remove(name)
                self._by_type.add((runner.type,), name, provider, runner.rank)
                self._by_capability.remove(name)
                self._by_capability.add(runner.capabilities, name, provider, runner.rank)

    def _withdraw(self, runner: ProviderRunner) -> None:
        """Have lookups find it no more; the name stays taken."""
        name = runner.name
        with self._lock:
            if name in self._live:
                for providers in self._typed.values():
                    providers.pop(name, None)
                self._by_type.remove(name)
                self._by_capability.remove(name)

    def _ended(self, runner: ProviderRunner) -> None:
        """It is over: after a failed start, a stop, or with its event loop."""
        self._withdraw(runner)
        del self._runners[runner.name]
        self._graph.remove(runner.name)

    def _needs_of(self, name: str) -> Iterable[tuple[Edge, ProviderRunner | None]]:
        return [(edge, self._runners.get(edge.target)) for edge in self._graph.needs(name)]

    def _dependants_of(self, name: str) -> Iterable[tuple[Edge, ProviderRunner]]:
        for dependant in self._graph.dependants(name):
            for edge in self._graph.needs(dependant):
                if edge.target == name:
                    yield edge, self._runners[dependant]

    # Events.

    def _listen(self) -> None:
        self._host.verbose = narration.is_verbose()

    def _publish(self, event: Event) -> None:
        narration.log(event, self._host.redacted)
        if self._stream.active:
            self._stream.publish(event)

    def _present(self) -> Iterator[Event]:
        now = time()
        for runner in list(self._runners.values()):
            yield StatusChanged(runner.name, now, None, runner.status, runner.generation)
            health = runner.health
            if health.state is not HealthState.HEALTHY:
                yield HealthChanged(runner.name, now, None, health)

    # Where it belongs.

    def _check_loop(self) -> None:
        process = os.getpid()
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            if self._runners and self._process != process:  # forked by a coroutine: its loop does not run here
                raise WrongEventLoopError from None
            raise
        if self._loop is loop and self._process == process:
            return
        if self._runners:
            if self._process != process or self._loop is None or not self._loop.is_closed():
                raise WrongEventLoopError
            self._abandon()
        self._loop = loop
        self._process = process
        self._host.deadlines = Deadlines(loop)
        self._host.supervisor = Supervisor(self._supervision)

    def _abandon(self) -> None:
        """Give up providers whose event loop was closed under them: nothing can run their cleanup any more."""
        names = ", ".join(self._runners)
        for runner in list(self._runners.values()):
            runner.lose()
        self._closing = None
        warnings.warn(
            f"the event loop of {names} was closed before their cleanup",
            ResourceWarning,
            source=self,
            stacklevel=4,
        )

    def _log_failure(self, action: str, name: str, error: BaseException, **extra: str) -> None:
        text = self._host.redacted(text_of(error))
        self._logger.error(
            "Failed to %s provider %s: %s", action, name, text,
            extra={"provider_name": name, "provider_error": text}
            | {f"provider_{key}": value for key, value in extra.items()},
        )  # fmt: skip


def _name_for_log(provider: object) -> str:
    return str(getattr(getattr(provider, "metadata", None), "name", type(provider).__name__))


def _type_for_log(provider: object) -> str:
    kind = getattr(getattr(provider, "metadata", None), "type", None)
    return str(getattr(kind, "value", kind))


def _refused(runners: Iterable[ProviderRunner]) -> Iterator[BaseException]:
    for runner in runners:
        try:
            runner.refuse_own_call("cleanup")
        except ReentrantLifecycleError as error:
            yield error


def _raise_all(errors: list[BaseException]) -> None:
    """One `ExceptionGroup` of all; what is no `Exception` alone, since a group cannot hold it."""
    for error in errors:
        if not isinstance(error, Exception):
            raise error
    if errors:
        raise ExceptionGroup("providers failed to clean up", [e for e in errors if isinstance(e, Exception)])
