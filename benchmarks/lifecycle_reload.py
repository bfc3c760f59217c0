"""Reloading under load: which operations fail because of it, and how long they take meanwhile."""

from __future__ import annotations

import asyncio
import inspect
import random
from contextlib import asynccontextmanager, suppress
from functools import partial
from operator import itemgetter
from statistics import quantiles
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeAlias

from benchmarks.harness import Arm, Comparison, Goal, Opened, Plan, Role, times
from benchmarks.subject import Service, registered, service
from purveyor.operations import operation

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from contextlib import AbstractAsyncContextManager

CALLERS = 256
QUIET = "no reload"
SWAP = "purveyor, swap"
IN_PLACE = "purveyor, in_place"

#: How long it takes to open and to close a resource, to use it, and how long a caller pauses, in seconds.
OPENING = CLOSING = 0.005
WORKING = 0.002
PAUSE = 0.02


class Subject(NamedTuple):
    """What is called, and reloaded meanwhile."""

    call: Callable[[], Awaitable[object]]
    reload: Callable[[], Awaitable[object]]


#: Sets one up and takes it down.
Way: TypeAlias = "Callable[[], AbstractAsyncContextManager[Subject]]"


def comparisons(plan: Plan) -> Iterator[Comparison]:
    """The operations that fail, and the latency of those that do not."""
    callers = plan.pick(CALLERS, 8)
    reloads = plan.pick(100, 3)
    arms = [
        *(Arm(name, role, partial(_failures, way, reloads, callers)) for name, (role, way) in _WAYS.items()),
        *(Arm(name, "peer", partial(_failures, _quiet, 0, 0), _CANNOT) for name in ("dishka", "svcs", "wireup")),
    ]
    goals = [Goal(name, "none", itemgetter(name), 0) for name in (SWAP, IN_PLACE)]
    title = f"operations that fail in {reloads} reloads under {callers} callers"
    yield Comparison(title, "operations", arms, goals, plan.pick(3, 1))

    seconds = plan.pick(1.5, 0.1)
    arms = [
        Arm(each, _WAYS[each][0], partial(_latency, _WAYS[each][1], seconds, callers))
        for each in (QUIET, SWAP, IN_PLACE)
    ]
    title = f"99th percentile of an operation's latency, {callers} callers, one reload after the other"
    yield Comparison(title, "ms", arms, (times(SWAP, 2, QUIET),), plan.pick(9, 1))


# --- Measuring ------------------------------------------------------------------------------------------


@asynccontextmanager
async def _failures(way: Way, reloads: int, callers: int) -> Opened:
    async with way() as subject:

        async def repeat() -> float:
            async with _Load(subject.call, callers) as load:
                for _ in range(reloads):
                    await subject.reload()
            assert len(load.latencies) + load.failed >= callers
            return load.failed

        yield repeat


@asynccontextmanager
async def _latency(way: Way, seconds: float, callers: int) -> Opened:
    async with way() as subject:

        async def repeat() -> float:
            async with _Load(subject.call, callers) as load:
                end = perf_counter() + seconds
                while perf_counter() < end:
                    await subject.reload()
            return quantiles(load.latencies, n=100)[98] * 1000

        yield repeat


class _Load:
    """Callers that call and pause, call and pause, until they are told to stop.

    Args:
        call: What they call.
        callers: How many there are.
    """

    def __init__(self, call: Callable[[], Awaitable[object]], callers: int) -> None:
        self.latencies: list[float] = []
        self.failed = 0
        self._call = call
        self._count = callers
        self._running = True
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._tasks += [asyncio.create_task(self._caller(number)) for number in range(self._count)]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._running = False
        await asyncio.gather(*self._tasks)

    async def _caller(self, number: int) -> None:
        chance = random.Random(number)
        while self._running:
            begun = perf_counter()
            try:
                await self._call()
            except Exception:
                self.failed += 1
            else:
                self.latencies.append(perf_counter() - begun)
            await asyncio.sleep(PAUSE * chance.random())


# --- What is called -------------------------------------------------------------------------------------


class Resource:
    """Fails whoever uses it before it is open, or is still at it when it is closed."""

    def __init__(self) -> None:
        self._open = False

    async def open(self) -> None:
        """Take as long as a connection does."""
        await asyncio.sleep(OPENING)
        self._open = True

    async def close(self) -> None:
        """Take as long again."""
        self._open = False
        await asyncio.sleep(CLOSING)

    async def use(self) -> None:
        """Do something that takes a while."""
        for seconds in (0, WORKING):
            await asyncio.sleep(seconds)
            if not self._open:
                raise ConnectionError("closed")


class Backend(Service):
    """A provider that owns a resource."""

    async def initialize(self) -> None:
        """Open it."""
        self.resource = Resource()
        await self.resource.open()

    async def cleanup(self) -> None:
        """Close it."""
        await self.resource.close()

    @operation
    async def use(self) -> None:
        """Use it."""
        await self.resource.use()


class Swapped(Backend):
    """One whose generations may be open at once."""

    provider_reload = "swap"


@asynccontextmanager
async def _purveyor(kind: type[Backend]) -> AsyncIterator[Subject]:
    backend = _backend(kind)
    async with registered([backend]) as manager:
        yield Subject(backend.use, partial(manager.reload_provider, backend.metadata.name))


def _backend(kind: type[Backend]) -> Backend:
    like = service(1)
    return kind(like.metadata, like.config)


@asynccontextmanager
async def _quiet() -> AsyncIterator[Subject]:
    """What the operations cost when nothing happens."""
    async with _purveyor(Backend) as subject:
        yield subject._replace(reload=partial(asyncio.sleep, OPENING + CLOSING))


@asynccontextmanager
async def _by_hand() -> AsyncIterator[Subject]:
    """Without anything that would know of the callers."""
    backend = _backend(Backend)
    await backend.initialize()
    yield Subject(lambda: backend.resource.use(), backend.reload)
    await backend.cleanup()


async def _resource() -> AsyncIterator[Resource]:
    resource = Resource()
    await resource.open()
    yield resource
    await resource.close()


@asynccontextmanager
async def _dependency_injector() -> AsyncIterator[Subject]:
    from dependency_injector import providers

    provider: Any = providers.Resource(_resource)

    async def call() -> None:
        found = provider()
        resource = await found if inspect.isawaitable(found) else found
        await resource.use()

    async def reload() -> None:
        await provider.shutdown()
        await provider.init()

    await provider.init()
    yield Subject(call, reload)
    with suppress(TypeError):  # None, where there is nothing to wait for
        await provider.shutdown()


@asynccontextmanager
async def _that_depends() -> AsyncIterator[Subject]:
    from that_depends import providers

    provider: Any = providers.Resource(_resource)

    async def call() -> None:
        await (await provider.resolve()).use()

    async def reload() -> None:
        await provider.tear_down()
        await provider.resolve()

    await provider.resolve()
    yield Subject(call, reload)
    await provider.tear_down()


_CANNOT = "cannot reload one of its components"

_WAYS: dict[str, tuple[Role, Way]] = {
    QUIET: ("floor", _quiet),
    SWAP: ("purveyor", partial(_purveyor, Swapped)),
    IN_PLACE: ("purveyor", partial(_purveyor, Backend)),
    "cleanup() and initialize() by hand": ("explains", _by_hand),
    "dependency-injector shutdown() and init()": ("peer", _dependency_injector),
    "that-depends tear_down() and resolve()": ("peer", _that_depends),
}
