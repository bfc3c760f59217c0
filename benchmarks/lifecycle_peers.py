"""Graphs of components that start and stop, and how bare asyncio and the peers run one.

Every component needs some of those before it, takes its time to start, and stops at once. A peer is
used as its own documentation does it; where that starts one component after the other although the peer can
do better if its user asks for several at once, there is a second way of it.
"""

from __future__ import annotations

import asyncio
import inspect
import itertools
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from time import perf_counter
from typing import Any, NamedTuple, TypeAlias

__all__ = ["BARE", "PEERS", "Graph", "System", "Way", "random_graph", "unconnected"]


class Graph:
    """What needs what, and how long each start took.

    Args:
        needs: For each component the numbers of those it needs, all of them smaller than its own.
        seconds: How long each takes to start, if it is given its turn in time.
    """

    def __init__(self, needs: Sequence[tuple[int, ...]], seconds: float) -> None:
        self.needs = needs
        self.seconds = seconds
        self._took = [0.0] * len(needs)

    async def run(self, number: int) -> None:
        """Start one component."""
        if self.seconds:
            begun = perf_counter()
            await asyncio.sleep(self.seconds)
            self._took[number] = perf_counter() - begun

    @property
    def critical_path(self) -> float:
        """The least time for everything, in seconds, given how long each start took the last time.

        A sleep of 10 ms takes longer than that, and that is not the doing of whoever starts things.
        """
        lengths: list[float] = []
        for number, needed in enumerate(self.needs):
            lengths.append(self._took[number] + max((lengths[each] for each in needed), default=0.0))
        return max(lengths)


def random_graph(size: int, seconds: float) -> Graph:
    """Of components that need up to three others each; always the same one."""
    chance = random.Random(5)
    needs = (
        tuple(sorted(chance.sample(range(number), min(number, chance.choice((0, 1, 1, 2, 3))))))
        for number in range(size)
    )
    return Graph(list(needs), seconds)


def unconnected(size: int) -> Graph:
    """Of components that need nothing and do nothing."""
    return Graph([()] * size, 0)


class System(NamedTuple):
    """A graph that is declared but not started yet; to be started once."""

    start: Callable[[], Awaitable[object]]
    stop: Callable[[], Awaitable[object]]


#: Declares a graph to a library.
Way: TypeAlias = Callable[[Graph], System]


# --- Bare asyncio ---------------------------------------------------------------------------------------


def ready_count(graph: Graph) -> System:
    """A task each, begun by whoever was the last that it had to wait for: as little as can be done."""
    waiting = [len(needed) for needed in graph.needs]
    dependants: list[list[int]] = [[] for _ in graph.needs]
    for number, needed in enumerate(graph.needs):
        for each in needed:
            dependants[each].append(number)

    async def start() -> None:
        loop = asyncio.get_running_loop()
        everything: asyncio.Future[None] = loop.create_future()
        tasks = set()
        left = len(waiting)

        async def run(number: int) -> None:
            nonlocal left
            await graph.run(number)
            left -= 1
            if not left:
                everything.set_result(None)
            for each in dependants[number]:
                waiting[each] -= 1
                if not waiting[each]:
                    tasks.add(loop.create_task(run(each)))

        for number, count in enumerate([*waiting]):
            if not count:
                tasks.add(loop.create_task(run(number)))
        await everything

    return System(start, _task_each(graph))


def kept_tasks(graph: Graph) -> System:
    """A task each that waits for the tasks of its needs, and stays until it is told to stop."""
    tasks: list[asyncio.Task[None]] = []
    ends: list[asyncio.Future[None]] = []

    async def start() -> None:
        loop = asyncio.get_running_loop()
        ready: list[asyncio.Future[None]] = [loop.create_future() for _ in graph.needs]
        ends.extend(loop.create_future() for _ in graph.needs)

        async def own(number: int) -> None:
            for each in graph.needs[number]:
                await ready[each]
            await graph.run(number)
            ready[number].set_result(None)
            await ends[number]

        tasks.extend(loop.create_task(own(number)) for number in range(len(graph.needs)))
        for each in ready:
            await each

    async def stop() -> None:
        for end in ends:
            end.set_result(None)
        for task in tasks:
            await task

    return System(start, stop)


def one_by_one(graph: Graph) -> System:
    """No task at all."""

    async def start() -> None:
        for number in range(len(graph.needs)):
            await graph.run(number)

    async def stop() -> None:
        for _ in graph.needs:
            await _nothing()

    return System(start, stop)


def _task_each(graph: Graph) -> Callable[[], Awaitable[object]]:
    async def stop() -> None:
        loop = asyncio.get_running_loop()
        for task in [loop.create_task(_nothing()) for _ in graph.needs]:
            await task

    return stop


async def _nothing() -> None:
    pass


# --- Peers ----------------------------------------------------------------------------------------------


