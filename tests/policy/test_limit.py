"""Slots and the queue behind them: on one loop, on several, with threads."""

from __future__ import annotations

import asyncio
import gc
import threading

import pytest

from purveyor.policy.limit import QUEUE, Limit


async def turns(count: int = 3) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_as_many_as_there_are_slots_and_not_one_more() -> None:
    limit = Limit(2)
    assert [limit.take(), limit.take(), limit.take()] == [True, True, False]
    assert (limit.taken, limit.waiting) == (2, 0)
    limit.give()
    assert limit.take()


async def test_first_come_first_served_and_nobody_overtakes() -> None:
    limit = Limit(1)
    assert limit.take()
    order: list[int] = []

    async def work(number: int) -> None:
        assert await limit.wait()
        order.append(number)
        await asyncio.sleep(0)
        limit.give()

    tasks = [asyncio.create_task(work(number)) for number in range(5)]
    await turns()
    assert limit.waiting == 5
    limit.give()
    assert not limit.take()  # it belongs to the first one already, who has not run yet
    await asyncio.gather(*tasks)
    assert order == [0, 1, 2, 3, 4]
    assert (limit.taken, limit.waiting) == (0, 0)


async def test_the_queue_has_an_end() -> None:
    limit = Limit(1)
    assert limit.take()
    tasks = [asyncio.create_task(limit.wait()) for _ in range(QUEUE)]
    await turns()
    assert await limit.wait() is False
    limit.give()
    await turns()
    assert limit.waiting == QUEUE - 1
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert (limit.taken, limit.waiting) == (1, 0)  # the first one has its slot


async def test_who_is_cancelled_leaves_the_queue() -> None:
    limit = Limit(1)
    assert limit.take()
    first, second = asyncio.create_task(limit.wait()), asyncio.create_task(limit.wait())
    await turns()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert limit.waiting == 1
    limit.give()
    assert await second
    assert limit.taken == 1


@pytest.mark.parametrize("cancelled_first", [True, False])
async def test_who_is_cancelled_when_it_is_given_a_slot_passes_it_on(cancelled_first: bool) -> None:
    limit = Limit(1)
    assert limit.take()
    first, second = asyncio.create_task(limit.wait()), asyncio.create_task(limit.wait())
    await turns()
    for act in (first.cancel, limit.give) if cancelled_first else (limit.give, first.cancel):
        act()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert await second
    assert limit.taken == 1
    limit.give()
    assert limit.taken == 0


async def test_a_slot_that_is_free_by_then_is_taken_at_once() -> None:
    limit = Limit(1)
    assert await limit.wait()
    assert limit.taken == 1


async def test_more_slots_let_those_who_wait_go_on() -> None:
    limit = Limit(1)
    assert limit.take()
    waiting = [asyncio.create_task(limit.wait()) for _ in range(3)]
    await turns()
    limit.resize(3)
    await turns()
    assert [task.done() for task in waiting] == [True, True, False]
    limit.give()
    assert await waiting[2]
    assert limit.taken == 3


async def test_fewer_slots_are_given_out_once_enough_are_back() -> None:
    limit = Limit(3)
    assert [limit.take() for _ in range(3)] == [True] * 3
    limit.resize(1)
    waiting = asyncio.create_task(limit.wait())
    limit.give()
    limit.give()
    await turns()
    assert not waiting.done()
    assert (limit.taken, limit.slots) == (1, 1)
    limit.give()
    assert await waiting
    assert limit.taken == 1


async def test_a_loop_that_is_closed_is_passed_over() -> None:
    limit = Limit(1)
    assert limit.take()
    other = asyncio.new_event_loop()
    lost = other.create_task(limit.wait())
    other.call_soon(other.stop)
    thread = threading.Thread(target=other.run_forever)
    thread.start()
    await asyncio.to_thread(thread.join)
    assert limit.waiting == 1
    other.close()
    mine = asyncio.create_task(limit.wait())
    await turns()
    limit.give()
    assert await mine
    lost.get_coro().close()
    lost._log_destroy_pending = False  # type: ignore[attr-defined]
    del lost
    gc.collect()
    assert limit.taken == 1


async def test_one_that_is_collected_with_its_loop_gives_its_slot_back() -> None:
    limit = Limit(1)
    assert limit.take()
    waiting = limit.wait()
    waiting.send(None)  # on this loop, but by no task: it is never resumed
    limit.give()
    assert limit.taken == 1
    waiting.close()
    assert (limit.taken, limit.waiting) == (0, 0)


def test_threads_and_their_loops_share_it() -> None:
    limit, inside, most, done = Limit(3), 0, 0, 0
    lock = threading.Lock()

    async def work() -> None:
        nonlocal inside, most, done
        if not limit.take():
            assert await limit.wait()
        with lock:
            inside += 1
            most = max(most, inside)
        await asyncio.sleep(0)
        with lock:
            inside -= 1
            done += 1
        limit.give()

    async def many() -> None:
        for _ in range(40):
            await asyncio.gather(*(work() for _ in range(8)))

    threads = [threading.Thread(target=lambda: asyncio.run(many())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (done, most) == (4 * 40 * 8, 3)
    assert (limit.taken, limit.waiting) == (0, 0)
