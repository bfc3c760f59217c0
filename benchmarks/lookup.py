"""A provider by its name, in registries of three sizes."""

from __future__ import annotations

import random
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from benchmarks.harness import Arm, Comparison, Opened, Plan, Repeat, ahead_of_peers, cpu_ns, times
from benchmarks.subject import Service, Shared, name_of, service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

FLOOR = "dict.get"


def comparisons(plan: Plan) -> Iterator[Comparison]:
    """One for each size."""
    for size in plan.pick((10, 1_000, 100_000), (10,)):
        yield _comparison(size, plan)


def _comparison(size: int, plan: Plan) -> Comparison:
    lookups = plan.pick(
        100_000 if size > 10_000 else 10_000, 1_000
    )  # short turns, and many, even out disturbances
    slow = f"skipped: its set-up takes over 30 s at {size:,}" if size > 10_000 else ""

    manager = Shared(size)

    def arm(
        name: str, role: Any, loop: Callable[[int, int], AbstractAsyncContextManager[Any]], skip: str = ""
    ) -> Arm:
        return Arm(name, role, partial(loop, size, lookups), skip)

    arms = (
        arm(FLOOR, "floor", _dict_get),
        arm("method over a dict", "explains", _method_over_dict),
        Arm("purveyor get_provider(name)", "purveyor", partial(_get_provider, manager, size, lookups)),
        Arm("purveyor get(name, cls)", "purveyor", partial(_get_typed, manager, size, lookups)),
        arm("stevedore manager[name].obj", "peer", _stevedore),
        arm("dependency-injector getattr, call", "peer", _dependency_injector),
        arm("svcs container.get(type)", "peer", _svcs),
        arm("that-depends getattr, resolve_sync", "peer", _that_depends),
        arm("wireup container.get(type)", "peer", _wireup, slow),
        arm("dishka container.get(type)", "peer", _dishka, slow),
        arm("dependency-injector, provider in hand", "explains", _dependency_injector_in_hand),
    )
    goals = (
        times("purveyor get_provider(name)", 1.7, FLOOR),
        ahead_of_peers(arms, "purveyor get_provider(name)"),
        times("purveyor get(name, cls)", 2.6, FLOOR),
        ahead_of_peers(arms, "purveyor get(name, cls)"),
    )
    repeats = plan.pick(15 if size > 10_000 else 81, 2)
    return Comparison(f"lookup among {size:,}", "CPU ns", arms, goals, repeats)


def _names(size: int, lookups: int) -> list[str]:
    return _spread([name_of(number) for number in range(size)], lookups)


def _spread(keys: Sequence[Any], lookups: int) -> list[Any]:
    """Which keys are looked up, in which order: the same for every arm."""
    return random.Random(7).choices(keys, k=lookups)


def _types(size: int) -> list[type]:
    """What containers that look up by type are given for names."""
    return [type(f"Provider{number}", (), {}) for number in range(size)]


# --- Floors -------------------------------------------------------------------------------------------


@asynccontextmanager
async def _dict_get(size: int, lookups: int) -> Opened:
    get: Any = {name_of(number): service(number) for number in range(size)}.get
    yield _calling(get, _names(size, lookups))


@asynccontextmanager
async def _method_over_dict(size: int, lookups: int) -> Opened:
    class Registry:
        def __init__(self) -> None:
            self.providers = {name_of(number): service(number) for number in range(size)}

        def get(self, name: str) -> Service | None:
            return self.providers.get(name)

    yield _calling(Registry().get, _names(size, lookups))


# --- Purveyor -----------------------------------------------------------------------------------------


@asynccontextmanager
async def _get_provider(shared: Shared, size: int, lookups: int) -> Opened:
    async with shared as manager:
        yield _calling(manager.get_provider, _names(size, lookups))


@asynccontextmanager
async def _get_typed(shared: Shared, size: int, lookups: int) -> Opened:
    async with shared as manager:
        for name in manager.names():
            manager.get(name, Service)
        names = _names(size, lookups)

        def loop() -> None:
            get = manager.get
            for name in names:
                get(name, Service)

        yield _timed(loop, lookups)


# --- Peers --------------------------------------------------------------------------------------------


@asynccontextmanager
async def _stevedore(size: int, lookups: int) -> Opened:
    from stevedore.extension import Extension, ExtensionManager

    manager = ExtensionManager.make_test_instance(
        [Extension(name_of(number), None, Service, service(number)) for number in range(size)]
    )
    names = _names(size, lookups)

    def loop() -> None:
        extensions = manager
        for name in names:
            extensions[name].obj  # noqa: B018

    yield _timed(loop, lookups)


@asynccontextmanager
async def _dependency_injector(size: int, lookups: int) -> Opened:
    from dependency_injector.containers import DynamicContainer
    from dependency_injector.providers import Singleton

    container = DynamicContainer()
    for number in range(size):
        setattr(container, name_of(number), Singleton(service, number))
    names = _names(size, lookups)

    def loop() -> None:
        services = container
        for name in names:
            getattr(services, name)()

    yield _timed(loop, lookups)


@asynccontextmanager
async def _dependency_injector_in_hand(size: int, lookups: int) -> Opened:
    from dependency_injector.providers import Singleton

    held = _spread([Singleton(service, number) for number in range(size)], lookups)

    def loop() -> None:
        for provider in held:
            provider()

    yield _timed(loop, lookups)


@asynccontextmanager
async def _svcs(size: int, lookups: int) -> Opened:
    import svcs

    registry = svcs.Registry()
    types = _types(size)
    for kind in types:
        registry.register_value(kind, kind())
    with svcs.Container(registry) as container:
        yield _calling(container.get, _spread(types, lookups))


@asynccontextmanager
async def _that_depends(size: int, lookups: int) -> Opened:
    from that_depends import BaseContainer
    from that_depends.providers import Singleton

    container: Any = type(
        f"Container{size}",
        (BaseContainer,),
        {name_of(number): Singleton(service, number) for number in range(size)},
    )
    names = _names(size, lookups)

    def loop() -> None:
        services = container
        for name in names:
            getattr(services, name).resolve_sync()

    yield _timed(loop, lookups)


@asynccontextmanager
async def _wireup(size: int, lookups: int) -> Opened:
    import wireup

    types = _types(size)
    container = wireup.create_sync_container(injectables=[wireup.instance(kind(), as_type=kind) for kind in types])
    yield _calling(container.get, _spread(types, lookups))
    container.close()


@asynccontextmanager
async def _dishka(size: int, lookups: int) -> Opened:
    from dishka import Provider, Scope, make_container

    types = _types(size)
    provider = Provider(scope=Scope.APP)
    for kind in types:
        provider.provide(kind)
    container = make_container(provider)
    yield _calling(container.get, _spread(types, lookups))
    container.close()


# --- Inside -------------------------------------------------------------------------------------------


def _calling(get: Callable[[Any], object], keys: Sequence[Any]) -> Repeat:
    def loop() -> None:
        look_up = get
        for key in keys:
            look_up(key)

    return _timed(loop, len(keys))


def _timed(loop: Callable[[], None], lookups: int) -> Repeat:
    async def repeat() -> float:
        return cpu_ns(loop, lookups)

    return repeat
