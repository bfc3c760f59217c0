"""The fake clock: what falls due, in order; what is real stays real; the loop is as it was."""

from __future__ import annotations

import asyncio
import math
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purveyor.errors import FakeClockError, InvalidInputError, UnsupportedError
from purveyor.lifecycle.watchdog import WATCHDOG, Watchdog
from purveyor.testing import FakeClock


async def test_time_stands_still_until_it_is_advanced() -> None:
    with FakeClock() as clock:
        nap = asyncio.create_task(asyncio.sleep(30))
        await clock.advance(29.5)
        assert not nap.done()
        assert clock.elapsed == 29.5
        await clock.advance(0.5)
        assert nap.done()
        assert clock.time() == asyncio.get_running_loop().time()


async def test_what_falls_due_happens_in_order_and_at_its_time() -> None:
    seen: list[tuple[str, float]] = []

    async def beat(name: str, every: float) -> None:
        while True:
            await asyncio.sleep(every)
            seen.append((name, clock.elapsed))

    with FakeClock() as clock:
        tasks = [asyncio.create_task(beat("slow", 3)), asyncio.create_task(beat("fast", 2))]
        await clock.advance(8)
        assert seen == [("fast", 2), ("slow", 3), ("fast", 4), ("slow", 6), ("fast", 6), ("fast", 8)] or seen == [
            ("fast", 2), ("slow", 3), ("fast", 4), ("fast", 6), ("slow", 6), ("fast", 8)
        ]  # fmt: skip
        for task in tasks:
            task.cancel()


async def test_what_is_due_at_the_end_has_run_with_all_that_it_starts() -> None:
    done = asyncio.Event()

    async def chain() -> None:
        await asyncio.sleep(5)
        for _ in range(20):
            await asyncio.sleep(0)
        asyncio.get_running_loop().call_later(0, done.set)

    with FakeClock() as clock:
        task = asyncio.create_task(chain())
        await clock.advance(5)
        assert task.done()
        assert done.is_set()


async def test_advancing_by_nothing_runs_what_is_due() -> None:
    with FakeClock() as clock:
        task = asyncio.create_task(asyncio.sleep(0))
        await clock.advance(0)
        assert task.done()
        assert clock.elapsed == 0


async def test_two_advance_at_the_same_time() -> None:
    with FakeClock() as clock:
        times: list[float] = []

        async def go(seconds: float) -> None:
            await clock.advance(seconds)
            times.append(clock.elapsed)

        await asyncio.gather(go(10), go(4), asyncio.sleep(7))
        assert times == [4, 10]


async def test_an_advance_that_is_cancelled_moves_time_no_further() -> None:
    with FakeClock() as clock:
        nap = asyncio.create_task(asyncio.sleep(100))
        running = asyncio.create_task(clock.advance(50))
        asyncio.get_running_loop().call_later(20, running.cancel)
        with pytest.raises(asyncio.CancelledError):
            await running
        await clock.advance(1)
        assert clock.elapsed == 21
        nap.cancel()


async def test_it_jumps_by_itself_when_nothing_else_is_to_do() -> None:
    with FakeClock(auto=True) as clock:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(600):
                await asyncio.sleep(1e9)
        assert clock.elapsed == 600


async def test_an_automatic_clock_can_be_advanced_as_well() -> None:
    with FakeClock(auto=True) as clock:
        nap = asyncio.create_task(asyncio.sleep(2))
        await clock.advance(10)
        assert nap.done()
        assert clock.elapsed == 10


@pytest.mark.parametrize("moment", [0.0, 1e6, 1.7e9, 1e15])
async def test_great_times_lose_no_timer(moment: float) -> None:
    """Near 1e9 the loop's own resolution is lost to rounding, and timers would never be due."""
    with FakeClock(auto=True) as clock:
        await clock.advance(moment)
        await asyncio.sleep(2)
        assert clock.elapsed == pytest.approx(moment + 2)


