"""Cancellation at every await, and many callers at once."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Callable, Coroutine, Generator
from contextvars import copy_context
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from purveyor.errors import BreakerOpenError, OverloadedError
from purveyor.policy import Breaker, Policy
from purveyor.policy.limit import QUEUE
from purveyor.testing import FakeClock
from tests.policy.conftest import COROUTINE, GENERATOR, World

EVERYTHING = Policy(timeout=30, retries=2, breaker=Breaker(2, 10), concurrency=1)


class CancelledAt:
    """Awaits a coroutine, and has its task cancelled when it suspends for the n-th time."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any], at: int) -> None:
        self._coroutine = coroutine
        self._at = at
        self.reached = False

    def __await__(self) -> Generator[Any, Any, Any]:
        inner = self._coroutine.__await__()
        step: Callable[[], Any] = partial(inner.send, None)
        suspensions = 0
        while True:
            try:
                waited = step()
            except StopIteration as end:
                return end.value
            suspensions += 1
            if suspensions == self._at:
                self.reached = True
                task = asyncio.current_task()
                assert task is not None
                asyncio.get_running_loop().call_soon(task.cancel)
            try:
                step = partial(inner.send, (yield waited))
            except BaseException as error:
                step = partial(inner.throw, error)


class Backend:
    """An operation of each kind, which fails the first time."""

    def __init__(self) -> None:
        self.failures = 1
        self.inside = 0

    async def get(self) -> str:
        self.inside += 1
        try:
            await asyncio.sleep(0.25)
            if self.failures:
                self.failures -= 1
                raise OSError("down")
            await asyncio.sleep(0.25)
        finally:
            self.inside -= 1
        return "got it"

    async def scan(self) -> Any:
        yield await self.get()
        await asyncio.sleep(0.25)
        yield "more"


async def nothing_is_left(world: World) -> bool:
    """Whether no task is left, all slots are back and the breaker lets a call through."""
    await world.govern(asyncio.sleep)(0)
    limits = world.governor._limits.values()
    return asyncio.all_tasks() == {asyncio.current_task()} and all((e.taken, e.waiting) == (0, 0) for e in limits)


async def settled(clock: FakeClock, task: asyncio.Future[Any]) -> Any:
    for _ in range(400):
        if task.done():
            break
        await clock.advance(0.125)
    return (await asyncio.gather(task, return_exceptions=True))[0]


async def test_a_call_that_is_cancelled_anywhere_leaves_nothing(world: World, clock: FakeClock) -> None:
    world.new_governor(EVERYTHING)
    reached = 0
    while True:
        backend = Backend()
        call = world.govern(backend.get)

        async def queued(call: Any = call) -> Any:
            first = asyncio.ensure_future(world.govern(asyncio.sleep)(0.25))  # it holds the slot
            try:
                await asyncio.sleep(0)
                return await call()
            finally:
                await first

        interrupted = CancelledAt(queued(), reached + 1)
        task = asyncio.ensure_future(_await(interrupted))
        error = await settled(clock, task)
        if not interrupted.reached:
            break
        reached += 1
        assert isinstance(error, asyncio.CancelledError) or task.result() == "got it", reached
        assert backend.inside == 0
        assert await nothing_is_left(world)
    assert task.result() == "got it"
    assert reached >= 5  # the holder, the queue, both halves of two tries, the backoff


async def test_a_generator_that_is_cancelled_anywhere_leaves_nothing(world: World, clock: FakeClock) -> None:
    world.new_governor(EVERYTHING)
    reached = 0
    while True:
        backend = Backend()
        streaming = world.govern(backend.scan, info=GENERATOR)

        async def read(streaming: Any = streaming) -> list[str]:
            stream = streaming()
            try:
                return [item async for item in stream]
            finally:
                await stream.aclose()

        interrupted = CancelledAt(read(), reached + 1)
        task = asyncio.ensure_future(_await(interrupted))
        error = await settled(clock, task)
        if not interrupted.reached:
            break
        reached += 1
        assert isinstance(error, asyncio.CancelledError), reached
        assert backend.inside == 0
        assert await nothing_is_left(world)
    assert task.result() == ["got it", "more"]
    assert reached >= 5


async def test_a_probe_that_is_cancelled_anywhere_makes_room(world: World, clock: FakeClock) -> None:
    world.new_governor(replace(EVERYTHING, retries=0, breaker=Breaker(1, 10)))
    backend = Backend()
    for at in (1, 2):
        backend.failures = 1
        call = world.govern(backend.get)
        assert isinstance(await settled(clock, asyncio.ensure_future(call())), OSError)
        await clock.advance(10)
        interrupted = CancelledAt(call(), at)
        task = asyncio.ensure_future(_await(interrupted))
        await settled(clock, task)
        assert interrupted.reached
        assert task.cancelled()
        assert await nothing_is_left(world)  # it is the next probe, and closes the breaker


