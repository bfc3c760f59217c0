"""`HealthCheck`: a check that hangs, fails or lies harms nobody; `Hysteresis`: when it is believed."""

from __future__ import annotations

import asyncio
import gc
import logging
import time
import weakref
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purveyor.errors import InvalidInputError, ProviderNotReadyError
from purveyor.lease import own_generation
from purveyor.lifecycle.health import HealthCheck, Hysteresis, describe_error, overrides_check
from purveyor.metadata import Health, HealthState, ProviderMetadata, ProviderType
from purveyor.provider import Provider
from purveyor.testing import FakeClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

UNHEALTHY = HealthState.UNHEALTHY


@pytest.fixture
async def clock() -> AsyncIterator[FakeClock]:
    with FakeClock() as clock:
        yield clock


class Unchecked(Provider[None]):
    async def initialize(self) -> None: ...
    async def cleanup(self) -> None: ...


class Checked(Unchecked):
    async def check(self) -> Health:
        return Health.degraded("slow", lag=3)


def build(kind: type[Unchecked]) -> Unchecked:
    return kind(ProviderMetadata("db", ProviderType.CUSTOM, "", "1"), None)


async def fine() -> Health:
    return Health.healthy()


def check_of(check: Callable[[], Any], timeout: float = 5.0, **options: Any) -> HealthCheck:
    return HealthCheck("db", check, timeout, **options)


async def turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


# --- one check --------------------------------------------------------------------------------------


def test_only_a_check_of_ones_own_counts() -> None:
    patched = build(Unchecked)
    patched.check = fine  # type: ignore[method-assign]
    assert not overrides_check(build(Unchecked))
    assert overrides_check(build(Checked))
    assert overrides_check(patched)


async def test_the_result_is_kept_with_its_age(clock: FakeClock) -> None:
    check = check_of(build(Checked).check)
    assert check.latest is None
    assert check.age is None
    result = await check.run()
    assert result == Health(HealthState.DEGRADED, "slow", {"lag": 3})
    await clock.advance(7)
    assert check.latest is result
    assert check.age == 7
    assert await check.run() is not result
    assert check.age == 0


async def test_callers_share_one_check_and_one_that_is_cancelled_leaves_it_running(clock: FakeClock) -> None:
    """Trap 29: single-flight."""
    began = 0
    go_on = asyncio.Event()

    async def probe() -> Health:
        nonlocal began
        began += 1
        await go_on.wait()
        return Health.healthy("answered")

    check = check_of(probe)
    first, second, third = (asyncio.create_task(check.run()) for _ in range(3))
    await turns()
    first.cancel()
    await turns()
    assert first.cancelled()
    go_on.set()
    assert (await second) is (await third) is check.latest
    assert began == 1
    assert (await check.run()).message == "answered"
    assert began == 2


async def test_what_a_check_raises_is_text(clock: FakeClock) -> None:
    """Trap 33: neither the error nor what its frames hold stays alive."""

    class Held:
        pass

    held: list[weakref.ref[Held]] = []

    async def probe() -> Health:
        local = Held()
        held.append(weakref.ref(local))
        raise ConnectionError("no route\n  to host")

    check = check_of(probe)
    result = await check.run()
    assert result == Health.unhealthy("its check failed with ConnectionError: no route to host")
    gc.collect()
    assert held[0]() is None


async def test_a_cancellation_of_nobodys_is_unhealthy(clock: FakeClock) -> None:
    """Trap 3: it neither ends the caller nor counts as the caller's."""

    async def probe() -> Health:
        raise asyncio.CancelledError

    assert await check_of(probe).run() == Health.unhealthy("its check was cancelled")


class Odd(BaseException):
    pass


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (None, "NoneType"),
        (True, "bool"),
        (Health("healthy"), "Health"),  # type: ignore[arg-type]
        (Health(HealthState.HEALTHY, None), "Health"),  # type: ignore[arg-type]
    ],
)
async def test_what_is_no_health_is_unhealthy(answer: Any, what: str) -> None:
    async def probe() -> Any:
        return answer

    result = await check_of(probe).run()
    assert result.state is UNHEALTHY
    assert result.message.startswith(f"its check returned {what}, not a Health")


async def test_a_check_that_is_no_coroutine_is_unhealthy() -> None:
    result = await check_of(Health.healthy).run()
    assert result.state is UNHEALTHY
    assert "TypeError" in result.message


async def test_any_exception_is_unhealthy() -> None:
    async def probe() -> Health:
        raise Odd("what?")

    assert (await check_of(probe).run()).message == "its check failed with Odd: what?"


