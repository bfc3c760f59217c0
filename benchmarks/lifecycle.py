"""Starting and stopping: a graph against its critical path, and what a provider costs that does nothing."""

from __future__ import annotations

import asyncio
import gc
from contextlib import asynccontextmanager
from functools import partial
from operator import itemgetter
from time import perf_counter, thread_time_ns
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from benchmarks.harness import Arm, Comparison, Goal, Opened, Plan, ahead_of_peers, times
from benchmarks.lifecycle_peers import BARE, PEERS, System, random_graph, unconnected
from benchmarks.subject import Config, Service, name_of, service
from purveyor.manager import ProviderManager, Registration
from purveyor.metadata import ProviderMetadata, ProviderType
from purveyor.needs import Needs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from benchmarks.lifecycle_peers import Graph, Way

OURS = "purveyor register_all"
FLOOR = "bare tasks by ready-count"

Step: TypeAlias = Literal["start", "stop"]

#: Of a peer fewer are started, since it takes longer; of this one very few: its shutdown takes quadratic time.
FEW = 1_000
FEWER = {"dependency-injector init_resources": 200}


def comparisons(plan: Plan) -> Iterator[Comparison]:
    """A graph in ms, the same over its critical path, and the overhead of a start and of a stop."""
    graph = random_graph(plan.pick(200, 10), 0.01)
    title = f"start of {len(graph.needs)} in a random graph, 10 ms each"
    arms = [
        *(
            Arm(name, "explains" if name != FLOOR else "floor", partial(_total, way, graph))
            for name, way in BARE.items()
        ),
        Arm(OURS, "purveyor", partial(_total, _linked, graph)),
        *(Arm(name, "peer", partial(_total, way, graph)) for name, way in PEERS.items()),
    ]
    goals = (times(OURS, 1.05, FLOOR), ahead_of_peers(arms, OURS))
    yield Comparison(title, "ms", arms, goals, plan.pick(5, 1))

    over = (
        Arm(FLOOR, "floor", partial(_over_critical_path, BARE[FLOOR], graph)),
        Arm(OURS, "purveyor", partial(_over_critical_path, _linked, graph)),
    )
    goal = Goal(OURS, "at most 1.05", itemgetter(OURS), 1.05)
    yield Comparison(f"{title}: total over the critical path", "ratio", over, (goal,), plan.pick(21, 1))

    many = plan.pick(10_000, 20)
    yield _overhead("start", many, plan, microseconds=15, multiple=4)
    yield _overhead("stop", many, plan, microseconds=8)
    yield _linearity(plan.pick((100, 1_000, 10_000, 100_000), (5, 10, 20, 40)), plan)


def _overhead(
    step: Step, many: int, plan: Plan, *, microseconds: float, multiple: float | None = None
) -> Comparison:
    """What one step costs for each provider."""
    few = plan.pick(FEW, 5)
    ours, floor = f"purveyor, of {many:,}", f"a bare task each, of {many:,}"
    arms = [
        Arm(floor, "floor", partial(_each, (step,), _bare, many)),
        Arm("bare tasks that stay", "explains", partial(_each, (step,), BARE["bare tasks that stay"], many)),
        Arm(ours, "purveyor", partial(_each, (step,), _unconnected, many)),
    ]
    for name, way in PEERS.items():
        if not name.endswith("gathered") or name.startswith("dishka"):
            size = min(FEWER.get(name, few), few)
            arms.append(Arm(f"{name}, of {size:,}", "peer", partial(_each, (step,), way, size)))
    goals = [Goal(ours, f"at most {microseconds:g} us", itemgetter(ours), microseconds)]
    if multiple is not None:
        goals.insert(0, times(ours, multiple, floor))
    return Comparison(f"{step} of a provider that does nothing", "CPU us", arms, goals, plan.pick(7, 1))


def _linearity(sizes: tuple[int, ...], plan: Plan) -> Comparison:
    """Whether a start and a stop cost the same for each provider, however many there are."""
    both: tuple[Step, ...] = ("start", "stop")
    arms = [
        *(Arm(f"a bare task each, of {size:,}", "floor", partial(_each, both, _bare, size)) for size in sizes),
        *(Arm(f"purveyor, of {size:,}", "purveyor", partial(_each, both, _unconnected, size)) for size in sizes),
    ]
    names = [arm.name for arm in arms]
    goals = [_grows_as_bare_tasks(names, len(sizes), few) for few in (0, 1)]
    return Comparison("start and stop of a provider that does nothing", "CPU us", arms, goals, plan.pick(3, 1))