def dependency_injector(graph: Graph) -> System:
    """Its `init_resources` starts at the same time what can be."""
    from dependency_injector.containers import DynamicContainer
    from dependency_injector.providers import Resource

    container: Any = DynamicContainer()
    resources: list[Any] = []
    for number, needed in enumerate(graph.needs):
        resource = Resource(_starting(graph, number, object, ()), *(resources[each] for each in needed))
        setattr(container, f"component{number}", resource)
        resources.append(resource)

    async def start() -> None:
        await container.init_resources()

    async def stop() -> None:
        await container.shutdown_resources()

    return System(start, stop)


def dishka(graph: Graph) -> System:
    """Asked for all at once; its container's lock still has one start at a time."""
    from dishka import Provider, Scope, make_async_container

    kinds = _kinds(graph)
    provider = Provider(scope=Scope.APP)
    for number, needed in enumerate(graph.needs):
        provider.provide(_starting(graph, number, kinds[number], [kinds[each] for each in needed]))
    container = make_async_container(provider)
    return System(lambda: asyncio.gather(*map(container.get, kinds)), container.close)


def svcs(graph: Graph) -> System:
    """Asked one by one: asked for all at once it would start one several times."""
    import svcs

    kinds = _kinds(graph)
    registry = svcs.Registry()

    def factory(number: int) -> Callable[..., AsyncIterator[object]]:
        async def make(svcs_container: Any) -> AsyncIterator[object]:
            for each in graph.needs[number]:
                await svcs_container.aget(kinds[each])
            await graph.run(number)
            yield kinds[number]()

        return make

    for number, kind in enumerate(kinds):
        registry.register_factory(kind, factory(number))
    container = svcs.Container(registry)

    async def start() -> None:
        for kind in kinds:
            await container.aget(kind)

    return System(start, container.aclose)


def that_depends(graph: Graph) -> System:
    """Its `init_resources` starts one after the other."""
    container, _ = _that_depends_container(graph)
    return System(container.init_resources, container.tear_down)


def that_depends_gathered(graph: Graph) -> System:
    """Asked by its user for all at once."""
    container, resources = _that_depends_container(graph)
    return System(lambda: asyncio.gather(*(each.resolve() for each in resources)), container.tear_down)


#: Containers of one name would warn that they take each other's place.
_numbers = itertools.count()


def _that_depends_container(graph: Graph) -> tuple[Any, list[Any]]:
    from that_depends import BaseContainer
    from that_depends.providers import Resource

    resources: list[Any] = []
    for number, needed in enumerate(graph.needs):
        starting = _starting(graph, number, object, ())
        resources.append(Resource(starting, *(resources[each].cast for each in needed)))
    names = {f"component{number}": resource for number, resource in enumerate(resources)}
    return type(f"Graph{next(_numbers)}", (BaseContainer,), names), resources


def wireup(graph: Graph) -> System:
    """One after the other, as its `get` is used."""
    container, kinds = _wireup_container(graph)

    async def start() -> None:
        for kind in kinds:
            await container.get(kind)

    return System(start, container.close)


def wireup_gathered(graph: Graph) -> System:
    """Asked by its user for all at once."""
    container, kinds = _wireup_container(graph)
    return System(lambda: asyncio.gather(*map(container.get, kinds)), container.close)


def _wireup_container(graph: Graph) -> tuple[Any, list[type]]:
    import wireup

    kinds = _kinds(graph)
    injectables = [
        wireup.injectable(_starting(graph, number, kinds[number], [kinds[each] for each in needed]))
        for number, needed in enumerate(graph.needs)
    ]
    return wireup.create_async_container(injectables=injectables), kinds


def _kinds(graph: Graph) -> list[type]:
    """What containers that look up by type are given for names."""
    return [type(f"Component{number}", (), {}) for number in range(len(graph.needs))]


def _starting(graph: Graph, number: int, kind: type, needs: Sequence[type]) -> Callable[..., AsyncIterator[Any]]:
    """An async generator function that starts a component, says so in its signature, and stops it."""

    async def component(*_: object, **__: object) -> AsyncIterator[Any]:
        await graph.run(number)
        yield kind()

    names = {f"need{number}": each for number, each in enumerate(needs)}
    parameter = inspect.Parameter
    component.__annotations__ = {**names, "return": AsyncIterator[kind]}  # type: ignore[valid-type]
    component.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [parameter(name, parameter.POSITIONAL_OR_KEYWORD, annotation=each) for name, each in names.items()],
        return_annotation=AsyncIterator[kind],  # type: ignore[valid-type]
    )
    return component


#: The floor comes first.
BARE: dict[str, Way] = {
    "bare tasks by ready-count": ready_count,
    "bare tasks that stay": kept_tasks,
    "one after the other, no tasks": one_by_one,
}

PEERS: dict[str, Way] = {
    "dependency-injector init_resources": dependency_injector,
    "dishka, gathered": dishka,
    "svcs aget": svcs,
    "that-depends init_resources": that_depends,
    "that-depends, gathered": that_depends_gathered,
    "wireup get": wireup,
    "wireup, gathered": wireup_gathered,
}