async def test_a_check_that_takes_too_long_is_cancelled_and_unhealthy(
    clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Trap 29: a timeout each. One that obeys its cancellation has ended when the next one comes."""
    caplog.set_level(logging.DEBUG)
    cancelled = 0

    async def probe() -> Health:
        nonlocal cancelled
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            cancelled += 1
            await asyncio.sleep(0.5)  # tidies up
            raise
        raise AssertionError

    abandoned: list[float] = []
    check = check_of(probe, 5, on_abandoned=abandoned.append)
    for count in (1, 2):
        caller = asyncio.create_task(check.run())
        await clock.advance(4.5)
        assert not caller.done()
        await clock.advance(1)
        assert caller.result() == Health.unhealthy("its check was not over after 5 s")
        assert cancelled == count
    await clock.advance(100)
    assert not abandoned
    assert not caplog.records


async def test_a_result_counts_that_came_with_the_alarm() -> None:
    async def probe() -> Health:
        time.sleep(0.01)  # the alarm falls due, and waits behind the next step
        await asyncio.sleep(0)
        return Health.degraded("slow")

    assert (await check_of(probe, 0.001).run()).message == "slow"


async def test_a_check_that_ignores_its_cancellation_is_abandoned_and_none_is_started_beside_it(
    clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Traps 10, 26 and 29: not waited for; told once; kept alive; bad each time, at once; its end is logged."""
    caplog.set_level(logging.DEBUG)
    release = asyncio.Event()
    began = 0

    async def probe() -> Health:
        nonlocal began
        began += 1
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue
        return Health.healthy()

    abandoned: list[float] = []
    check = check_of(probe, 5, on_abandoned=abandoned.append)
    caller = asyncio.create_task(check.run())
    await clock.advance(5.5)
    assert not caller.done()
    await clock.advance(0.5)
    assert caller.result() == Health.unhealthy("its check was not over after 5 s, and ignored its cancellation")
    assert abandoned == [6]
    await clock.advance(4)
    gc.collect()
    for _ in range(2):
        result = await check.run()
        assert result == Health.unhealthy("its check of 10 s ago ignored its cancellation and goes on")
        assert check.latest is result
    assert began == 1
    assert not caplog.records
    release.set()
    await turns()
    (record,) = caplog.records
    assert record.getMessage() == "The abandoned check of provider db ended after 10.0 s"
    assert vars(record)["provider_name"] == "db"
    assert (await check.run()).state is HealthState.HEALTHY
    assert began == 2

    release.clear()
    caller = asyncio.create_task(check.run())
    await clock.advance(7)
    assert caller.done()
    assert abandoned == [6, 6], "each is told"
    release.set()
    await turns()


async def test_an_abandoned_check_is_not_collected_midway(clock: FakeClock) -> None:
    """Trap 26: nothing else may hold it, neither its check nor what it waits for."""
    waits: list[weakref.ref[asyncio.Future[None]]] = []

    async def probe() -> Health:
        while True:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            waits.append(weakref.ref(future))
            try:
                await future
                break
            except asyncio.CancelledError:
                del future
        return Health.healthy()

    caller = asyncio.create_task(check_of(probe, 1).run())
    await clock.advance(3)
    assert "ignored its cancellation" in caller.result().message
    del caller
    gc.collect()
    future = waits[-1]()
    assert future is not None
    future.set_result(None)
    await turns()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_nobody_has_to_be_told_that_a_check_was_abandoned(clock: FakeClock) -> None:
    release = asyncio.Event()

    async def probe() -> Health:
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue
        return Health.healthy()

    caller = asyncio.create_task(check_of(probe, 1).run())
    await clock.advance(2)
    assert caller.result() == Health.unhealthy("its check was not over after 1 s, and ignored its cancellation")
    release.set()
    await turns()


async def test_close_cancels_the_check_and_tells_its_callers(clock: FakeClock) -> None:
    """Trap 42."""
    check = check_of(lambda: asyncio.sleep(3600))
    caller = asyncio.create_task(check.run())
    await turns()
    check.close()
    with pytest.raises(ProviderNotReadyError, match="Provider db is stopping"):
        await caller
    await turns()
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert check.latest is None
    check.close()  # again is nothing


async def test_a_check_that_ignores_close_is_not_told(clock: FakeClock) -> None:
    release = asyncio.Event()

    async def probe() -> Health:
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue
        return Health.healthy()

    abandoned: list[float] = []
    check = check_of(probe, 1, on_abandoned=abandoned.append)
    flight = check.start()
    await turns()
    check.close()
    await clock.advance(100)
    assert flight.cancelled()
    assert not abandoned
    release.set()
    await turns()
    assert asyncio.all_tasks() == {asyncio.current_task()}


def test_close_after_the_event_loop_is_nothing() -> None:
    async def main() -> HealthCheck:
        check = check_of(lambda: asyncio.sleep(3600))
        check.start()
        return check

    with asyncio.Runner() as runner:
        check = runner.run(main())
    check.close()


async def test_a_check_belongs_to_nobody_who_asks_for_it() -> None:
    """Trap 29: it takes no lease, so it must not look like one of the provider's own calls or its caller's."""
    of_the_caller: ContextVar[str] = ContextVar("of_the_caller", default="none")
    of_the_caller.set("mine")
    seen: list[object] = []

    async def probe() -> Health:
        seen.extend((of_the_caller.get(), own_generation.get()))
        task = asyncio.current_task()
        assert task is not None
        seen.append(task.get_name())
        return Health.healthy()

    await check_of(probe).run()
    assert seen == ["none", None, "purveyor:db"]


# --- what errors are called -------------------------------------------------------------------------


def test_an_error_is_its_type_and_its_text() -> None:
    class MuteError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert describe_error(TimeoutError()) == "TimeoutError"
    assert describe_error(MuteError()) == "MuteError"
    assert describe_error(OSError("a\n b")) == "OSError: a b"
    assert describe_error(InvalidInputError("path", "is empty")) == "InvalidInputError: path: is empty"
    assert describe_error(ValueError("x" * 1000)) == f"ValueError: {'x' * 500}..."


# --- hysteresis -------------------------------------------------------------------------------------

H, D, U = (Health(state, state.value) for state in HealthState)


def believed(hysteresis: Hysteresis, results: list[Health]) -> str:
    states = ""
    for result in results:
        hysteresis.add(result)
        states += hysteresis.health.state.name[0]
    return states


@pytest.mark.parametrize(
    ("results", "states"),
    [
        ([H, U, U, H, U, U], "HHHHHH"),
        ([U, U, U, H, H], "HHUUH"),
        ([U, U, U, H, U, H, U, H, H], "HHUUUUUUH"),
        ([D, D, D, D], "HHDD"),
        ([U, D, U, U, U], "HHDDU"),  # all three were at least degraded
        ([U, U, U, D, H, H], "HHUUDH"),  # the worse of the two was degraded
        ([D, D, D, H, D, H, H], "HHDDDDH"),
    ],
)
def test_health_changes_after_enough_checks_in_a_row(results: list[Health], states: str) -> None:
    """Trap 29: hysteresis before state flips."""
    assert believed(Hysteresis(3, 2), results) == states


def test_the_newest_result_of_the_state_says_why() -> None:
    hysteresis = Hysteresis(2, 2)
    assert hysteresis.health == Health.healthy()
    for result in (Health.healthy("a"), Health.unhealthy("b")):
        hysteresis.add(result)
        assert hysteresis.health.message == "a"
    for result in (Health.unhealthy("c"), Health.unhealthy("d")):
        hysteresis.add(result)
        assert hysteresis.health == result
    hysteresis.add(Health.healthy("e"))
    assert hysteresis.health.message == "d"


def test_a_new_generation_is_believed_with_its_first_good_check_and_has_all_its_bad_ones_before_it() -> None:
    hysteresis = Hysteresis(3, 2)
    believed(hysteresis, [U, U, U])
    assert hysteresis.failing
    hysteresis.renew()
    assert hysteresis.health is U
    assert not hysteresis.failing
    assert believed(hysteresis, [U, U, H, U, H]) == "UUHHH"
    assert not hysteresis.failing
    assert believed(hysteresis, [U, U, U, H, H]) == "HHUUH"


@given(
    results=st.lists(st.sampled_from([H, D, U]), max_size=30),
    failures=st.integers(1, 4),
    successes=st.integers(1, 4),
)
def test_health_never_changes_against_what_the_last_checks_say(
    results: list[Health], failures: int, successes: int
) -> None:
    hysteresis = Hysteresis(failures, successes)
    order = list(HealthState)
    for count, result in enumerate(results, 1):
        before = order.index(hysteresis.health.state)
        hysteresis.add(result)
        after = order.index(hysteresis.health.state)
        levels = [order.index(each.state) for each in results[:count]]
        if after > before:
            assert len(levels) >= failures
            assert min(levels[-failures:]) == after
        elif after < before:
            assert len(levels) >= successes
            assert max(levels[-successes:]) == after
        else:
            assert len(levels) < failures or min(levels[-failures:]) <= before
            assert len(levels) < successes or max(levels[-successes:]) >= before
        assert hysteresis.failing == (len(levels) >= failures and set(levels[-failures:]) == {2})
