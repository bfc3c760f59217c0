"""Policies of providers that a manager runs: from `@operation`, from the registration, across reloads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from purveyor import Provider, ProviderManager, ProviderMetadata, ProviderType, operation
from purveyor.errors import BreakerOpenError, OperationTimeoutError, OverloadedError
from purveyor.events import BreakerChanged, Event, OperationRetried, OperationTimedOut
from purveyor.memory.inprocess import InProcessConfig, InProcessMemory
from purveyor.monitor.metrics import MetricsManager
from purveyor.policy import Breaker, Policy
from purveyor.testing import FakeClock


class Backend(Provider[None]):
    """Fails as often as its state says."""

    provider_reload = "swap"
    failures = 0  # of the backend, not of a generation

    async def initialize(self) -> None: ...

    async def cleanup(self) -> None: ...

    def _work(self) -> str:
        if Backend.failures:
            Backend.failures -= 1
            raise OSError("down")
        return "got it"

    @operation(idempotent=True)
    async def get(self, seconds: float = 0) -> str:
        await asyncio.sleep(seconds)
        return self._work()

    @operation(idempotent=True)
    async def get_twice(self) -> list[str]:
        return [await self.get(), await self.get()]

    @operation
    async def put(self) -> str:
        return self._work()

    @operation(idempotent=True)
    async def scan(self) -> AsyncIterator[str]:
        yield self._work()
        yield self._work()

    @operation
    def peek(self) -> str:
        return self._work()


class Asking(Backend):
    @operation(timeout=2, concurrency=1)
    async def get(self, seconds: float = 0) -> str:
        await asyncio.sleep(seconds)
        return "got it"


def named(cls: type[Backend]) -> Backend:
    Backend.failures = 0
    return cls(ProviderMetadata("backend", ProviderType.CUSTOM, "", "1"), None)


@pytest.fixture
async def manager(metrics: MetricsManager, clock: FakeClock) -> AsyncIterator[ProviderManager]:
    async with ProviderManager(supervision=None) as manager:
        yield manager


async def test_what_is_not_configured_is_not_there(manager: ProviderManager) -> None:
    backend = named(Backend)
    await manager.register(backend)
    Backend.failures = 1
    with pytest.raises(OSError):
        await backend.get()
    assert backend._governor is None
    Backend.failures = 0


async def test_the_deadline_of_an_operation_that_asks_for_it(manager: ProviderManager, clock: FakeClock) -> None:
    backend = named(Asking)
    await manager.register(backend)
    late, queued = asyncio.ensure_future(backend.get(5)), asyncio.ensure_future(backend.get(5))
    await clock.advance(2)
    for each in (late, queued):
        with pytest.raises(OperationTimeoutError):
            await each
    assert await backend.put() == "got it"


async def test_a_retried_operation_is_one_operation(
    manager: ProviderManager, clock: FakeClock, metrics: MetricsManager
) -> None:
    """Its duration has the retries in it, and it is counted once."""
    heard: list[Event] = []
    undo = manager.subscribe(heard.append)
    backend = named(Backend)
    await manager.register(backend, policy=Policy(retries=3))
    Backend.failures = 2
    task = asyncio.ensure_future(backend.get())
    await clock.advance(5)
    assert await task == "got it"
    assert [type(event) for event in heard if isinstance(event, OperationRetried)] == [OperationRetried] * 2
    undo()
    record = metrics.operation("get", "custom", "backend")
    assert (record.successes, record.failures) == (1, 0)
    Backend.failures = 1
    with pytest.raises(OSError):
        await backend.put()  # not idempotent
    Backend.failures = 0


async def test_a_generator_through_all_layers(manager: ProviderManager, clock: FakeClock) -> None:
    backend = named(Backend)
    await manager.register(backend, policy=Policy(retries=1, timeout=5, concurrency=1, breaker=Breaker(1, 10)))
    Backend.failures = 1
    read = asyncio.ensure_future(_collect(backend.scan()))
    await clock.advance(1)
    assert await read == ["got it", "got it"]
    stream = backend.scan()
    await anext(stream)
    with pytest.raises(OverloadedError):
        backend.peek()
    await stream.aclose()  # type: ignore[attr-defined]
    assert backend.peek() == "got it"
    stream = backend.scan()
    await anext(stream)
    Backend.failures = 1
    with pytest.raises(OSError):
        await anext(stream)
    with pytest.raises(BreakerOpenError):
        backend.peek()


async def test_operations_inside_of_operations(manager: ProviderManager) -> None:
    backend = named(Backend)
    await manager.register(backend, policy=Policy(concurrency=1, timeout=5))
    assert await backend.get_twice() == ["got it", "got it"]


@pytest.mark.parametrize("strategy", ["swap", "in_place"])
async def test_a_breaker_outlives_a_reload(manager: ProviderManager, clock: FakeClock, strategy: Any) -> None:
    heard: list[Event] = []
    undo = manager.subscribe(heard.append)
    await manager.register(named(Backend), policy=Policy(breaker=Breaker(1, 10), reload=strategy))
    backend = manager.get("backend", Backend)
    Backend.failures = 1
    with pytest.raises(OSError):
        await backend.get()
    await manager.reload_provider("backend")
    for reference in (backend, manager.get("backend", Backend)):
        with pytest.raises(BreakerOpenError):
            await reference.get()
    await clock.advance(10)
    assert await backend.get() == "got it"
    await clock.advance(0)
    assert [(e.old, e.new) for e in heard if isinstance(e, BreakerChanged)] == [
        ("closed", "open"),
        ("open", "half_open"),
        ("half_open", "closed"),
    ]
    undo()


async def test_a_policy_changes_while_the_provider_runs(manager: ProviderManager, clock: FakeClock) -> None:
    heard: list[Event] = []
    undo = manager.subscribe(heard.append)
    await manager.register(named(Backend))
    backend = manager.get("backend", Backend)
    assert await backend.get() == "got it"
    await manager.reload_provider("backend", policy=Policy(timeout=2))
    task = asyncio.ensure_future(backend.get(5))
    await clock.advance(2)
    with pytest.raises(OperationTimeoutError):
        await task
    await clock.advance(0)
    assert [e.seconds for e in heard if isinstance(e, OperationTimedOut)] == [2]
    await manager.reload_provider("backend", policy=None)
    task = asyncio.ensure_future(backend.get(5))
    await clock.advance(5)
    assert await task == "got it"
    undo()


async def test_many_callers_of_a_memory_with_everything_on(manager: ProviderManager) -> None:
    notes = InProcessMemory(
        ProviderMetadata("notes", ProviderType.MEMORY, "", "1", capabilities=["store"]), InProcessConfig()
    )
    await manager.register(notes, policy=Policy(timeout=5, retries=2, breaker=Breaker(), concurrency=16))
    await asyncio.gather(*(notes.put(f"n{number}", number) for number in range(256)))
    items = await asyncio.gather(*(notes.get(f"n{number}") for number in range(256)))
    assert [item.value for item in items if item is not None] == list(range(256))
    assert await notes.count() == 256


async def _collect(stream: AsyncIterator[str]) -> list[str]:
    return [item async for item in stream]