async def test_time_waits_for_calls_in_the_executor() -> None:
    with FakeClock(auto=True, settle=0) as clock:
        go = threading.Event()
        work = asyncio.create_task(asyncio.to_thread(go.wait))
        nap = asyncio.create_task(asyncio.sleep(5))
        threading.Timer(0.05, go.set).start()
        async with asyncio.timeout(60):
            await work
        assert clock.elapsed == 0
        await nap
        assert clock.elapsed == 5


async def test_advancing_waits_for_calls_in_the_executor_unless_told() -> None:
    release = threading.Event()
    with FakeClock() as clock:
        hung = asyncio.create_task(asyncio.wait_for(asyncio.to_thread(release.wait), 60))
        await clock.advance(60, wait=False)
        with pytest.raises(TimeoutError):
            await hung
        after: list[float] = []

        async def work() -> None:
            await asyncio.to_thread(release.wait)
            await asyncio.sleep(10)
            after.append(clock.elapsed)

        task = asyncio.create_task(work())
        threading.Timer(0.05, release.set).start()
        await clock.advance(100)
        assert after == [70]
        await task


async def test_a_thread_that_wakes_the_loop_is_waited_for_while_it_answers_in_time() -> None:
    loop = asyncio.get_running_loop()
    asked, stop = threading.Semaphore(0), threading.Event()
    answers: list[float] = []

    def serve() -> None:
        while asked.acquire() and not stop.is_set():
            loop.call_soon_threadsafe(lambda: answers.append(clock.elapsed))

    with FakeClock(auto=True, settle=0.4) as clock:
        thread = threading.Thread(target=serve)
        thread.start()
        for _ in range(2):
            asked.release()
            await asyncio.sleep(100)
        stop.set()
        asked.release()
        thread.join()
    assert answers == [0, 100]


async def test_sockets_wake_the_loop() -> None:
    loop = asyncio.get_running_loop()
    here, there = socket.socketpair()
    here.setblocking(False)
    with here, there, FakeClock(auto=True, settle=5) as clock:
        timer = threading.Timer(0.02, there.send, [b"ping"])
        timer.start()
        async with asyncio.timeout(1000):
            assert await loop.sock_recv(here, 10) == b"ping"
        assert clock.elapsed == 0
        timer.join()


async def test_manual_time_leaves_sockets_and_threads_as_they_are() -> None:
    loop = asyncio.get_running_loop()
    with FakeClock() as clock:
        woken = asyncio.Event()
        timer = threading.Timer(0.02, loop.call_soon_threadsafe, [woken.set])
        timer.start()
        async with asyncio.timeout(1):
            await woken.wait()
        assert clock.elapsed == 0
        timer.join()


# --- Around it --------------------------------------------------------------------------------------


async def test_the_loop_is_as_it_was() -> None:
    loop: Any = asyncio.get_running_loop()
    before = loop.time()
    resolution = loop._clock_resolution
    early = loop.call_later(1000, print)
    with FakeClock() as clock:
        await clock.advance(600)
        late = loop.call_later(1000, print)
        assert loop.time() >= before + 600
    assert "time" not in vars(loop)
    assert "run_in_executor" not in vars(loop)
    assert "select" not in vars(loop._selector)
    assert loop._clock_resolution == resolution
    now = loop.time()
    assert now < before + 600
    assert 0 < early.when() - now <= 400
    assert 400 < late.when() - now <= 1000
    early.cancel()
    late.cancel()
    await asyncio.sleep(0.001)


async def test_it_may_be_used_again() -> None:
    clock = FakeClock(auto=True)
    for _ in range(2):
        with clock:
            await asyncio.sleep(60)
            assert clock.elapsed == 60
    with pytest.raises(FakeClockError, match="outside"):
        await clock.advance(1)


async def test_one_loop_has_one_fake_clock() -> None:
    with FakeClock() as clock:
        with pytest.raises(FakeClockError, match="already"), FakeClock():
            pass
        with pytest.raises(FakeClockError, match="already"), clock:
            pass
        await clock.advance(1)


async def test_an_error_in_the_block_ends_it_as_well() -> None:
    with pytest.raises(KeyError), FakeClock():
        raise KeyError
    assert "time" not in vars(asyncio.get_running_loop())


