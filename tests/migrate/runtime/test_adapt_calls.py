"""Plain functions whose result is still to come are leased and measured until it is there."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from typing import Any

import pytest

from purveyor.errors import ProviderNotReadyError
from purveyor.manager import ProviderManager
from purveyor.metadata import ProviderStatus
from purveyor.migrate import adapt
from purveyor.operations import operation
from purveyor.policy import Policy
from purveyor.provider import Provider
from tests.migrate.runtime.legacy import Bare, Late, Rich
from tests.migrate.runtime.test_adapt import failures, successes
from tests.providers import metadata


@pytest.fixture
async def manager() -> AsyncIterator[ProviderManager]:
    async with ProviderManager() as manager:
        yield manager


@pytest.fixture
async def late(manager: ProviderManager) -> Any:
    provider = adapt(Late)
    await manager.register(provider)
    return provider


@pytest.mark.parametrize("name", ["coroutine", "task"])
async def test_an_awaitable_is_measured_to_its_result(late: Any, name: str) -> None:
    call = asyncio.ensure_future(getattr(late, name)(3))
    await asyncio.sleep(0)
    assert (late._gate.held, successes(late, name)) == (1, 0)
    late.legacy.go.set()
    assert await call == 3
    await asyncio.sleep(0)
    assert (late._gate.held, successes(late, name)) == (0, 1)
    with pytest.raises(OSError, match="x"):
        await getattr(late, name)(OSError("x"))
    await asyncio.sleep(0)
    assert (late._gate.held, failures(late, name)) == (0, 1)


async def test_what_nobody_looks_at_is_still_told_by_asyncio(late: Any) -> None:
    told: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["exception"]))
    error = OSError("lost")
    future = late.future()
    future.set_exception(error)
    await asyncio.sleep(0)
    assert (late._gate.held, failures(late, "future")) == (0, 1)
    del future
    gc.collect()
    await asyncio.sleep(0)
    assert told == [error]


async def test_a_future_is_handed_on_as_it_is(late: Any) -> None:
    future = late.future()
    assert isinstance(future, asyncio.Future)
    assert late._gate.held == 1
    future.cancel()
    await asyncio.sleep(0)
    assert (late._gate.held, successes(late, "future")) == (0, 1)


async def test_a_stop_waits_for_what_is_still_to_come(manager: ProviderManager, late: Any) -> None:
    call = asyncio.ensure_future(late.coroutine(3))
    stop = asyncio.create_task(manager.unregister("late"))
    for _ in range(5):
        await asyncio.sleep(0)
    assert late.legacy.closed == 0
    assert not stop.done()
    late.legacy.go.set()
    assert await call == 3
    await stop
    with pytest.raises(ProviderNotReadyError):
        late.coroutine(4)


async def test_what_nobody_awaits_gives_its_lease_back(manager: ProviderManager, late: Any) -> None:
    late.pages(3)
    late.numbers(3)
    with pytest.warns(RuntimeWarning, match="never awaited"):
        late.bare()
    assert late._gate.held == 0


async def test_iterators_are_measured_to_exhaustion(late: Any) -> None:
    for name, expected in (("stream", [0, 1, 2]), ("pages", [2, 1, 0])):
        items = []
        async for item in getattr(late, name)(3):
            assert (late._gate.held, successes(late, name)) == (1, 0)
            items.append(item)
        assert items == expected
        assert (late._gate.held, successes(late, name)) == (0, 1)
        reader = getattr(late, name)(3)
        await anext(reader)
        await reader.aclose()
        assert (late._gate.held, successes(late, name)) == (0, 2)


@pytest.mark.parametrize("name", ["echo", "echoing"])
async def test_what_is_sent_and_thrown_goes_through(late: Any, name: str) -> None:
    echo = getattr(late, name)()
    assert await anext(echo) is None
    assert await echo.asend(1) == 1
    assert await echo.athrow(KeyError("thrown")) == "thrown"
    with pytest.raises(ValueError, match="out"):
        await echo.athrow(ValueError("out"))
    assert (late._gate.held, failures(late, name)) == (0, 1)
    echo = getattr(late, name)()
    await anext(echo)
    await echo.aclose()
    assert (late._gate.held, successes(late, name)) == (0, 1)
    assert late.legacy.closed == (2 if name == "echoing" else 0)


async def test_generators_are_measured_to_exhaustion(late: Any) -> None:
    assert list(late.numbers(2)) == [0, 1]
    numbers = late.numbers(5)
    with pytest.raises(ValueError, match="3"):
        list(numbers)
    numbers = late.numbers(2)
    next(numbers)
    with pytest.raises(KeyError):
        numbers.throw(KeyError("x"))
    numbers = late.numbers(2)
    next(numbers)
    numbers.close()
    assert late._gate.held == 0
    assert (successes(late, "numbers"), failures(late, "numbers")) == (2, 2)


async def test_a_generator_that_cannot_be_closed_is_a_failure(manager: ProviderManager) -> None:
    class Stubborn:
        def numbers(self) -> Any:
            try:
                yield 1
            finally:
                raise OSError("in the way")

    provider = adapt(Stubborn, sync="inline")
    await manager.register(provider)
    numbers = provider.numbers()
    next(numbers)
    with pytest.raises(OSError, match="in the way"):
        numbers.close()
    assert (provider._gate.held, failures(provider, "numbers")) == (0, 1)


async def test_what_is_only_an_awaitable_is_measured_and_what_is_more_is_handed_on(late: Any) -> None:
    assert await late.bare() == "bare"
    rich = late.rich()
    assert type(rich) is Rich
    assert rich.rows() == 3
    assert successes(late, "rich") == 1
    assert await rich == "bare"
    for value in (None, 3, [1], iter([1]), object(), {"a": Bare()}):
        assert late.plain(value) is value
    assert late._gate.held == 0


async def test_what_is_inside_goes_on_while_it_is_drained(manager: ProviderManager) -> None:
    class Nested(Late):
        provider: Any = None

        def outer(self) -> Any:
            async def later() -> Any:
                await self.go.wait()
                return self.provider.plain("inner")

            return later()

        def outer_stream(self) -> Any:
            return self._stream(self.provider)

        @staticmethod
        async def _stream(provider: Any) -> Any:
            for i in range(2):
                yield provider.plain(i)

    nested = Nested()
    nested.provider = provider = adapt(nested)
    await manager.register(provider)
    call = asyncio.ensure_future(provider.outer())
    stream = provider.outer_stream()
    assert await anext(stream) == 0
    await asyncio.sleep(0)
    stop = asyncio.create_task(manager.unregister("nested"))
    while provider.status is not ProviderStatus.STOPPING:
        await asyncio.sleep(0)
    nested.go.set()
    assert await call == "inner"
    assert [i async for i in stream] == [1]
    await stop
    with pytest.raises(ProviderNotReadyError):
        nested.provider.plain()
    assert failures(provider, "plain") == 1


async def test_old_references_go_to_what_has_taken_over(manager: ProviderManager) -> None:
    provider = adapt(Late, name="late", reload="swap")
    await manager.register(provider)
    held = asyncio.ensure_future(provider.coroutine(1))
    first = provider.legacy
    await asyncio.sleep(0)
    reload = asyncio.create_task(manager.reload_provider("late"))
    while manager.get("late") is provider:
        await asyncio.sleep(0)
    assert first.closed == 0
    assert provider.plain(2) == 2  # at the one that serves
    assert provider.current._gate.held == 0
    first.go.set()
    assert await held == 1
    await reload
    assert first.closed == 1
    assert provider.plain(3) == 3

    class Native(Provider[Any]):
        async def initialize(self) -> None: ...
        async def cleanup(self) -> None: ...

        @operation
        def plain(self, value: Any) -> Any:
            return "native", value

    await manager.reload_provider("late", replacement=Native(metadata("late"), None))
    assert provider.plain(4) == ("native", 4)
    assert successes(provider, "plain") == 3


async def test_a_call_waits_for_a_reload_where_no_loop_runs(manager: ProviderManager) -> None:
    provider = adapt(Late, name="late", sync="inline")
    await manager.register(provider)
    held = asyncio.ensure_future(provider.coroutine(1))
    await asyncio.sleep(0)
    reload = asyncio.create_task(manager.reload_provider("late"))
    while provider.status is not ProviderStatus.RELOADING:
        await asyncio.sleep(0)
    waiting = asyncio.get_running_loop().run_in_executor(None, provider.plain, 5)
    await asyncio.sleep(0)
    provider.legacy.go.set()
    assert await held == 1
    await reload
    assert await waiting == 5


async def test_policies_hold_for_plain_calls(manager: ProviderManager) -> None:
    provider = adapt(Late)
    await manager.register(provider, policy=Policy(concurrency=1))
    assert provider.plain(1) == 1
