"""The event stream: order, bounds, and that no subscriber harms another."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
import weakref
from collections.abc import Iterable, Iterator
from contextlib import aclosing
from contextvars import ContextVar
from itertools import chain
from typing import Any

import pytest

from purveyor.errors import NoEventLoopError
from purveyor.events import Event, EventsLost
from purveyor.lifecycle.stream import _BURST, EventIterator, EventStream

FACTORIES = [None, *([asyncio.eager_task_factory] if hasattr(asyncio, "eager_task_factory") else [])]


def nothing() -> Iterable[Event]:
    return ()


def numbered(*numbers: int) -> list[Event]:
    return [Event(str(number), 0.0) for number in numbers]


def told(events: Iterable[Event]) -> list[str]:
    """The events' names; of lost ones, how many."""
    return [f"lost {event.count}" if isinstance(event, EventsLost) else event.name for event in events]


async def turns(count: int = 8) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def read(events: EventIterator, count: int) -> list[Event]:
    async with asyncio.timeout(10):  # a test that waits for so long has failed
        return [await anext(events) for _ in range(count)]


@pytest.fixture
def stream() -> EventStream:
    return EventStream(nothing)


@pytest.fixture(params=FACTORIES, ids=["lazy", "eager"][: len(FACTORIES)])
async def every_task_factory(request: pytest.FixtureRequest) -> None:
    asyncio.get_running_loop().set_task_factory(request.param)


class Handler:
    """An asynchronous handler that is at each event until it is released."""

    def __init__(self) -> None:
        self.got: list[Event] = []
        self.finished = 0
        self.gate = asyncio.Semaphore(0)

    async def __call__(self, event: Event) -> None:
        self.got.append(event)
        await self.gate.acquire()
        self.finished += 1


# --- Order --------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("every_task_factory")
async def test_every_subscriber_gets_every_event_in_order(stream: EventStream) -> None:
    """Trap 20: a queue for each subscriber."""
    plain: list[Event] = []
    awaited: list[Event] = []

    async def handler(event: Event) -> None:
        await asyncio.sleep(0)
        awaited.append(event)

    stream.subscribe(plain.append)
    stream.subscribe(handler)
    iterator = stream.events()
    published = numbered(*range(20))
    for event in published[:10]:
        stream.publish(event)
    await turns()
    for event in published[10:]:
        stream.publish(event)
    await turns(50)
    assert plain == awaited == await read(iterator, 20) == published


async def test_publishing_runs_nothing_of_a_subscriber(stream: EventStream) -> None:
    """Trap 19: a handler that was run inside would meet the locks and the half-done work of the publisher."""
    got: list[Event] = []
    stream.subscribe(got.append)
    stream.publish(Event("a", 0.0))
    assert got == []
    await turns()
    assert told(got) == ["a"]


async def test_a_handler_may_publish_and_subscribe(stream: EventStream) -> None:
    """Trap 19."""
    got: list[Event] = []
    late: list[Event] = []

    def handler(event: Event) -> None:
        got.append(event)
        if event.name == "a":
            stream.publish(Event("b", 0.0))
            stream.subscribe(late.append)
            stream.publish(Event("c", 0.0))

    stream.subscribe(handler)
    stream.publish(Event("a", 0.0))
    await turns()
    assert (told(got), told(late)) == (["a", "b", "c"], ["c"])


async def test_threads_publish_and_all_subscribers_agree_on_the_order(stream: EventStream) -> None:
    """Trap 20: publishing is safe from any thread, and wakes the loops of the subscribers."""
    stream = EventStream(nothing, limit=10_000)
    each, threads = 300, 4
    one: list[Event] = []
    stream.subscribe(one.append)
    iterator = stream.events()

    def publish(thread: int) -> None:
        for number in range(each):
            stream.publish(Event(f"{thread}/{number}", 0.0))

    workers = [threading.Thread(target=publish, args=(thread,)) for thread in range(threads)]
    for worker in workers:
        worker.start()
    other = await read(iterator, each * threads)  # the loop sleeps, if it is not woken
    await asyncio.gather(*(asyncio.to_thread(worker.join) for worker in workers))
    await turns()
    assert one == other
    for thread in range(threads):
        mine = [name for name in told(one) if name.startswith(f"{thread}/")]
        assert mine == [f"{thread}/{number}" for number in range(each)]


# --- The present state --------------------------------------------------------------------------------


