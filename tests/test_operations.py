"""`@operation`: kinds of functions, leases, counts."""

from __future__ import annotations

import asyncio
import copy
import gc
import inspect
import sys
import threading
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock, Mock

import pytest

from purveyor.manager import ProviderManager
from purveyor.metadata import ProviderType
from purveyor.monitor.metrics import MetricsManager
from purveyor.operations import OperationInfo, operation, operations_of
from purveyor.provider import Provider
from tests.providers import Scripted


def successes(metrics: MetricsManager, name: str, provider: str = "one") -> int:
    return metrics.operation(name, "custom", provider).successes


def failures(metrics: MetricsManager, name: str, provider: str = "one") -> int:
    return metrics.operation(name, "custom", provider).failures


@contextmanager
def switching_often() -> Iterator[None]:
    """Threads are interrupted after a microsecond, so that what is not exact shows."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


# --- What is kept -----------------------------------------------------------------------------------


def test_kind_signature_and_documentation_are_kept() -> None:
    assert inspect.iscoroutinefunction(Scripted.echo)
    assert inspect.isasyncgenfunction(Scripted.count_to)
    assert inspect.isfunction(Scripted.plain)
    assert str(inspect.signature(Scripted.echo)) == "(self, value: 'Any') -> 'Any'"
    assert Scripted.plain.__doc__ == "A plain function."
    assert Scripted.echo.__name__ == "echo"


def test_the_signature_is_found_without_looking_through_and_may_not_be_told() -> None:
    assert inspect.getfullargspec(Scripted.echo).args == ["self", "value"]

    def untold(self: Any) -> None: ...

    untold.__signature__ = "nothing"  # type: ignore[attr-defined]
    assert operation(untold).__name__ == "untold"


def test_operations_of_a_class_are_listed_with_those_it_inherits() -> None:
    class Child(Scripted):
        @operation(idempotent=True)
        async def more(self) -> None: ...

    found = operations_of(Child)
    assert list(found) == ["count_to", "echo", "fail", "hold", "more", "nested", "plain"]
    assert found["more"] == OperationInfo("more", idempotent=True)
    assert found["echo"] == OperationInfo("echo", idempotent=False)


@pytest.mark.parametrize("thing", [staticmethod(len), property(len), 3])
def test_what_is_no_function_is_refused(thing: Any) -> None:
    with pytest.raises(TypeError, match="@operation marks functions"):
        operation(thing)


# --- Counts -----------------------------------------------------------------------------------------


async def test_calls_are_counted_by_outcome(metrics: MetricsManager) -> None:
    """Trap 32."""
    provider = Scripted()
    provider.resources = 1
    assert await provider.echo(1) == 1
    assert provider.plain(2) == 2
    assert [i async for i in provider.count_to(3)] == [0, 1, 2]
    for error in (OSError("a"), OSError("b"), KeyError("c"), asyncio.CancelledError()):
        with pytest.raises(type(error)):
            await provider.fail(error)
    assert [successes(metrics, name) for name in ("echo", "plain", "count_to", "fail")] == [1, 1, 1, 0]
    record = metrics.operation("fail", "custom", "one")
    assert record.errors == {"OSError": 2, "KeyError": 1, "CancelledError": 1}
    assert record.failures == 4
    assert metrics.operation("echo", "custom", "one").durations.count == 1


async def test_a_duration_is_from_the_call_to_the_end_of_the_generator(
    metrics: MetricsManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [100.0]
    monkeypatch.setattr("purveyor.operations.perf_counter", lambda: clock[0])
    provider = Scripted()
    provider.resources = 1

    async def read() -> None:
        async for _ in provider.count_to(3):
            clock[0] += 2

    await read()
    durations = metrics.operation("count_to", "custom", "one").durations
    assert durations.total == 6.0
    assert durations.counts == [0] * 10 + [1, 0, 0, 0]  # above 5 s, at most 10 s

    class Slow(Scripted):
        @operation
        async def work(self) -> None:
            clock[0] += 0.05

        @operation
        def think(self) -> None:
            clock[0] += 0.0001

    slow = Slow()
    await slow.work()
    slow.think()
    assert metrics.operation("work", "custom", "one").durations.counts[5] == 1
    assert metrics.operation("think", "custom", "one").durations.total == pytest.approx(0.0001)


async def test_a_plain_function_that_raises_is_a_failure(metrics: MetricsManager) -> None:
    class Failing(Scripted):
        @operation
        def work(self) -> None:
            raise LookupError

    async with ProviderManager() as manager:
        provider = Failing()
        await manager.register(provider)
        with pytest.raises(LookupError):
            provider.work()
        assert provider._gate.held == 0
    assert failures(metrics, "work") == 1


async def test_a_provider_that_never_called_super_is_counted_under_its_class(metrics: MetricsManager) -> None:
    class Legacy(Provider[None]):
        provider_type = ProviderType.MEMORY

        def __init__(self) -> None:
            pass

        async def initialize(self) -> None: ...

        async def cleanup(self) -> None: ...

        @operation
        async def work(self) -> int:
            return 1

    assert await Legacy().work() == 1
    assert metrics.operation("work", "memory", "Legacy").successes == 1


async def test_the_counts_of_a_name_go_on_when_it_is_registered_anew(metrics: MetricsManager) -> None:
    for _ in range(2):
        async with ProviderManager() as manager:
            provider = Scripted()
            await manager.register(provider)
            await provider.echo(1)
    assert successes(metrics, "echo") == 2
    assert successes(metrics, "initialize") == 2
    assert successes(metrics, "cleanup") == 2


def test_counts_are_exact_under_threads_and_thread_churn(metrics: MetricsManager) -> None:
    provider = Scripted()
    provider.plain(0)
    there, go = threading.Barrier(9), threading.Event()

    def work() -> None:
        there.wait()
        go.wait()
        for i in range(500):
            provider.plain(i)

    for _ in range(20):  # generations of threads that end
        go.clear()
        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        there.wait()  # coverage traces all of them: Python 3.11 cannot begin that in two threads at once
        with switching_often():
            go.set()
            for thread in threads:
                thread.join()
    record = metrics.operation("plain", "custom", "one")
    assert record.successes == 1 + 20 * 8 * 500
    assert record.durations.count == record.successes
    assert len(record.cells) < 80  # a dead thread's cell is taken over: cells do not grow with the threads


# --- Async generators -------------------------------------------------------------------------------


class Streams(Scripted):
    closed = 0

    @operation
    async def talk(self) -> AsyncGenerator[str, str]:
        try:
            heard = yield "hello"
            while True:
                try:
                    heard = yield f"you said {heard}"
                except ValueError as error:
                    heard = f"error {error}"
        finally:
            type(self).closed += 1

    @operation
    async def broken(self) -> AsyncIterator[int]:
        yield 1
        raise OSError("broken")


async def test_a_reader_that_has_read_enough_gives_the_lease_back(metrics: MetricsManager) -> None:
    """Traps 32 and 41."""
    async with ProviderManager() as manager:
        provider = Streams()
        await manager.register(provider)
        gate = provider._gate
        stream = provider.talk()
        assert await anext(stream) == "hello"
        assert gate.held == 1
        closed = Streams.closed
        await stream.aclose()
        assert gate.held == 0
        assert Streams.closed == closed + 1
        assert successes(metrics, "talk") == 1
        assert not gate._holders


async def test_what_is_sent_and_thrown_reaches_the_generator() -> None:
    stream = Streams().talk()
    assert await anext(stream) == "hello"
    assert await stream.asend("ship") == "you said ship"
    assert await stream.athrow(ValueError("storm")) == "you said error storm"
    with pytest.raises(KeyError):
        await stream.athrow(KeyError())


async def test_a_generator_that_breaks_is_a_failure(metrics: MetricsManager) -> None:
    async with ProviderManager() as manager:
        provider = Streams()
        await manager.register(provider)
        with pytest.raises(OSError, match="broken"):
            _ = [item async for item in provider.broken()]
        assert failures(metrics, "broken") == 1
        assert provider._gate.held == 0


async def test_a_generator_of_a_stopped_provider_holds_no_lease() -> None:
    manager = ProviderManager()
    provider = Streams()
    await manager.register(provider)
    await manager.cleanup()
    with pytest.raises(RuntimeError, match="stopped"):
        await anext(provider.talk())
    assert provider._gate.held == 0


async def test_two_generators_of_one_reader() -> None:
    async with ProviderManager() as manager:
        provider = Scripted()
        await manager.register(provider)
        gate = provider._gate
        first, second = provider.count_to(2), provider.count_to(2)
        await anext(first)
        await anext(second)
        assert gate.held == 2
        await second.aclose()  # type: ignore[attr-defined]
        reload = asyncio.create_task(manager.reload_provider("one"))
        await asyncio.sleep(0.01)
        assert [i async for i in first] == [1]
        await reload


async def test_a_waiting_operation_that_is_cancelled_holds_no_lease() -> None:
    async with ProviderManager() as manager:
        go = asyncio.Event()
        provider = Scripted()
        await manager.register(provider)

        async def wait() -> None:
            await go.wait()

        provider.steps["initialize"] = wait
        reload = asyncio.create_task(manager.reload_provider("one"))
        await asyncio.sleep(0.01)
        waiting = [asyncio.create_task(provider.echo(i)) for i in range(3)]
        await asyncio.sleep(0.01)
        waiting[1].cancel()
        await asyncio.sleep(0.01)
        go.set()
        await reload
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        assert (outcomes[0], outcomes[2]) == (0, 2)
        assert isinstance(outcomes[1], asyncio.CancelledError)
        assert provider._gate.held == 0


def test_a_waiter_whose_event_loop_is_gone_harms_nobody() -> None:
    async def main() -> None:
        async with ProviderManager() as manager:
            go = asyncio.Event()
            provider = Scripted()
            await manager.register(provider)

            async def wait() -> None:
                await go.wait()

            provider.steps["initialize"] = wait
            reload = asyncio.create_task(manager.reload_provider("one"))
            await asyncio.sleep(0.01)

            def elsewhere() -> None:
                loop = asyncio.new_event_loop()
                task = loop.create_task(provider.echo(1))
                loop.run_until_complete(asyncio.sleep(0.01))
                task._log_destroy_pending = False  # type: ignore[attr-defined]
                task.get_coro().close()
                loop.close()

            elsewhere_done = asyncio.to_thread(elsewhere)
            await elsewhere_done
            other = asyncio.create_task(provider.echo(2))
            await asyncio.sleep(0.01)
            go.set()
            await reload
            assert await other == 2

    asyncio.run(main())


# --- What is called with something else -------------------------------------------------------------


class Lent(Scripted):
    """Its functions are used by others as well."""

    @operation
    async def give(self, value: int = 0) -> tuple[Any, int]:
        return self, value

    @operation
    def put(self, value: int = 0) -> tuple[Any, int]:
        if value < 0:
            raise ValueError(value)
        return self, value

    @operation
    async def count(self, value: int = 0) -> AsyncGenerator[tuple[Any, int]]:
        yield self, value


class Borrowing:
    give, put, count = Lent.give, Lent.put, Lent.count


@pytest.mark.parametrize("borrowed", [SimpleNamespace(), MagicMock(), Mock(spec=Lent), None, Borrowing()])
async def test_a_function_runs_with_what_is_no_provider(borrowed: Any, metrics: MetricsManager) -> None:
    lent: Any = Lent
    assert await lent.give(borrowed, 1) == (borrowed, 1)
    assert lent.put(borrowed, value=2) == (borrowed, 2)
    assert [each async for each in lent.count(borrowed, 3)] == [(borrowed, 3)]
    with pytest.raises(ValueError, match="-1"):
        lent.put(borrowed, -1)
    assert metrics.operation("put", "custom", "Lent").failures == 0


def test_a_function_of_another_class_is_a_method_of_it() -> None:
    borrowing: Any = Borrowing()
    assert borrowing.put(4) == (borrowing, 4)


async def test_a_call_with_nothing_says_what_is_missing() -> None:
    lent: Any = Lent
    with pytest.raises(TypeError, match=r"Lent\.give\(\) missing 1 required positional argument: 'self'"):
        await lent.give()


def test_an_async_generator_is_read_without_an_event_loop() -> None:
    counting = Lent().count(1)
    with pytest.raises(StopIteration) as item:
        counting.asend(None).send(None)
    assert item.value.value[1] == 1
    with pytest.raises(StopIteration):
        counting.aclose().send(None)


def test_a_copy_runs_its_own_operations_and_the_original_goes_with_its_last_reference() -> None:
    original = Lent()
    original.put()
    other = copy.copy(original)
    assert other.put()[0] is other
    gone = weakref.ref(original)
    gc.disable()
    try:
        del original
        assert gone() is None
    finally:
        gc.enable()
