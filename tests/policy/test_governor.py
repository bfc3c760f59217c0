"""Which policies hold for which operation, what is shared, and in which order they act."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from typing import Any

import pytest

from purveyor import Provider, operation
from purveyor.errors import BreakerOpenError, ConflictError, OperationTimeoutError, OverloadedError
from purveyor.metadata import ProviderType
from purveyor.operations import OperationInfo, asks_for_policies
from purveyor.policy import Breaker, Governor, Policy
from purveyor.policy.limit import QUEUE
from purveyor.testing import FakeClock
from tests.policy.conftest import COROUTINE, FUNCTION, GENERATOR, World


async def get(result: Any = None) -> Any:
    """Fails with what it is given, if that is an error."""
    await asyncio.sleep(0)
    if isinstance(result, BaseException):
        raise result
    return result


def fetch(result: Any = None) -> Any:
    if isinstance(result, BaseException):
        raise result
    return result


async def scan(*results: Any) -> Any:
    for result in results:
        yield await get(result)


class TestWhichHold:
    @pytest.mark.parametrize("info", [COROUTINE, GENERATOR, FUNCTION])
    def test_without_any_policy_the_call_itself_is_called(self, world: World, info: OperationInfo) -> None:
        assert world.govern(get, info=info) is get
        lifecycle = Policy(start_timeout=1, stop_timeout=1, drain_timeout=1, reload="swap", retries=0)
        world.new_governor(lifecycle)
        assert world.govern(get, info=info) is get

    def test_a_plain_function_knows_no_deadline_and_no_retries(self, world: World) -> None:
        assert world.govern(fetch, info=FUNCTION, timeout=3, retries=3) is fetch

    @pytest.mark.parametrize(("configured", "decorated", "holds"), [(3, 9, 3), (None, 9, 9), (3, None, 3)])
    async def test_the_configuration_wins_over_the_decorator(
        self, world: World, clock: FakeClock, configured: int | None, decorated: int | None, holds: int
    ) -> None:
        call = world.govern(asyncio.sleep, info=replace(COROUTINE, timeout=decorated), timeout=configured)
        task = asyncio.ensure_future(call(60))
        await clock.advance(60)
        with pytest.raises(OperationTimeoutError, match=f"after {holds} s"):
            await task
        assert world.told() == [("OperationTimedOut", "sleep", holds)]
        assert world.count("provider_timeouts", name="notes", type="memory", operation="sleep") == 1

    async def test_the_configuration_can_turn_retries_off(self, world: World) -> None:
        assert world.govern(get, info=replace(COROUTINE, retries=3), retries=0) is get

    def test_which_classes_ask_for_policies_by_themselves(self) -> None:
        class Plain(Provider[None]):
            async def initialize(self) -> None: ...

            async def cleanup(self) -> None: ...

            @operation(idempotent=True)
            async def read(self) -> None: ...

        class Asking(Plain):
            @operation(timeout=3)
            async def write(self) -> None: ...

        asking = [asks_for_policies(each) for each in (Plain, Asking, Asking)]
        assert asking == [False, True, True]


class TestTheBreaker:
    async def test_it_is_the_providers_and_its_operations_share_it(self, world: World, clock: FakeClock) -> None:
        world.new_governor(Policy(breaker=Breaker(3, 10)))
        first, second = world.govern(get), world.govern(fetch, info=FUNCTION)
        third = world.govern(scan, info=GENERATOR)
        for failing in (first(OSError()), asyncio.to_thread(second, OSError()), anext(third(OSError()))):
            with pytest.raises(OSError):
                await failing
        for refused in (anext(third(1)), first(1)):
            with pytest.raises(BreakerOpenError, match=r"it lets one through in 10.0 s"):
                await refused
        with pytest.raises(BreakerOpenError, match=r"notes.fetch: the circuit breaker is open"):
            second(1)
        assert world.told() == [
            ("BreakerChanged", "closed", "open"),
            ("OperationRefused", "scan", "breaker"),
            ("OperationRefused", "get", "breaker"),
            ("OperationRefused", "fetch", "breaker"),
        ]
        assert world.count("provider_breaker_transitions", operation="scan", state="open") == 1
        assert world.count("provider_refused", name="notes", type="memory", reason="breaker") == 3
        await clock.advance(10)
        assert await first(1) == 1
        assert world.told() == [("BreakerChanged", "open", "half_open"), ("BreakerChanged", "half_open", "closed")]

    async def test_one_of_an_operation_is_its_own(self, world: World) -> None:
        info = replace(COROUTINE, breaker=Breaker(1, 10))
        broken, sound = world.govern(get, info=info), world.govern(asyncio.sleep, info=info)
        with pytest.raises(OSError):
            await broken(OSError())
        await sound(0)
        with pytest.raises(BreakerOpenError):
            await broken()

    async def test_it_outlives_a_generation_and_a_change_of_other_settings(self, world: World) -> None:
        with pytest.raises(OSError):
            await world.govern(get, breaker=Breaker(1, 10))(OSError())
        with pytest.raises(BreakerOpenError):
            await world.govern(get, timeout=3)()
        assert await world.govern(get, breaker=Breaker(2, 10))(1) == 1

    async def test_an_operation_that_runs_out_of_time_is_a_failure(self, world: World, clock: FakeClock) -> None:
        call = world.govern(asyncio.sleep, breaker=Breaker(1, 10), timeout=1)
        task = asyncio.ensure_future(call(5))
        await clock.advance(1)
        with pytest.raises(OperationTimeoutError):
            await task
        with pytest.raises(BreakerOpenError):
            await call(0)

    async def test_callers_faults_and_cancellations_are_none(self, world: World) -> None:
        call = world.govern(get, breaker=Breaker(1, 10))
        for error in (ValueError(), ConflictError("a", 1, 2)):
            with pytest.raises(type(error)):
                await call(error)
        task = asyncio.ensure_future(call())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await call(1) == 1
        assert world.told() == []

    async def test_a_probe_that_is_cancelled_makes_room_for_another(self, world: World, clock: FakeClock) -> None:
        call = world.govern(get, breaker=Breaker(1, 10))
        with pytest.raises(OSError):
            await call(OSError())
        await clock.advance(10)
        probe = asyncio.ensure_future(call())
        await asyncio.sleep(0)
        with pytest.raises(BreakerOpenError):
            await call()
        probe.cancel()
        with pytest.raises(asyncio.CancelledError):
            await probe
        assert await call(1) == 1
        assert world.events[-1].__class__.__name__ == "BreakerChanged"

    async def test_refusals_are_all_counted_and_one_a_second_is_told(self, world: World, clock: FakeClock) -> None:
        call = world.govern(get, breaker=Breaker(1, 10))
        with pytest.raises(OSError):
            await call(OSError())
        world.told()
        for _ in range(3):
            for _ in range(100):
                with pytest.raises(BreakerOpenError):
                    await call()
            await clock.advance(1)
        assert world.told() == [("OperationRefused", "get", "breaker")] * 3
        assert world.count("provider_refused") == 300


class TestTheLimit:
    async def test_it_is_the_providers_and_its_operations_share_it(self, world: World) -> None:
        world.new_governor(Policy(concurrency=1))
        hold, quick = world.govern(asyncio.sleep), world.govern(fetch, info=FUNCTION)
        task = asyncio.ensure_future(hold(0))
        await asyncio.sleep(0)
        with pytest.raises(OverloadedError, match=r"notes.fetch: 1 operations run already, as many as may, and 0"):
            quick()
        await task
        assert quick(1) == 1
        assert world.told() == [("OperationRefused", "fetch", "concurrency")]
        assert world.count("provider_refused", reason="concurrency", operation="fetch") == 1

    async def test_what_finds_no_room_in_the_queue_is_refused_at_once(self, world: World) -> None:
        call = world.govern(get, concurrency=2)
        tasks = [asyncio.ensure_future(call(number)) for number in range(2 + 2 * QUEUE)]
        await asyncio.sleep(0)
        with pytest.raises(
            OverloadedError, match=f"2 operations run already, as many as may, and {2 * QUEUE} wait"
        ):
            await call()
        assert await asyncio.gather(*tasks) == list(range(2 + 2 * QUEUE))

    async def test_one_of_an_operation_is_its_own(self, world: World) -> None:
        info = replace(FUNCTION, concurrency=1)
        other = world.govern(len, info=info)

        def nested() -> int:
            return int(other("four"))

        assert world.govern(nested, info=info)() == 4

    async def test_a_change_keeps_count_of_what_runs(self, world: World) -> None:
        opened = asyncio.Event()
        calls = [world.govern(opened.wait, concurrency=slots)() for slots in (1, 3)]
        tasks = [asyncio.ensure_future(call) for call in calls]
        await asyncio.sleep(0)
        quick = world.govern(fetch, info=FUNCTION, concurrency=2)
        with pytest.raises(OverloadedError):
            quick()
        opened.set()
        await asyncio.gather(*tasks)
        assert quick(1) == 1

    async def test_the_deadline_runs_in_the_queue_too(self, world: World, clock: FakeClock) -> None:
        call = world.govern(asyncio.sleep, concurrency=1, timeout=5, breaker=Breaker(1, 10))
        first = asyncio.ensure_future(call(4.5))
        second = asyncio.ensure_future(call(4))
        third = asyncio.ensure_future(call(4))
        await clock.advance(5)
        await first
        for late in (second, third):
            with pytest.raises(OperationTimeoutError):
                await late
        assert world.count("provider_timeouts") == 2

    async def test_running_out_of_time_in_the_queue_says_nothing_of_the_backend(
        self, world: World, clock: FakeClock
    ) -> None:
        world.new_governor(Policy(concurrency=1, breaker=Breaker(1, 10)))
        holding = asyncio.ensure_future(world.govern(asyncio.sleep)(9))
        await asyncio.sleep(0)
        waiting = asyncio.ensure_future(world.govern(get, timeout=1)())
        await clock.advance(9)
        await holding
        with pytest.raises(OperationTimeoutError):
            await waiting
        assert await world.govern(get)(1) == 1


class TestTheOrder:
    async def test_nobody_queues_behind_a_backend_that_fails(self, world: World, clock: FakeClock) -> None:
        world.new_governor(Policy(concurrency=1, breaker=Breaker(1, 10)))
        call, hold = world.govern(get), world.govern(asyncio.sleep, info=COROUTINE)
        with pytest.raises(OSError):
            await call(OSError())
        await clock.advance(10)
        probe = asyncio.ensure_future(hold(5))
        await asyncio.sleep(0)
        with pytest.raises(BreakerOpenError, match=r"in 10.0 s"):
            await call()
        await clock.advance(5)
        await probe

    async def test_who_waited_while_the_breaker_opened_is_refused_and_its_slot_is_free(
        self, world: World, clock: FakeClock
    ) -> None:
        call = world.govern(get, concurrency=1, breaker=Breaker(1, 10))
        results = await asyncio.gather(call(OSError()), call(), call(), return_exceptions=True)
        assert [type(each) for each in results] == [OSError, BreakerOpenError, BreakerOpenError]
        await clock.advance(10)
        assert await call(1) == 1


class TestNested:
    """An operation that another one of the same provider calls is part of that one."""

    async def test_it_takes_no_second_slot(self, world: World) -> None:
        world.new_governor(Policy(concurrency=1))
        inner = world.govern(get)

        async def outer() -> Any:
            return await asyncio.gather(inner(1), asyncio.create_task(inner(2)))  # its child tasks too

        async def streaming() -> Any:
            yield await inner(1)
            yield await inner(2)

        assert await world.govern(outer)() == [1, 2]
        assert [item async for item in world.govern(streaming, info=GENERATOR)()] == [1, 2]

    async def test_its_failure_is_not_counted_twice(self, world: World) -> None:
        world.new_governor(Policy(breaker=Breaker(2, 10)))
        inner = world.govern(get)

        async def outer(error: BaseException) -> Any:
            return await inner(error)

        async def forgiving() -> Any:
            for _ in range(5):
                with pytest.raises(OSError):
                    await inner(OSError())
            return "did without"

        with pytest.raises(OSError):
            await world.govern(outer)(OSError())
        assert await world.govern(forgiving)() == "did without"  # which is a success
        with pytest.raises(OSError):
            await world.govern(outer)(OSError())
        assert await inner(1) == 1

    async def test_it_is_not_retried_inside_of_what_is_retried(self, world: World, clock: FakeClock) -> None:
        world.new_governor(Policy(retries=2))
        tries = 0

        async def broken() -> None:
            nonlocal tries
            tries += 1
            raise OSError

        inner = world.govern(broken)

        async def outer() -> None:
            await inner()

        for call, expected in ((world.govern(outer), 3), (outer, 3)):  # the second is no operation
            tries = 0
            task = asyncio.ensure_future(call())
            await clock.advance(5)
            with pytest.raises(OSError):
                await task
            assert tries == expected

    async def test_a_breaker_of_its_own_counts_its_failures(self, world: World) -> None:
        inner = world.govern(get, info=replace(COROUTINE, breaker=Breaker(1, 10)))

        async def outer() -> Any:
            with pytest.raises(OSError):
                await inner(OSError())

        await world.govern(outer, info=replace(COROUTINE, breaker=Breaker(1, 10)))()
        with pytest.raises(BreakerOpenError):
            await inner()

    async def test_another_providers_policies_hold_all_the_same(self, world: World) -> None:
        other = Governor("other", ProviderType.CUSTOM, Policy(concurrency=1), world.events.append)
        inner = other.govern(COROUTINE, get)

        async def outer() -> Any:
            return await asyncio.gather(inner(1), inner(2))

        assert await world.govern(outer, concurrency=1)() == [1, 2]

    async def test_another_providers_retries_too(self, world: World, clock: FakeClock) -> None:
        other = Governor("other", ProviderType.CUSTOM, Policy(retries=1), world.events.append)
        inner = other.govern(COROUTINE, get)

        async def outer() -> Any:
            await inner(OSError())

        task = asyncio.ensure_future(world.govern(outer, retries=1)())
        await clock.advance(5)
        with pytest.raises(OSError):
            await task
        assert [event.name for event in world.events] == ["other", "notes", "other"]

    async def test_what_is_left_running_is_a_caller_like_any_other(self, world: World) -> None:
        world.new_governor(Policy(concurrency=1))
        inner = world.govern(get)
        released, left = asyncio.Event(), []

        async def later() -> Any:
            await released.wait()
            return await inner(1)

        async def outer() -> None:
            left.append(asyncio.create_task(later()))

        await world.govern(outer)()
        opened = asyncio.Event()
        holding = asyncio.ensure_future(world.govern(opened.wait)())
        await asyncio.sleep(0)
        released.set()
        for _ in range(5):
            await asyncio.sleep(0)
        assert not left[0].done()  # it has no part in a slot any more, and waits for one
        opened.set()
        await holding
        assert await left[0] == 1

    async def test_the_callers_context_is_left_as_it_was(self, world: World) -> None:
        world.new_governor(Policy(concurrency=1))
        await world.govern(get)()
        holding = asyncio.ensure_future(world.govern(asyncio.sleep)(0))
        await asyncio.sleep(0)
        with pytest.raises(OverloadedError):
            world.govern(fetch, info=FUNCTION)()
        await holding


class TestGenerators:
    async def test_it_holds_its_slot_until_it_is_exhausted(self, world: World) -> None:
        world.new_governor(Policy(concurrency=1))
        quick, stream = world.govern(fetch, info=FUNCTION), world.govern(scan, info=GENERATOR)(1, 2)
        assert [await anext(stream), await anext(stream)] == [1, 2]
        with pytest.raises(OverloadedError):
            quick()
        with pytest.raises(StopAsyncIteration):
            await anext(stream)
        assert quick(1) == 1
        await stream.aclose()

    async def test_or_closed_or_broken_or_never_begun(self, world: World) -> None:
        world.new_governor(Policy(concurrency=1, breaker=Breaker(1, 10)))
        quick, streaming = world.govern(fetch, info=FUNCTION), world.govern(scan, info=GENERATOR)
        await streaming(1).aclose()
        closed = streaming(1, 2)
        await anext(closed)
        await closed.aclose()
        await closed.aclose()
        assert quick(1) == 1
        broken = streaming(1, OSError())
        await anext(broken)
        with pytest.raises(OSError):
            await anext(broken)
        with pytest.raises(BreakerOpenError):
            quick()

    async def test_what_its_reader_sends_and_throws_comes_through(self, world: World) -> None:
        async def echo() -> Any:
            item: Any = "first"
            while True:
                try:
                    item = yield item
                except KeyError as error:
                    item = error

        stream = world.govern(echo, info=GENERATOR, concurrency=1)()
        assert await anext(stream) == "first"
        assert await stream.asend(2) == 2
        thrown = KeyError()
        assert await stream.athrow(thrown) is thrown
        with pytest.raises(ZeroDivisionError):
            await stream.athrow(ZeroDivisionError())
        assert world.govern(fetch, info=FUNCTION)(1) == 1

    async def test_a_cleanup_that_fails_is_a_failure(self, world: World) -> None:
        async def sticky() -> Any:
            try:
                yield 1
            finally:
                raise OSError("it sticks")

        stream = world.govern(sticky, info=GENERATOR, breaker=Breaker(1, 10))()
        await anext(stream)
        with pytest.raises(OSError, match="it sticks"):
            await stream.aclose()
        assert world.told() == [("BreakerChanged", "closed", "open")]

    async def test_each_step_has_the_time(self, world: World, clock: FakeClock) -> None:
        async def slow(*seconds: float) -> Any:
            for each in seconds:
                await asyncio.sleep(each)
                yield each

        stream = world.govern(slow, info=GENERATOR, timeout=5)(4, 4, 6)
        for expected in (4, 4):
            step = asyncio.ensure_future(anext(stream))
            await clock.advance(4)
            assert await step == expected
            await clock.advance(100)  # the reader takes its time
        step = asyncio.ensure_future(anext(stream))
        await clock.advance(5)
        with pytest.raises(OperationTimeoutError):
            await step
        assert world.told() == [("OperationTimedOut", "slow", 5)]
        with pytest.raises(StopAsyncIteration):
            await anext(stream)

    async def test_it_is_begun_anew_only_before_its_first_item(self, world: World, clock: FakeClock) -> None:
        begun = 0

        async def flaky() -> Any:
            nonlocal begun
            begun += 1
            if begun < 3:
                raise OSError("early")
            yield begun
            raise OSError("late")

        stream = world.govern(flaky, info=GENERATOR, retries=3)()
        first = asyncio.ensure_future(anext(stream))
        await clock.advance(5)
        assert await first == 3
        with pytest.raises(OSError, match="late"):
            await anext(stream)
        assert begun == 3
        assert len(world.told()) == 2

    async def test_an_empty_one_is_no_failure(self, world: World) -> None:
        stream = world.govern(scan, info=GENERATOR, retries=3, timeout=5, concurrency=1, breaker=Breaker(1, 10))()
        assert [item async for item in stream] == []
        assert world.told() == []

    async def test_its_reader_is_not_inside_between_two_steps(self, world: World) -> None:
        world.new_governor(Policy(concurrency=1))
        stream = world.govern(scan, info=GENERATOR)(1)
        await anext(stream)
        with pytest.raises(OverloadedError):
            world.govern(fetch, info=FUNCTION)()
        await stream.aclose()

    async def test_refused_before_its_first_step(self, world: World) -> None:
        world.new_governor(Policy(breaker=Breaker(1, 10)))
        with pytest.raises(OSError):
            await world.govern(get)(OSError())
        stream = world.govern(scan, info=GENERATOR)(1)
        with pytest.raises(BreakerOpenError):
            await anext(stream)
        await stream.aclose()


class TestGauges:
    def states(self, world: World) -> dict[str, str]:
        """The state of each breaker, by its operation."""
        for family in world.metrics.collect():
            if family.name == "provider_breaker_state":
                assert all(dict(key)["name"] == "notes" for key in family.values)
                assert len(family.values) == 3 * sum(family.values.values())
                return {
                    dict(key).get("operation", ""): dict(key)["state"]
                    for key, v in family.values.items()
                    if v == 1
                }
        return {}

    async def test_the_state_of_the_breaker(self, world: World, clock: FakeClock) -> None:
        assert self.states(world) == {}
        call = world.govern(get, breaker=Breaker(1, 10))
        assert self.states(world) == {"": "closed"}
        with pytest.raises(OSError):
            await call(OSError())
        assert self.states(world) == {"": "open"}
        await clock.advance(10)
        probe = asyncio.ensure_future(call())
        await asyncio.sleep(0)
        assert self.states(world) == {"": "half_open"}
        await probe

    def test_those_of_operations_while_they_are_in_force(self, world: World) -> None:
        world.govern(get, info=replace(COROUTINE, breaker=Breaker(1, 10)))
        assert self.states(world) == {"get": "closed"}
        world.govern(get, breaker=Breaker(2, 10))
        assert self.states(world) == {"": "closed"}
        world.governor.close()
        assert self.states(world) == {}


def test_many_threads_share_a_breaker_and_a_limit(world: World) -> None:
    call = world.govern(fetch, info=FUNCTION, concurrency=3, breaker=Breaker(1000, 10))
    outcomes: list[str] = []

    def work() -> None:
        for _ in range(300):
            try:
                call(OSError())
            except (OSError, OverloadedError, BreakerOpenError) as error:
                outcomes.append(type(error).__name__)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 1800
    assert outcomes.count("OSError") >= 1000  # a few may be under way when it opens
    assert outcomes.count("OSError") <= 1002
    assert world.count("provider_breaker_transitions", state="open") == 1
    assert world.count("provider_refused") == 1800 - outcomes.count("OSError")