async def test_an_abandoned_call_gives_back_what_it_holds(world: World) -> None:
    """Its loop was closed under it: it is collected, in whatever context."""
    world.new_governor(replace(EVERYTHING, timeout=None, retries=0))
    call = world.govern(Backend().get)
    abandoned = call()
    copy_context().run(abandoned.send, None)
    with pytest.raises(OverloadedError):
        world.govern(len, info=replace(COROUTINE, kind="function"))("")
    abandoned.close()
    del abandoned
    gc.collect()
    assert world.govern(len, info=replace(COROUTINE, kind="function"))("four") == 4


async def test_256_callers_and_8_slots(world: World, clock: FakeClock) -> None:
    """Callers come and go, some are cancelled, some run out of time: never more than 8 inside, and none is lost."""
    world.new_governor(Policy(concurrency=8, timeout=20))
    inside = most = 0
    order: list[int] = []

    async def work(number: int) -> int:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        order.append(number)
        try:
            await asyncio.sleep(number % 7 / 4)
        finally:
            inside -= 1
        if number % 5 == 0:
            raise OSError
        return number

    call = world.govern(work)
    tasks = [asyncio.ensure_future(call(number)) for number in range(256)]
    await asyncio.sleep(0)
    for number in range(0, 256, 11):
        tasks[number].cancel()
    await clock.advance(60)
    results = await asyncio.gather(*tasks, return_exceptions=True)
    refused = [n for n, result in enumerate(results) if isinstance(result, OverloadedError)]
    assert len(refused) == 256 - 8 - 8 * QUEUE
    assert refused == list(range(8 + 8 * QUEUE, 256))
    for number, result in enumerate(results[: 8 + 8 * QUEUE]):
        if number % 11 == 0:
            assert isinstance(result, asyncio.CancelledError)
        elif number % 5 == 0:
            assert isinstance(result, OSError)
        else:
            assert result == number
    assert (inside, most) == (0, 8)
    # First come, first served, without those that were cancelled in the queue.
    assert order == [number for number in range(8 + 8 * QUEUE) if number < 8 or number % 11]
    assert await nothing_is_left(world)


async def test_callers_on_four_loops(world: World) -> None:
    world.new_governor(Policy(concurrency=3, timeout=30, breaker=Breaker(10_000, 10), retries=1))
    inside = most = 0
    lock = threading.Lock()

    async def work(number: int) -> int:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        await asyncio.sleep(0)
        with lock:
            inside -= 1
        return number

    done: list[int] = []

    async def many() -> None:
        call = world.govern(work)
        for _ in range(20):
            done.extend(await asyncio.gather(*(call(number) for number in range(10))))

    threads = [threading.Thread(target=lambda: asyncio.run(many())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        await asyncio.to_thread(thread.join)
    assert sorted(done) == sorted(list(range(10)) * 80)
    assert (inside, most) == (0, 3)
    assert world.events == []


async def test_a_backend_that_goes_and_comes_back(world: World, clock: FakeClock) -> None:
    """256 callers; while the backend is down it is hardly called, and once it is up all is as before."""
    world.new_governor(Policy(concurrency=64, breaker=Breaker(5, 8), retries=1, timeout=2))
    down, calls = False, 0

    async def get() -> str:
        nonlocal calls
        calls += 1
        await asyncio.sleep(0.25)
        if down:
            raise OSError("down")
        return "got it"

    call = world.govern(get)
    outcomes: dict[str, int] = {}

    async def caller() -> None:
        while True:
            try:
                outcome: str = await call()
            except (OSError, BreakerOpenError) as error:
                outcome = type(error).__name__
            outcomes[outcome] = outcomes.get(outcome, 0) + 1
            await asyncio.sleep(1)

    callers = [asyncio.ensure_future(caller()) for _ in range(256)]
    await clock.advance(10)
    assert set(outcomes) == {"got it"}
    down, calls = True, 0
    await clock.advance(40)
    assert calls < 2 * 256 + 10
    assert outcomes["BreakerOpenError"] > 1000
    down = False
    await clock.advance(10)
    outcomes.clear()
    await clock.advance(10)
    assert set(outcomes) == {"got it"}
    for each in callers:
        each.cancel()
    await asyncio.gather(*callers, return_exceptions=True)


async def _await(interrupted: CancelledAt) -> Any:
    return await interrupted
