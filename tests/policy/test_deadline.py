"""Whose cancellation is whose, and whose timeout."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from time import monotonic

import pytest

from purveyor.errors import OperationTimeoutError
from purveyor.policy.deadline import now, within
from purveyor.testing import FakeClock


def expired() -> OperationTimeoutError:
    return OperationTimeoutError("notes", "get", 5)


def bounded(step: Awaitable[str], seconds: float = 5) -> asyncio.Task[str]:
    return asyncio.ensure_future(within(asyncio.get_running_loop().time() + seconds, step, expired))


async def forever() -> str:
    await asyncio.Event().wait()
    raise AssertionError


async def test_its_own_end_is_an_error_that_shows_where_the_step_stood(clock: FakeClock) -> None:
    task = bounded(forever())
    await clock.advance(4.5)
    assert not task.done()
    await clock.advance(0.5)
    with pytest.raises(OperationTimeoutError) as caught:
        await task
    assert isinstance(caught.value.__cause__, asyncio.CancelledError)


async def test_what_is_over_in_time_stays(clock: FakeClock) -> None:
    task = bounded(asyncio.sleep(4.5, "done"))
    await clock.advance(10)
    assert await task == "done"


async def test_a_timeout_of_the_step_stays_what_it_is(clock: FakeClock) -> None:
    """Trap 11: an inner TimeoutError is the backend's own."""

    async def step() -> str:
        raise TimeoutError("the backend's")

    with pytest.raises(TimeoutError, match="the backend's"):
        await bounded(step())


async def test_a_timeout_of_the_step_stays_also_in_the_moment_of_the_deadline(clock: FakeClock) -> None:
    """Trap 11: an inner TimeoutError is the backend's own, whatever cancelled it."""

    async def step() -> str:
        try:
            return await forever()
        except asyncio.CancelledError:
            raise TimeoutError("the backend's") from None

    task = bounded(step())
    await clock.advance(5)
    with pytest.raises(TimeoutError, match="the backend's"):
        await task


@pytest.mark.parametrize(("seconds", "told"), [(4, "other.put"), (5, "notes.get"), (6, "notes.get")])
async def test_a_step_with_a_deadline_of_its_own(clock: FakeClock, seconds: int, told: str) -> None:
    """Trap 11: the one that passes first is told; if both do, the outer one is, since it is over for all."""
    until = asyncio.get_running_loop().time() + seconds
    task = bounded(within(until, forever(), lambda: OperationTimeoutError("other", "put", seconds)))
    await clock.advance(10)
    with pytest.raises(OperationTimeoutError, match=told):
        await task


async def test_a_cancellation_from_outside_is_never_swallowed(clock: FakeClock) -> None:
    """Trap 11: an outer cancel stays one, also in the moment of the deadline."""
    task = bounded(forever())
    await clock.advance(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    task = bounded(forever())
    asyncio.get_running_loop().call_later(5, task.cancel)  # both in one turn of the loop
    await clock.advance(5)
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_deadline_outside_of_it_is_not_taken_for_its_own(clock: FakeClock) -> None:
    async def caller() -> str:
        async with asyncio.timeout(3):
            return await bounded(forever())

    task = asyncio.ensure_future(caller())
    await clock.advance(3)
    with pytest.raises(TimeoutError) as caught:
        await task
    assert not isinstance(caught.value, OperationTimeoutError)


async def test_a_result_that_comes_in_spite_of_the_cancellation_is_kept(clock: FakeClock) -> None:
    async def step() -> str:
        try:
            return await forever()
        except asyncio.CancelledError:
            await asyncio.sleep(0)
            return "done all the same"

    task = bounded(step())
    await clock.advance(5)
    assert await task == "done all the same"


async def test_without_a_deadline_nothing_is_bounded(clock: FakeClock) -> None:
    assert await within(None, asyncio.sleep(0, "done"), expired) == "done"


async def test_the_time_is_the_loops(clock: FakeClock) -> None:
    began = now()
    await clock.advance(7)
    assert now() == began + 7


def test_without_a_loop_it_is_the_clock_that_loops_go_by() -> None:
    assert monotonic() <= now() <= monotonic()
