"""The world that random lifecycle programs run in: providers that misbehave on request, and what must hold always."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any, Self

from purveyor.errors import ProviderNotReadyError
from purveyor.events import Event, EventsLost, StatusChanged
from purveyor.lifecycle.runner import ProviderRunner
from purveyor.lifecycle.states import SERVING, TRANSITIONS
from purveyor.lifecycle.supervision import Supervision
from purveyor.manager import ProviderManager
from purveyor.metadata import Health, ProviderMetadata, ProviderStatus, ProviderType
from purveyor.needs import Needs
from purveyor.operations import operation
from purveyor.provider import Provider
from purveyor.testing import FakeClock

S = ProviderStatus

#: In these an operation is turned away.
DOWN = frozenset({S.FAILED, S.STOPPING, S.STOPPED})

#: How long a step, and the wait for operations, may take, in seconds that pass by themselves.
DEADLINE = 20.0


class Fault(Exception):  # noqa: N818 - it stands for any
    """What a step raises when it is told to fail."""


class Halt(BaseException):
    """The same, where nobody expects it."""


@dataclass(eq=False)
class Life:
    """One incarnation of an instance, from its initialize to its cleanup."""

    task: asyncio.Task[Any] | None
    open: bool = False
    offered: int = 0
    failed: bool = False  # the cleanup: then it may be tried once more


class Worker(Provider[int]):
    """A provider whose steps take a few turns of the event loop, and go wrong when the world says so.

    Its config is a number that grows with each call that brings one, so that the last word is known.
    """

    def __init__(self, world: World, name: str, config: int) -> None:
        super().__init__(ProviderMetadata(name, ProviderType.CUSTOM, "", "1", ["work", name]), config)
        self.world = world
        self.lives: list[Life] = []
        world.made.append(self)

    def next_generation(self, config: int) -> Self:
        return type(self)(self.world, self.metadata.name, config)

    async def validate(self) -> None:
        await self.world.step(self, "validate")

    async def initialize(self) -> None:
        if self.lives and not self.lives[-1].offered:
            self.world.complain(f"{self} was initialized, and not cleaned up since it was before")
        life = Life(asyncio.current_task())
        self.lives.append(life)
        await self.world.step(self, "initialize")
        life.open = True

    async def cleanup(self) -> None:
        life = self.lives[-1]
        life.open = False
        if life.task is not asyncio.current_task():
            self.world.complain(f"{self} was cleaned up in another task than it was initialized in")
        if life.offered and not (life.failed and life.offered == 1):
            self.world.complain(f"{self} was cleaned up too often")
        life.offered += 1
        life.failed = True
        if await self.world.step(self, "cleanup"):
            life.failed = False

    async def check(self) -> Health:
        if not self.is_open:
            self.world.complain(f"{self} was checked while it was closed")
        await self.world.step(self, "check")
        return Health.healthy()

    @property
    def is_open(self) -> bool:
        return bool(self.lives) and self.lives[-1].open

    def work(self) -> None:
        """An operation is at it: the instance must be open, unless its time was cut short."""
        runner: Any = self._registration
        if not (self.is_open or runner.hurried):
            self.world.complain(f"an operation ran on {self}, which was closed")

    @operation
    async def echo(self, value: int) -> int:
        self.work()
        await asyncio.sleep(0)
        self.work()
        return value

    @operation
    async def nested(self, value: int) -> int:
        await self.echo(value)
        await asyncio.sleep(0)
        return await self.echo(value)

    @operation
    async def use(self, value: int) -> int:
        """As `echo`; those who need another one use that."""
        return await self.echo(value)

    @operation
    async def stream(self, count: int) -> AsyncIterator[int]:
        for i in range(count):
            self.work()
            await asyncio.sleep(0)
            yield i

    @operation
    async def linger(self, value: int) -> int:
        """Longer than anyone waits."""
        self.work()
        await asyncio.sleep(2.5 * DEADLINE)
        return value

    @operation
    def plain(self, value: int) -> int:
        self.work()
        return value


class OtherWorker(Worker):
    """Another class, as a replacement and a fake may be."""


class Dependant(Worker):
    """Needs another one, and uses a second if there is one."""

    peer: Annotated[Worker, Needs("peer")]
    extra: Annotated[Worker | None, Needs("extra")]

    @operation
    async def use(self, value: int) -> int:
        self.work()
        return await self.peer.use(value)

    async def on_need_reloaded(self, role: str, provider: Provider[Any]) -> None:
        if getattr(self, role) is not provider:
            self.world.complain(f"{self} was told of a reload before its attribute was renewed")
        await self.world.step(self, "on_need_reloaded")


class OtherDependant(Dependant):
    """Likewise."""


@dataclass(eq=False)
class World:
    """A manager, everything that was made for it, what is to go wrong, and what has gone wrong that must not."""

    supervision: Supervision | None
    made: list[Worker] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)
    faults: dict[tuple[str, str], str] = field(default_factory=dict)
    history: list[StatusChanged] = field(default_factory=list)
    told: dict[str, StatusChanged] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    references: dict[str, list[Worker]] = field(default_factory=dict)
    over: bool = False  # nothing hangs any longer
    overrides: int = 0

    def __post_init__(self) -> None:
        self.manager = ProviderManager(
            start_timeout=DEADLINE, stop_timeout=DEADLINE, drain_timeout=DEADLINE, supervision=self.supervision
        )
        self.manager.subscribe(self._read)
        self.publish, self.manager._host.publish = self.manager._host.publish, self._note
        self.hanging = asyncio.Event()

    def complain(self, what: str) -> None:
        self.complaints.append(what)

    def make(self, name: str, *, other: bool = False) -> Worker:
        if name == "a":
            return (OtherWorker if other else Worker)(self, name, len(self.made))
        return (OtherDependant if other else Dependant)(self, name, len(self.made))

    # --- what goes wrong ----------------------------------------------------------------------------

    async def step(self, provider: Worker, step: str) -> bool:
        """Run a step of a provider; whether it went well."""
        match self.faults.pop((provider.metadata.name, step), None):
            case "raise":
                await asyncio.sleep(0)
                raise Fault(step)
            case "halt":
                raise Halt(step)
            case "hang":
                await self._hang()
            case "stubborn":  # it is cancelled, and ends as if nothing had happened
                try:
                    await self._hang()
                except asyncio.CancelledError:
                    return False
            case "deaf":  # it cannot be cancelled at all
                while not self.over:
                    try:
                        await self._hang()
                    except asyncio.CancelledError:
                        continue
                    break
                return False
            case _:
                await asyncio.sleep(0)
                await asyncio.sleep(0)
        return True

    async def _hang(self) -> None:
        if not self.over:
            await self.hanging.wait()

    def release(self) -> None:
        """Let everything go on that hangs now."""
        self.hanging.set()
        self.hanging = asyncio.Event()

    # --- what must hold -----------------------------------------------------------------------------

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Look at everything in each turn of the event loop; time passes whenever there is nothing else to do."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: self.complain(f"asyncio reports {context}"))
        with Moments(self.look):
            yield

    def look(self) -> None:
        """What holds at each moment, whatever is under way."""
        if self.complaints:
            return  # the first one is what counts
        manager = self.manager
        runners = manager._runners
        live = [manager._live[name] for name in manager.names()]
        for cls, providers in manager._typed.items():
            for name, provider in providers.items():
                if manager._live.get(name) is not provider or not isinstance(provider, cls):
                    self.complain(f"{name} is found as a {cls.__name__}, but is not live as one")
        if manager.get_providers_by_type(ProviderType.CUSTOM) != live:
            self.complain("the types do not agree with the names")
        if manager.get_providers_by_capability("work") != live:
            self.complain("the capabilities do not agree with the names")
        if manager._closing is not None and live:
            self.complain(f"{live} can be looked up while the manager cleans up")
        if list(manager._graph.nodes) != list(runners):
            self.complain(f"the graph has {list(manager._graph.nodes)}, and {list(runners)} are registered")
        for name, provider in manager._live.items():
            runner = runners[name]
            if runner.provider is not provider or runner.status not in SERVING | {S.FAILED}:
                self.complain(f"{name} is live, but {runner.status}, and {runner.provider}")
        for name, runner in runners.items():
            if runner.gate.held < 0:
                self.complain(f"{name} has got more leases back than it gave")
            self._look_at_needs(name, runner)

    def _look_at_needs(self, name: str, runner: ProviderRunner) -> None:
        if runner.status in (S.REGISTERED, S.FAILED) or runner.hurried:
            return
        for edge, target in self.manager._host.needs_of(name):
            if edge.optional:
                continue
            if target is None or target.status in (S.REGISTERED, S.STARTING, S.STOPPING, S.STOPPED):
                there = "is gone" if target is None else f"is {target.status}"
                self.complain(f"{name} is {runner.status}, but {edge.target}, which it needs, {there}")
            elif runner.status in (S.READY, S.DEGRADED) and (
                getattr(runner.provider, edge.attribute) is not target.provider
            ):
                self.complain(f"{name} has an old {edge.role} while it serves")

        peer = getattr(runner.provider, "peer", None)
        of_peer = peer and peer._registration
        if of_peer and runner.status in SERVING and of_peer.status in (S.STOPPING, S.STOPPED):
            self.complain(f"{name} serves with {peer}, which is {of_peer.status}")

    def statuses(self) -> Mapping[str, ProviderStatus]:
        return {name: runner.status for name, runner in self.manager._runners.items()}

    def may_be_refused(
        self, error: ProviderNotReadyError, before: Mapping[str, ProviderStatus], since: int
    ) -> bool:
        """Whether an operation that began then had a reason to be turned away: that it was reloaded is none."""
        seen = {event.new for event in self.history[since:] if event.name == error.name}
        return bool(DOWN & {*seen, before.get(error.name, S.STOPPED)})

    def _note(self, event: Event) -> None:
        if isinstance(event, StatusChanged):
            self.history.append(event)
            if event.old is None or event.new not in TRANSITIONS[event.old]:
                self.complain(f"{event} is no legal move")
        self.publish(event)

    def _read(self, event: Event) -> None:
        """A subscriber: what it is told of each provider is a walk without a gap."""
        if isinstance(event, EventsLost):
            self.complain(f"{event}")
        elif isinstance(event, StatusChanged):
            before = self.told.get(event.name)
            if event.old is not (S.REGISTERED if before is None else before.new) and event.old is not S.REGISTERED:
                self.complain(f"{event} does not follow {before}")
            self.told[event.name] = event


class Moments(FakeClock):
    """Time that jumps ahead when there is nothing to do; in each turn of the event loop something is looked at."""

    def __init__(self, look: Callable[[], None]) -> None:
        super().__init__(auto=True, patience=10)
        self._look = look

    def _select(self, timeout: float | None) -> list[Any]:
        self._look()
        return super()._select(timeout)