def _grows_as_bare_tasks(names: list[str], sizes: int, few: int) -> Goal:
    """What many cost over what few cost, over the same of bare tasks: no cache holds so many of either."""
    bare_few, bare_many, our_few, our_many = (names[each] for each in (few, sizes - 1, sizes + few, 2 * sizes - 1))

    def figure(measured: Mapping[str, float]) -> float:
        return measured[our_many] / measured[our_few] / (measured[bare_many] / measured[bare_few])

    return Goal(our_many, f"over {our_few}: at most 1.25 x what bare tasks do", figure, 1.25)


# --- Measuring ------------------------------------------------------------------------------------------


@asynccontextmanager
async def _total(way: Way, graph: Graph) -> Opened:
    async def repeat() -> float:
        return await _run(way(graph)) * 1000

    yield repeat


@asynccontextmanager
async def _over_critical_path(way: Way, graph: Graph) -> Opened:
    async def repeat() -> float:
        return await _run(way(graph)) / graph.critical_path

    yield repeat


async def _run(system: System) -> float:
    """How long the start takes, in seconds."""
    begun = perf_counter()
    await system.start()
    took = perf_counter() - begun
    await system.stop()
    return took


@asynccontextmanager
async def _each(steps: tuple[Step, ...], way: Way, size: int) -> Opened:
    """The processor time of one step or both, for each component; where there are few, several times."""
    graph = unconnected(size)
    rounds = max(1, FEW // size) if size >= 100 else 1

    async def repeat() -> float:
        took = {"start": 0, "stop": 0}
        for _ in range(rounds):
            system = way(graph)
            gc.collect()
            gc.freeze()  # what is declared is not what is measured; the harness undoes it
            begun = thread_time_ns()
            await system.start()
            started = thread_time_ns()
            await system.stop()
            took["stop"] += thread_time_ns() - started
            took["start"] += started - begun
        return sum(took[step] for step in steps) / (rounds * size * 1000)

    yield repeat


# --- Purveyor, and the least that a provider can cost ---------------------------------------------------


class Linked(Service):
    """A component of a graph, as a provider."""

    def __init__(self, graph: Graph, number: int) -> None:
        metadata = ProviderMetadata(name_of(number), ProviderType.CUSTOM, "starts", "1")
        super().__init__(metadata, Config("tcp://component.example"))
        self._graph = graph
        self._number = number

    async def initialize(self) -> None:
        """Take as long as it takes."""
        await self._graph.run(self._number)


class WithOne(Linked):
    """One that needs another."""

    first: Annotated[Linked, Needs("first")]


class WithTwo(WithOne):
    """One that needs two others."""

    second: Annotated[Linked, Needs("second")]


class WithThree(WithTwo):
    """One that needs three others."""

    third: Annotated[Linked, Needs("third")]


_KINDS = (Linked, WithOne, WithTwo, WithThree)
_ROLES = ("first", "second", "third")


def _linked(graph: Graph) -> System:
    manager = ProviderManager()
    registrations = [
        Registration(
            _KINDS[len(needed)](graph, number),
            needs=dict(zip(_ROLES, map(name_of, needed), strict=False)),
        )
        for number, needed in enumerate(graph.needs)
    ]
    return System(lambda: manager.register_all(registrations), manager.cleanup)


def _unconnected(graph: Graph) -> System:
    manager = ProviderManager()
    services = [service(number) for number in range(len(graph.needs))]
    return System(lambda: manager.register_all(services), manager.cleanup)


def _bare(graph: Graph) -> System:
    """A task for each initialize, and one for each cleanup."""
    services = [service(number) for number in range(len(graph.needs))]

    async def start() -> None:
        for task in [asyncio.create_task(each.initialize()) for each in services]:
            await task

    async def stop() -> None:
        for task in [asyncio.create_task(each.cleanup()) for each in services]:
            await task

    return System(start, stop)