async def test_a_late_subscriber_first_gets_the_present_state() -> None:
    """Trap 20."""
    stream = EventStream(lambda: numbered(1, 2), limit=1)  # which is not subject to the limit
    plain: list[Event] = []
    stream.subscribe(plain.append)
    iterator = stream.events()
    stream.publish(Event("3", 0.0))
    await turns()
    assert told(plain) == told(await read(iterator, 3)) == ["1", "2", "3"]


async def test_what_is_lost_stands_between_the_present_state_and_what_is_left() -> None:
    stream = EventStream(lambda: numbered(1, 2), limit=2)
    iterator = stream.events()
    for event in numbered(3, 4, 5, 6):
        stream.publish(event)
    assert told(await read(iterator, 5)) == ["1", "2", "lost 2", "5", "6"]


async def test_an_iterator_gets_what_happens_between_its_making_and_its_first_step(stream: EventStream) -> None:
    iterator = stream.events()
    stream.publish(Event("a", 0.0))
    assert told(await read(iterator, 1)) == ["a"]


async def test_no_change_is_lost_or_doubled_while_another_thread_makes_changes() -> None:
    """Trap 20: a late subscriber gets the present state without a race."""
    state = 0
    stream = EventStream(lambda: numbered(state), limit=100_000)
    over = threading.Event()

    def change() -> None:
        nonlocal state
        while not over.is_set():
            with stream.changing:
                state += 1
                if stream.active:
                    stream.publish(*numbered(state))

    changer = threading.Thread(target=change)
    changer.start()
    try:
        for _ in range(200):
            async with aclosing(stream.events()) as iterator:
                first, *rest = [int(event.name) for event in await read(iterator, 5)]
                assert rest == [first + 1, first + 2, first + 3, first + 4]
    finally:
        over.set()
        await asyncio.to_thread(changer.join)


async def test_a_change_while_the_present_state_is_told_is_not_lost() -> None:
    """Trap 20. Also if the publisher does not hold the lock: whether anyone listens is known before the snapshot."""
    state = 1

    def present() -> list[Event]:
        shown = numbered(state)
        changer.start()
        assert looked.wait(30)
        return shown

    def change() -> None:
        nonlocal state
        state = 2
        active = stream.active
        looked.set()
        if active:
            stream.publish(*numbered(state))

    looked = threading.Event()
    changer = threading.Thread(target=change)
    stream = EventStream(present)
    iterator = stream.events()
    changer.join(30)
    stream.publish(Event("3", 0.0))
    assert told(await read(iterator, 3)) == ["1", "2", "3"]


async def test_who_makes_a_change_keeps_others_from_publishing_meanwhile(stream: EventStream) -> None:
    iterator = stream.events()
    other = threading.Thread(target=stream.publish, args=(Event("b", 0.0),))
    with stream.changing:
        other.start()
        other.join(0.05)
        stream.publish(Event("a", 0.0))
    assert told(await read(iterator, 2)) == ["a", "b"]
    other.join()


async def test_if_the_present_state_cannot_be_told_nobody_is_subscribed() -> None:
    def present() -> Iterator[Event]:
        raise LookupError("no state")
        yield

    stream = EventStream(present)
    with pytest.raises(LookupError):
        stream.subscribe(print)
    assert not stream.active


async def test_whether_anyone_listens(stream: EventStream) -> None:
    assert not stream.active
    undo = stream.subscribe(print)
    iterator = stream.events()
    assert stream.active
    undo()
    assert stream.active
    await iterator.aclose()
    assert not stream.active


def test_subscribing_needs_an_event_loop(stream: EventStream) -> None:
    for subscribe in (stream.events, lambda: stream.subscribe(print)):
        with pytest.raises(NoEventLoopError, match="inside a coroutine"):
            subscribe()
    assert not stream.active


# --- Slow and failing ones ----------------------------------------------------------------------------


async def test_a_slow_handler_loses_its_own_oldest_events_and_is_told() -> None:
    """Trap 20: bounded, and harmless to others."""
    stream = EventStream(nothing, limit=3)
    slow, quick = Handler(), list[Event]()
    stream.subscribe(slow)
    stream.subscribe(quick.append)
    for event in numbered(1, 2, 3, 4, 5, 6):
        stream.publish(event)
        await turns()
    assert told(slow.got) == ["1"]  # and it is still at it
    for _ in range(5):
        slow.gate.release()
        await turns()
    assert told(slow.got) == ["1", "lost 2", "4", "5", "6"]
    assert told(quick) == ["1", "2", "3", "4", "5", "6"]


