"""`Deadlines`: who is called when; and what it costs the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from purveyor.lifecycle.deadlines import Deadlines
from purveyor.testing import FakeClock


class Timed:
    """Notes when it is called, and does what the test says then."""

    def __init__(self, clock: FakeClock, then: Callable[[], None] = lambda: None) -> None:
        self.clock = clock
        self.then = then
        self.due_at: list[float] = []

    def due(self) -> None:
        self.due_at.append(self.clock.elapsed)
        self.then()


def timers() -> int:
    loop: Any = asyncio.get_running_loop()
    return sum(not each.cancelled() for each in loop._scheduled)


@pytest.fixture
async def clock() -> Any:
    with FakeClock() as clock:
        yield clock


@pytest.fixture
async def deadlines(clock: FakeClock) -> Deadlines:
    return Deadlines(asyncio.get_running_loop())


async def test_each_is_called_when_its_time_is_up(clock: FakeClock, deadlines: Deadlines) -> None:
    first, second, third = (Timed(clock) for _ in range(3))
    deadlines.set(first, 5)
    await clock.advance(1)
    deadlines.set(second, 5)
    deadlines.set(third, 2)
    await clock.advance(10)
    assert (first.due_at, second.due_at, third.due_at) == ([5], [6], [3])


async def test_one_that_is_cleared_is_not_called(clock: FakeClock, deadlines: Deadlines) -> None:
    one, other = Timed(clock), Timed(clock)
    deadlines.set(one, 5)
    deadlines.set(other, 5)
    deadlines.clear(one, 5)
    deadlines.clear(one, 5)  # once more, and one that was never set
    deadlines.clear(one, 7)
    await clock.advance(10)
    assert (one.due_at, other.due_at) == ([], [5])


async def test_one_that_is_set_anew_has_its_time_anew(clock: FakeClock, deadlines: Deadlines) -> None:
    one, other = Timed(clock), Timed(clock)
    deadlines.set(one, 5)
    await clock.advance(2)
    deadlines.set(other, 5)
    deadlines.set(one, 5)
    await clock.advance(10)
    assert (one.due_at, other.due_at) == ([7], [7])


async def test_one_may_have_deadlines_of_several_lengths(clock: FakeClock, deadlines: Deadlines) -> None:
    one = Timed(clock)
    deadlines.set(one, 5)
    deadlines.set(one, 3)
    deadlines.clear(one, 3)
    await clock.advance(10)
    assert one.due_at == [5]


async def test_who_is_called_may_set_and_clear(clock: FakeClock, deadlines: Deadlines) -> None:
    second = Timed(clock)

    def then() -> None:
        deadlines.clear(second, 5)
        if len(first.due_at) < 3:
            deadlines.set(first, 5)

    first = Timed(clock, then)
    deadlines.set(first, 5)
    deadlines.set(second, 5)
    await clock.advance(30)
    assert (first.due_at, second.due_at) == ([5, 10, 15], [])


async def test_many_of_one_length_have_one_timer_and_when_nobody_waits_there_is_none(
    clock: FakeClock, deadlines: Deadlines
) -> None:
    before = timers()
    many = [Timed(clock) for _ in range(100)]
    for each in many:
        deadlines.set(each, 5)
    assert timers() == before + 1
    for each in many:
        deadlines.clear(each, 5)
    assert timers() == before + 1  # it rings once more, for nobody
    await clock.advance(5)
    assert timers() == before
    deadlines.set(many[0], 5)
    await clock.advance(5)
    assert many[0].due_at == [10]
    assert timers() == before


@pytest.mark.parametrize("seconds", [0, 1])
async def test_one_that_fails_keeps_nobody_else_s_deadline_away(
    clock: FakeClock, deadlines: Deadlines, seconds: float
) -> None:
    told: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    error = OSError("not my day")

    def fail() -> None:
        raise error

    bad, good, late = Timed(clock, fail), Timed(clock), Timed(clock)
    deadlines.set(bad, 5)
    await clock.advance(seconds)
    deadlines.set(good, 5)
    await clock.advance(10)
    deadlines.set(late, 5)
    await clock.advance(5)
    assert (bad.due_at, good.due_at, late.due_at) == ([5], [5 + seconds], [15 + seconds])
    assert [context["exception"] for context in told] == [error]
    assert "a deadline of 5 s" in told[0]["message"]