def test_without_a_loop() -> None:
    with pytest.raises(RuntimeError, match="no running event loop"), FakeClock():
        pass


def test_a_foreign_loop_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Foreign:
        pass

    monkeypatch.setattr(asyncio, "get_running_loop", Foreign)
    with pytest.raises(UnsupportedError, match="event loop .*Foreign"), FakeClock():
        pass


@pytest.mark.parametrize("seconds", [-1, math.nan, math.inf])
async def test_no_number_of_seconds(seconds: float) -> None:
    with pytest.raises(InvalidInputError, match="settle: .*not a number of seconds"):
        FakeClock(settle=seconds)
    with pytest.raises(InvalidInputError, match="patience: .*not a number of seconds"):
        FakeClock(patience=seconds)
    with FakeClock() as clock, pytest.raises(InvalidInputError, match="seconds"):
        await clock.advance(seconds)


async def _sleep(release: threading.Event) -> None:
    await asyncio.sleep(12)


async def _watched(release: threading.Event) -> None:
    with Watchdog(0.01).watching(asyncio.get_running_loop(), lambda event: None):  # wakes the loop all the time
        await asyncio.sleep(12)


async def _forever(release: threading.Event) -> None:
    await asyncio.Event().wait()


async def _thread(release: threading.Event) -> None:
    await asyncio.to_thread(release.wait)


@pytest.mark.parametrize(
    ("auto", "wait", "text"),
    [
        (False, _sleep, r"the next timer is due in 12 s; .*advance\(seconds\)"),
        (True, _forever, "no timer is set"),
        (False, _watched, "the next timer is due in 12 s"),
        (True, _thread, r"time waits for 1 calls.*wait=False"),
    ],
)
def test_a_test_that_would_hang_fails_with_the_reason(
    auto: bool, wait: Callable[[threading.Event], Any], text: str
) -> None:
    torn_down = False
    release = threading.Event()

    async def main() -> None:
        nonlocal torn_down
        with FakeClock(auto=auto, patience=0.02):
            try:
                await wait(release)
            finally:
                release.set()
                await asyncio.sleep(0.001)  # in real time
                torn_down = True

    with pytest.raises(FakeClockError, match=text):
        asyncio.run(main())
    assert torn_down


def test_threads_that_never_stop_waking_the_loop_are_named_as_the_reason() -> None:
    stop = threading.Event()

    def chatter(loop: asyncio.AbstractEventLoop) -> None:
        while not stop.wait(0.001):
            loop.call_soon_threadsafe(int)

    async def main() -> None:
        thread = threading.Thread(target=chatter, args=[asyncio.get_running_loop()])
        with FakeClock(auto=True, settle=5, patience=0.05):
            thread.start()
            try:
                await asyncio.sleep(10)
            finally:
                stop.set()
                thread.join()

    with pytest.raises(FakeClockError, match="wake the loop all the time; lower settle"):
        asyncio.run(main())


async def test_the_watchdog_is_not_waited_for() -> None:
    with (
        WATCHDOG.watching(asyncio.get_running_loop(), lambda event: None),
        FakeClock(auto=True, settle=20, patience=10) as clock,
    ):
        assert WATCHDOG._thread in threading.enumerate()
        await asyncio.sleep(10)
        assert clock.elapsed == 10


@given(delays=st.lists(st.integers(0, 40), max_size=8), steps=st.lists(st.integers(0, 20), max_size=6))
def test_whatever_the_steps_each_timer_runs_at_its_time(delays: list[int], steps: list[int]) -> None:
    async def main() -> None:
        ran: list[tuple[int, float]] = []
        with FakeClock() as clock:
            for delay in delays:
                asyncio.get_running_loop().call_later(delay / 4, lambda d: ran.append((d, clock.elapsed)), delay)
            for step in steps:
                await clock.advance(step / 4)
            passed = sum(steps)
            assert clock.elapsed == passed / 4
            assert [delay for delay, _ in ran] == sorted(delay for delay in delays if delay <= passed)
            assert all(at == delay / 4 for delay, at in ran)

    if steps:
        asyncio.run(main())