@pytest.mark.usefixtures("every_task_factory")
async def test_a_failing_handler_is_logged_once_for_each_kind_and_gets_the_next_event(
    stream: EventStream, caplog: pytest.LogCaptureFixture
) -> None:
    """Trap 20: one that fails stops neither itself nor others."""
    errors: list[BaseException] = [
        ValueError("first"), ValueError("second"), KeyError("third"), asyncio.CancelledError("nobody's"),
    ]  # fmt: skip
    tried: list[tuple[str, str]] = []
    fine: list[Event] = []

    def fails(event: Event) -> None:
        tried.append(("fails", event.name))
        raise errors[int(event.name)]

    async def fails_later(event: Event) -> None:
        tried.append(("fails_later", event.name))
        await asyncio.sleep(0)
        raise errors[int(event.name)]

    stream.subscribe(fails)
    stream.subscribe(fails_later)
    stream.subscribe(fine.append)
    for event in numbered(0, 1, 2, 3):
        stream.publish(event)
    await turns(20)
    assert len(fine) == 4
    for handler in (fails, fails_later):
        assert [name for who, name in tried if who == handler.__name__] == ["0", "1", "2", "3"]
        logged = [r for r in caplog.records if vars(r)["provider_handler"] == handler.__qualname__]
        assert [r.exc_info[0] for r in logged if r.exc_info] == [ValueError, KeyError, asyncio.CancelledError]
        assert all(record.levelno == logging.ERROR for record in logged)


