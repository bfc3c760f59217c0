"""The ten providers that answer for a capability, among many that do not."""

from __future__ import annotations

from contextlib import asynccontextmanager
from functools import partial
from itertools import repeat
from typing import TYPE_CHECKING, Any

from benchmarks.harness import Arm, Comparison, Opened, Plan, Repeat, cpu_ns, times
from benchmarks.subject import Service, name_of, registered, service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HITS = 10
FLOOR = "prebuilt index"
OURS = "purveyor get_providers_by_capability"


def comparisons(plan: Plan) -> Iterator[Comparison]:
    """The one: among few and among many, in turns, since the answer should cost the same."""
    small, large = 1_000, plan.pick(100_000, 2_000)
    queries = plan.pick(10_000, 1_000)  # short turns, and many, even out disturbances
    arms: list[Arm] = []
    for size in (small, large):
        few = max(1, queries // size)  # of what takes longer the more there are
        slow = f"skipped: a query takes a second among {size:,}" if size > 10_000 else ""
        arms += [
            Arm(f"{FLOOR}, {size:,}", "floor", partial(_index, size, queries)),
            Arm(f"prebuilt dict of lists, .get, {size:,}", "explains", partial(_dict_get, size, queries)),
            Arm(f"prebuilt index, copied, {size:,}", "explains", partial(_index_copied, size, queries)),
            Arm(f"{OURS}, {size:,}", "purveyor", partial(_purveyor, size, queries)),
            Arm(f"scan, {size:,}", "explains", partial(_scan, size, few)),
            Arm(f"stevedore, scan of its extensions, {size:,}", "peer", partial(_stevedore, size, few)),
            Arm(f"dependency-injector traverse, {size:,}", "peer", partial(_dependency_injector, size, 1), slow),
        ]
    goals = (
        times(f"{OURS}, {small:,}", 3, f"{FLOOR}, {small:,}"),
        times(f"{OURS}, {large:,}", 3, f"{FLOOR}, {large:,}"),
        times(f"{OURS}, {large:,}", 1.25, f"{OURS}, {small:,}"),
    )
    yield Comparison(f"{HITS} hits by capability", "CPU ns", arms, goals, plan.pick(41, 2))


def _services(size: int) -> list[Service]:
    """Every hundredth of a thousand, every ten-thousandth of a hundred thousand: always ten, spread out."""
    return [
        service(number, capabilities=("wanted",) if number % (size // HITS) == 0 else ("store",))
        for number in range(size)
    ]


def _indexed(services: list[Service]) -> dict[str, list[Service]]:
    index: dict[str, list[Service]] = {}
    for each in services:
        for capability in each.metadata.capabilities:
            index.setdefault(capability, []).append(each)
    return index


@asynccontextmanager
async def _dict_get(size: int, queries: int) -> Opened:
    yield _asking(_indexed(_services(size)).get, queries)


@asynccontextmanager
async def _index(size: int, queries: int) -> Opened:
    """Behind a function, as whoever builds one would have it, and giving out its own list."""
    index = _indexed(_services(size))

    def query(capability: str) -> list[Service]:
        return index[capability]

    yield _asking(query, queries)


@asynccontextmanager
async def _index_copied(size: int, queries: int) -> Opened:
    index = _indexed(_services(size))

    def query(capability: str) -> list[Service]:
        return index[capability].copy()

    yield _asking(query, queries)


@asynccontextmanager
async def _purveyor(size: int, queries: int) -> Opened:
    async with registered(_services(size)) as manager:
        assert len(manager.get_providers_by_capability("wanted")) == HITS
        yield _asking(manager.get_providers_by_capability, queries)


@asynccontextmanager
async def _scan(size: int, queries: int) -> Opened:
    services = _services(size)
    yield _asking(lambda word: [each for each in services if word in each.metadata.capabilities], queries)


@asynccontextmanager
async def _stevedore(size: int, queries: int) -> Opened:
    from stevedore.extension import Extension, ExtensionManager

    manager = ExtensionManager.make_test_instance(
        [Extension(each.metadata.name, None, Service, each) for each in _services(size)]
    )
    yield _asking(lambda word: [each for each in manager if word in each.obj.metadata.capabilities], queries)


@asynccontextmanager
async def _dependency_injector(size: int, queries: int) -> Opened:
    from dependency_injector.containers import DynamicContainer
    from dependency_injector.providers import Factory, Singleton

    container = DynamicContainer()
    for number in range(size):
        kind = Factory if number % (size // HITS) == 0 else Singleton
        setattr(container, name_of(number), kind(service, number))
    yield _asking(lambda _: list(container.traverse(types=[Factory])), queries)


def _asking(query: Callable[[str], Any], queries: int) -> Repeat:
    def loop() -> None:
        ask = query
        for _ in repeat(None, queries):
            ask("wanted")

    async def measure() -> float:
        return cpu_ns(loop, queries)

    return measure
