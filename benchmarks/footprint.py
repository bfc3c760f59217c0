"""Memory that one more registered provider takes."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any, NamedTuple, TypeAlias

from benchmarks.harness import Arm, Comparison, Goal, Plan, Role
from benchmarks.isolated import python
from benchmarks.resident import resident
from benchmarks.subject import Service, name_of, registered, service

Types: TypeAlias = Sequence[type[Service]]

OURS = "purveyor, registered"


def comparisons(plan: Plan) -> Iterator[Comparison]:
    """The one."""
    arms = [Arm(name, way.role, partial(_weighed, name, plan)) for name, way in _WAYS.items()]
    goal = Goal(OURS, "at most 6,144 bytes", lambda measured: measured[OURS], 6 * 1024)
    yield Comparison("memory of one provider more", "bytes", arms, (goal,), plan.pick(3, 1))


def weigh(name: str, count: int) -> None:
    """Print how many bytes one of `count` providers takes; runs in the process that is measured.

    Each also has a class of its own, for those who look up by it; these are made beforehand, as they would
    be there anyway.
    """
    hold = _WAYS[name].hold

    async def measure() -> None:
        first, types = _types(100), _types(count)
        async with hold(first):  # what is paid once
            gc.collect()
            before = resident()
            async with hold(types):
                gc.collect()
                print((resident() - before) / count)

    asyncio.run(measure())


def _weighed(name: str, plan: Plan) -> Any:
    way = _WAYS[name]
    count = plan.pick(1_000 if way.slow else 10_000, 500)
    return python(f"from benchmarks.footprint import weigh; weigh({name!r}, {count})", way.needs)


def _types(count: int) -> list[type[Service]]:
    return [type(f"Provider{number}", (Service,), {}) for number in range(count)]


@asynccontextmanager
async def _plain(types: Types) -> AsyncIterator[None]:
    kept = {name_of(number): service(number) for number, _ in enumerate(types)}
    yield
    kept.clear()


@asynccontextmanager
async def _tasks(types: Types) -> AsyncIterator[None]:
    """What an owner task costs as such."""
    end = asyncio.Event()

    async def own(each: object) -> object:
        await end.wait()
        return each

    kept = {name_of(number): asyncio.create_task(own(service(number))) for number, _ in enumerate(types)}
    await asyncio.sleep(0)
    yield
    end.set()
    await asyncio.gather(*kept.values())


@asynccontextmanager
async def _purveyor(types: Types) -> AsyncIterator[None]:
    async with registered([service(number) for number, _ in enumerate(types)]):
        yield


@asynccontextmanager
async def _purveyor_used(types: Types) -> AsyncIterator[None]:
    """After an operation of each, so that there is a record of it and a lease cell."""
    services = [service(number) for number, _ in enumerate(types)]
    async with registered(services):
        for each in services:
            await each.measured(1)
        yield


@asynccontextmanager
async def _dependency_injector(types: Types) -> AsyncIterator[None]:
    from dependency_injector.containers import DynamicContainer
    from dependency_injector.providers import Singleton

    container = DynamicContainer()
    for number, _ in enumerate(types):
        setattr(container, name_of(number), Singleton(service, number))
        getattr(container, name_of(number))()
    yield


@asynccontextmanager
async def _dishka(types: Types) -> AsyncIterator[None]:
    from dishka import Provider, Scope, make_container

    provider = Provider(scope=Scope.APP)
    for number, kind in enumerate(types):
        provider.provide(_making(number), provides=kind)
    container = make_container(provider)
    for kind in types:
        container.get(kind)
    yield
    container.close()


@asynccontextmanager
async def _stevedore(types: Types) -> AsyncIterator[None]:
    from stevedore.extension import Extension, ExtensionManager

    manager = ExtensionManager.make_test_instance(
        [Extension(name_of(number), None, kind, service(number)) for number, kind in enumerate(types)]
    )
    yield
    assert manager.names()


@asynccontextmanager
async def _svcs(types: Types) -> AsyncIterator[None]:
    import svcs

    registry = svcs.Registry()
    for number, kind in enumerate(types):
        registry.register_value(kind, service(number))
    with svcs.Container(registry) as container:
        for kind in types:
            container.get(kind)
        yield


@asynccontextmanager
async def _that_depends(types: Types) -> AsyncIterator[None]:
    from that_depends import BaseContainer
    from that_depends.providers import Singleton

    providers = {name_of(number): Singleton(service, number) for number, _ in enumerate(types)}
    container: Any = type(f"Container{len(types)}", (BaseContainer,), providers)
    for name in providers:
        getattr(container, name).resolve_sync()
    yield


@asynccontextmanager
async def _wireup(types: Types) -> AsyncIterator[None]:
    import wireup

    container = wireup.create_sync_container(
        injectables=[wireup.instance(service(number, kind), as_type=kind) for number, kind in enumerate(types)]
    )
    for kind in types:
        container.get(kind)
    yield
    container.close()


def _making(number: int) -> Callable[[], Service]:
    return lambda: service(number)


class _Way(NamedTuple):
    """A way to keep providers; `needs` is the module that must be installed for it."""

    role: Role
    hold: Callable[[Types], AbstractAsyncContextManager[None]]
    needs: str = ""
    slow: bool = False


_WAYS = {
    "plain objects in a dict": _Way("floor", _plain),
    "plain objects, a task each": _Way("explains", _tasks),
    OURS: _Way("purveyor", _purveyor),
    "purveyor, registered and used": _Way("purveyor", _purveyor_used),
    "dependency-injector": _Way("peer", _dependency_injector, "dependency_injector"),
    "dishka": _Way("peer", _dishka, "dishka", slow=True),
    "stevedore": _Way("peer", _stevedore, "stevedore"),
    "svcs": _Way("peer", _svcs, "svcs"),
    "that-depends": _Way("peer", _that_depends, "that_depends"),
    "wireup": _Way("peer", _wireup, "wireup", slow=True),
}