async def test_a_handler_that_is_no_function_is_named_by_its_class(
    stream: EventStream, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        def __call__(self, event: Event) -> None:
            raise ValueError(event.name)

    stream.subscribe(Broken())
    stream.publish(Event("a", 0.0))
    await turns()
    assert "Broken" in caplog.text


async def test_a_handler_may_return_what_cannot_be_awaited(
    stream: EventStream, caplog: pytest.LogCaptureFixture
) -> None:
    got: list[Event] = []

    def handler(event: Event) -> Any:
        got.append(event)
        return 7

    stream.subscribe(handler)
    for event in numbered(1, 2):
        stream.publish(event)
    await turns()
    assert len(got) == 2
    assert not caplog.records


async def test_a_handler_may_return_a_future(stream: EventStream) -> None:
    futures = [asyncio.get_running_loop().create_future() for _ in range(2)]
    got: list[Event] = []

    def handler(event: Event) -> asyncio.Future[None]:
        got.append(event)
        return futures[len(got) - 1]

    stream.subscribe(handler)
    for event in numbered(1, 2):
        stream.publish(event)
    await turns()
    assert len(got) == 1
    for future in futures:
        future.set_result(None)
    await turns()
    assert len(got) == 2


async def test_a_long_queue_lets_the_loop_do_other_things() -> None:
    stream = EventStream(lambda: numbered(*range(3 * _BURST)))
    got: list[Event] = []
    seen: list[int] = []

    async def someone_else() -> None:
        while len(got) < 3 * _BURST:
            seen.append(len(got))
            await asyncio.sleep(0)

    stream.subscribe(got.append)
    await someone_else()
    assert {_BURST, 2 * _BURST} <= set(seen)
    assert told(got) == [str(number) for number in range(3 * _BURST)]


async def test_a_handler_runs_in_its_subscriber_s_context(stream: EventStream) -> None:
    """Trap 22: in the publisher's it would be taken for a part of the provider that is being started."""
    who = ContextVar[str]("who")
    seen: list[str] = []

    async def handler(event: Event) -> None:
        await asyncio.sleep(0)
        seen.append(who.get())

    who.set("subscriber")
    stream.subscribe(handler)
    stream.subscribe(lambda event: seen.append(who.get()))
    who.set("publisher")
    stream.publish(Event("a", 0.0))
    await turns()
    assert seen == ["subscriber", "subscriber"]


# --- The end of a subscription ------------------------------------------------------------------------


async def test_undo_ends_a_subscription_and_is_idempotent(stream: EventStream) -> None:
    """Trap 20."""
    got: list[Event] = []
    undo, other = stream.subscribe(got.append), stream.subscribe(got.append)
    stream.publish(Event("a", 0.0))
    undo()
    undo()
    await turns()
    assert told(got) == ["a"]  # of the other one: nothing comes after undo, not even what was queued
    await asyncio.to_thread(other)
    assert not stream.active


@pytest.mark.parametrize("kind", ["plain", "coroutine"])
async def test_undo_from_inside_the_handler(stream: EventStream, kind: str) -> None:
    got: list[Event] = []

    def plain(event: Event) -> None:
        undo()
        undo()
        got.append(event)

    async def coroutine(event: Event) -> None:
        undo()
        await asyncio.sleep(0)
        undo()
        got.append(event)

    undo = stream.subscribe(plain if kind == "plain" else coroutine)
    for event in numbered(1, 2):
        stream.publish(event)
    await turns()
    assert told(got) == ["1"]
    assert not stream.active


async def test_undo_lets_the_handler_finish_what_it_is_at(stream: EventStream) -> None:
    """Trap 26: nobody else refers to its task or to what it waits for, and yet they are not collected."""
    finished: list[Event] = []
    futures: weakref.WeakSet[asyncio.Future[None]] = weakref.WeakSet()

    async def handler(event: Event) -> None:
        future = asyncio.get_running_loop().create_future()
        futures.add(future)
        await future
        finished.append(event)

    undo = stream.subscribe(handler)
    for event in numbered(1, 2):
        stream.publish(event)
    await turns()
    undo()
    gc.collect()
    for future in futures:
        future.set_result(None)
    await turns()
    assert told(finished) == ["1"]


async def test_no_task_is_left_when_everything_is_delivered(stream: EventStream) -> None:
    """Trap 26: so there is nothing that had to be closed."""
    handler = Handler()
    stream.subscribe(handler)
    stream.subscribe(lambda event: None)
    iterator = stream.events()
    stream.publish(Event("a", 0.0))
    await turns()
    assert len(asyncio.all_tasks()) == 2  # this one and the handler's
    handler.gate.release()
    await turns()
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert not stream._tasks
    del iterator


async def test_a_handler_that_was_undone_is_not_kept_alive(stream: EventStream) -> None:
    handler = Handler()
    undo = stream.subscribe(handler)
    handler.gate.release()
    stream.publish(Event("a", 0.0))
    await turns()
    undo()
    dead = weakref.ref(handler)
    del handler, undo
    gc.collect()
    assert dead() is None


async def test_the_stream_itself_can_be_collected() -> None:
    stream = EventStream(nothing)
    stream.subscribe(print)
    iterator = stream.events()
    dead = weakref.ref(stream)
    del stream, iterator
    gc.collect()
    assert dead() is None


# --- Iterators ----------------------------------------------------------------------------------------


async def test_cancelling_who_waits_ends_the_subscription(stream: EventStream) -> None:
    iterator = stream.events()
    waiting = asyncio.ensure_future(anext(iterator))
    await turns()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await turns(1)
    assert not stream.active
    with pytest.raises(StopAsyncIteration):
        await anext(iterator)


async def test_a_cancellation_that_meets_an_event_ends_the_subscription_as_well(stream: EventStream) -> None:
    iterator = stream.events()
    waiting = asyncio.ensure_future(anext(iterator))
    await turns()
    stream.publish(Event("a", 0.0))
    await asyncio.sleep(0)  # it is woken, and has not run yet
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await turns(1)
    assert not stream.active


async def test_closing_an_iterator_ends_the_wait_for_its_next_event(stream: EventStream) -> None:
    iterator = stream.events()
    got: list[Event] = []

    async def listen() -> None:
        async for event in iterator:
            got.append(event)

    listening = asyncio.ensure_future(listen())
    stream.publish(Event("a", 0.0))
    await turns()
    await iterator.aclose()
    await iterator.aclose()
    await listening
    stream.publish(Event("b", 0.0))
    assert told(got) == ["a"]
    assert not stream.active


async def test_leaving_the_loop_ends_the_subscription(stream: EventStream) -> None:
    stream.publish(Event("never heard", 0.0))

    async def listen() -> str:
        async for event in stream.events():
            return event.name
        return ""

    listening = asyncio.ensure_future(listen())
    await turns(1)
    stream.publish(Event("a", 0.0))
    assert await listening == "a"
    gc.collect()
    assert not stream.active


async def test_an_iterator_that_is_dropped_leaves_nothing(stream: EventStream) -> None:
    stream.events()
    gc.collect()
    assert not stream.active
    assert stream._subscribers == ()


async def test_two_readers_of_one_iterator_share_its_events(stream: EventStream) -> None:
    iterator = stream.events()
    readers = [asyncio.ensure_future(read(iterator, 2)) for _ in range(2)]
    await turns()
    for event in numbered(1, 2, 3, 4):
        stream.publish(event)
        await turns()
    assert sorted(told(chain.from_iterable(await asyncio.gather(*readers)))) == ["1", "2", "3", "4"]
    ended = [asyncio.ensure_future(anext(iterator)) for _ in range(2)]
    await turns()
    await iterator.aclose()
    for waiting in ended:
        with pytest.raises(StopAsyncIteration):
            await waiting


# --- The end of a loop --------------------------------------------------------------------------------


def test_a_subscriber_whose_loop_is_closed_is_dropped(stream: EventStream) -> None:
    got: list[Event] = []

    async def main() -> EventIterator:
        stream.subscribe(got.append)
        return stream.events()

    iterator = asyncio.run(main())
    assert stream.active
    stream.publish(Event("a", 0.0))
    assert not stream.active
    assert got == []
    del iterator


def test_a_subscriber_whose_loop_is_closed_before_it_gets_what_is_queued(stream: EventStream) -> None:
    async def main() -> None:
        stream.subscribe(print)

    loop = asyncio.new_event_loop()
    loop.run_until_complete(main())
    stream.publish(Event("a", 0.0))
    assert stream.active
    loop.close()
    stream.publish(Event("b", 0.0))
    assert not stream.active


def test_a_loop_that_is_closed_at_the_last_moment(stream: EventStream) -> None:
    class Closing(asyncio.SelectorEventLoop):
        denied = True

        def is_closed(self) -> bool:
            return not self.denied and super().is_closed()

    async def main() -> None:
        stream.subscribe(print)

    loop = Closing()
    loop.run_until_complete(main())
    loop.close()
    stream.publish(Event("a", 0.0))
    assert not stream.active
    loop.denied = False


def test_an_iterator_that_is_waited_for_as_its_loop_ends(stream: EventStream) -> None:
    iterators: list[EventIterator] = []

    async def main() -> None:
        iterators.append(stream.events())
        asyncio.ensure_future(anext(iterators[0]))  # noqa: RUF006
        await turns()

    asyncio.run(main())
    assert not stream.active
    iterators.clear()
    gc.collect()


def test_an_iterator_that_is_still_waited_for_on_a_loop_that_was_closed(stream: EventStream) -> None:
    loop = asyncio.new_event_loop()

    async def main() -> asyncio.Future[Event]:
        waiting = asyncio.ensure_future(anext(stream.events()))
        await turns()
        return waiting

    waiting: Any = loop.run_until_complete(main())
    waiting._log_destroy_pending = False  # what asyncio says of it is right, and not what is tested
    loop.close()
    stream.publish(Event("a", 0.0))
    assert not stream.active
    del waiting
    gc.collect()


@pytest.mark.parametrize("after", range(6))
def test_a_loop_may_end_at_any_moment_of_a_delivery(stream: EventStream, after: int) -> None:
    """Trap 26: nothing is left pending or never awaited: that would be an error of this test."""
    got: list[Event] = []

    async def stubborn(event: Event) -> None:
        got.append(event)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            got.append(event)
            await asyncio.sleep(0)

    async def main() -> None:
        stream.subscribe(stubborn)
        for event in numbered(1, 2):
            stream.publish(event)
        await turns(after)

    asyncio.run(main())
    gc.collect()
    assert told(got) in ([], ["1"], ["1", "1"])
    assert not stream._tasks


async def test_delivery_goes_on_with_the_next_event_after_its_task_was_cancelled(stream: EventStream) -> None:
    handler = Handler()
    stream.subscribe(handler)
    for event in numbered(1, 2):
        stream.publish(event)
    await turns()
    (task,) = asyncio.all_tasks() - {asyncio.current_task()}
    task.cancel()
    await turns()
    assert told(handler.got) == ["1"]
    stream.publish(Event("3", 0.0))
    handler.gate.release()
    handler.gate.release()
    await turns()
    assert told(handler.got) == ["1", "2", "3"]


@pytest.mark.parametrize("kind", ["plain", "coroutine", "second"])
def test_an_interrupt_inside_a_handler_leaves_the_loop_and_not_the_subscription(
    stream: EventStream, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Traps 9 and 26: never swallowed, and retrieved."""
    got: list[Event] = []

    def plain(event: Event) -> None:
        got.append(event)
        if event.name == "1":
            raise KeyboardInterrupt

    async def coroutine(event: Event) -> None:
        plain(event)

    def second(event: Event) -> Any:
        return asyncio.sleep(0) if event.name == "0" else plain(event)

    async def main() -> None:
        stream.subscribe({"plain": plain, "coroutine": coroutine, "second": second}[kind])
        for event in numbered(0, 1):
            stream.publish(event)
        await turns()
        stream.publish(Event("2", 0.0))
        await turns()

    loop = asyncio.new_event_loop()
    task = loop.create_task(main())
    with pytest.raises(KeyboardInterrupt):
        loop.run_until_complete(task)
    loop.run_until_complete(task)
    loop.close()
    gc.collect()
    assert told(got)[-2:] == ["1", "2"]
    assert not caplog.records
