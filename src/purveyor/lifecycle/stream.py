"""`EventStream`: what happens to a manager's providers, told to everyone who listens.

Publishing puts an event into the inbox of each subscriber and wakes that subscriber's event loop; nothing of
theirs runs meanwhile. So a subscriber may call the manager, fail, be slow or vanish, and harms nobody. There
is a task only while an asynchronous handler is at work, so that nothing is left over that had to be closed.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextvars import copy_context
from functools import partial
from inspect import isawaitable, iscoroutine
from time import time
from typing import TypeAlias

from purveyor.errors import NoEventLoopError
from purveyor.events import Event, EventsLost

__all__ = ["EventIterator", "EventStream", "Handler"]

#: Called with each event; what it returns is awaited, if it can be.
Handler: TypeAlias = Callable[[Event], Awaitable[object] | None]

#: How many events a handler is given before the event loop may do something else.
_BURST = 256

_logger = logging.getLogger(__name__)


class EventStream:
    """Hands each event to every subscriber, in the order in which they were published.

    A publisher changes the state first and publishes then. If no `await` stands between, a subscriber on the
    same thread gets each change exactly once: in the present state, or as an event. Where subscribers come
    from other threads too, the publisher holds `changing` across both.

    Args:
        present: The present state as events; what a new subscriber gets first, beyond the limit.
        limit: How many events wait for one subscriber. If it is too slow, the oldest are dropped, and
            `EventsLost` stands in their place.
    """

    __slots__ = ("__weakref__", "_limit", "_present", "_subscribers", "_tasks", "active", "changing")

    def __init__(self, present: Callable[[], Iterable[Event]], limit: int = 1024) -> None:
        self._present = present
        self._limit = limit
        self._subscribers: tuple[_Subscriber, ...] = ()
        self._tasks: set[asyncio.Task[None]] = set()  # of handlers: a loop itself refers to its tasks weakly
        #: Whether anyone listens. Publishers test it before they so much as build an event.
        self.active = False
        #: Also what keeps the inboxes consistent. Reentrant: a subscriber may be garbage collected anywhere.
        self.changing = threading.RLock()

    def publish(self, event: Event) -> None:
        """Have an event delivered. Callable from any thread; never raises, and runs nothing of a subscriber's."""
        with self.changing:
            for subscriber in self._subscribers:
                subscriber.put(event)

    def subscribe(self, handler: Handler) -> Callable[[], None]:
        """Have the present state and then each event handed to a handler, one after another.

        It runs on the event loop of the caller and in its context. One that fails is logged, once for each kind
        of error, and gets the next event all the same.

        Args:
            handler: A function or coroutine function of one event.

        Returns:
            A function that ends the subscription. It may be called more than once and from inside the handler;
            what the handler is at then, it may finish.

        Raises:
            NoEventLoopError: No event loop runs in this thread.
        """
        caller = _Caller(self, self._limit, handler)
        self._add(caller)
        return caller.end

    def events(self) -> EventIterator:
        """The present state and then each event from now on, as an async iterator that has no end.

        Raises:
            NoEventLoopError: No event loop runs in this thread.
        """
        reader = _Reader(self, self._limit)
        self._add(reader)
        return EventIterator(reader)

    def _add(self, subscriber: _Subscriber) -> None:
        with self.changing:
            self.active = True  # before the snapshot: a change after it must find someone who listens
            try:
                subscriber.begin(self._present())
                self._subscribers = (*self._subscribers, subscriber)
            finally:
                self._sweep()

    def _sweep(self) -> None:
        self._subscribers = tuple(each for each in self._subscribers if not each.over)
        self.active = bool(self._subscribers)


class EventIterator(AsyncIterator[Event]):
    """What `EventStream.events` returns; the subscription lasts as long as it.

    It ends with `aclose`, with the cancellation of whoever waits for an event, or when the iterator is not
    referred to any more, as after leaving an ``async for``.
    """

    __slots__ = ("_reader",)

    def __init__(self, reader: _Reader) -> None:
        self._reader = reader

    async def __anext__(self) -> Event:
        return await self._reader.next()

    async def aclose(self) -> None:
        """End the subscription; who waits for an event gets the end of the iteration."""
        self._reader.end()

    def __del__(self) -> None:
        self._reader.end()


class _Subscriber(ABC):
    """An inbox, and the event loop that is woken when something lies in it."""

    __slots__ = ("_backlog", "_context", "_limit", "_loop", "_lost", "_queue", "_roused", "_stream", "over")

    def __init__(self, stream: EventStream, limit: int) -> None:
        try:
            self._loop = asyncio.get_running_loop()
        except RuntimeError:
            raise NoEventLoopError from None
        self._stream = stream
        self._limit = limit
        self._context = copy_context()  # else it would run in the publisher's, as a part of its provider
        self._backlog: deque[Event] = deque()  # the present state
        self._queue: deque[Event] = deque()
        self._lost = 0
        self._roused = False  # from when the loop is asked to run `_wake` until `_rest`
        self.over = False

    @abstractmethod
    def _wake(self) -> None:
        """Run on the event loop, some time after the inbox has got its first event."""

    def begin(self, present: Iterable[Event]) -> None:
        self._backlog.extend(present)
        self._rest()

    def put(self, event: Event) -> None:
        """Called with the stream's lock held."""
        if self.over or self._loop.is_closed():
            self.end()
            return
        if len(self._queue) >= self._limit:
            self._queue.popleft()
            self._lost += 1
        self._queue.append(event)
        self._rouse()

    def take(self) -> Event | None:
        with self._stream.changing:
            if self._backlog:
                return self._backlog.popleft()
            if self._lost:
                lost, self._lost = self._lost, 0
                return EventsLost("", time(), lost)
            return self._queue.popleft() if self._queue else None

    def end(self) -> None:
        with self._stream.changing:
            self.over = True
            self._backlog.clear()
            self._queue.clear()
            self._lost = 0
            self._stream._sweep()

    def _rest(self) -> None:
        """Wait for the next event; it may be there already."""
        with self._stream.changing:
            self._roused = False
            if self._backlog or self._queue:
                self._rouse()

    def _rouse(self) -> None:
        if not self._roused:
            self._roused = True
            try:
                self._loop.call_soon_threadsafe(self._wake, context=self._context)
            except RuntimeError:  # the loop was closed by another thread just now
                self.end()


class _Caller(_Subscriber):
    """Calls a handler: in callbacks of the loop, and from where one has to be awaited in a task."""

    __slots__ = ("_handler", "_reported")

    def __init__(self, stream: EventStream, limit: int, handler: Handler) -> None:
        super().__init__(stream, limit)
        self._handler = handler
        self._reported: set[type[BaseException]] = set()

    def _wake(self) -> None:
        try:
            unfinished = self._call()
        except BaseException:
            self._roused = False
            raise
        if unfinished is None:
            self._rest()
            return
        task = self._loop.create_task(self._go_on(unfinished), name="purveyor events")
        self._stream._tasks.add(task)
        task.add_done_callback(partial(self._ended, unfinished))

    def _call(self) -> Awaitable[object] | None:
        """Call the handler with event after event, until something has to be awaited or nothing is left."""
        for _ in range(_BURST):
            event = self.take()
            if event is None:
                return None
            try:
                result = self._handler(event)
            except (Exception, asyncio.CancelledError) as error:
                self._report(error)
            else:
                if isawaitable(result):
                    return result
        return asyncio.sleep(0)

    async def _go_on(self, unfinished: Awaitable[object] | None) -> None:
        task = asyncio.current_task()
        assert task is not None
        while unfinished is not None:
            try:
                await unfinished
            except Exception as error:
                self._report(error)
            except asyncio.CancelledError as error:
                if task.cancelling():
                    raise
                self._report(error)
            if task.cancelling():  # the handler has swallowed it, but the loop may be about to end
                return
            unfinished = self._call()

    def _ended(self, first: Awaitable[object], task: asyncio.Task[None]) -> None:
        self._stream._tasks.discard(task)
        if iscoroutine(first):
            first.close()  # the task may have been cancelled before its first step
        if not task.cancelled():
            task.exception()  # a KeyboardInterrupt, which has left the loop by itself
        if task.cancelling():  # what is left waits for the next event: there may be no next turn of the loop
            self._roused = False
        else:
            self._rest()

    def _report(self, error: BaseException) -> None:
        if type(error) in self._reported:
            return
        self._reported.add(type(error))
        handler = getattr(self._handler, "__qualname__", type(self._handler).__qualname__)
        _logger.error(
            "The event handler %s failed with %s; more of this kind will not be logged",
            handler, type(error).__name__, exc_info=error, extra={"provider_handler": handler},
        )  # fmt: skip


class _Reader(_Subscriber):
    """Hands events to those who wait for the next one."""

    __slots__ = ("_waiters",)

    def __init__(self, stream: EventStream, limit: int) -> None:
        super().__init__(stream, limit)
        self._waiters: set[asyncio.Future[None]] = set()

    async def next(self) -> Event:
        while (event := self.take()) is None:
            if self.over:
                raise StopAsyncIteration
            waiter: asyncio.Future[None] = self._loop.create_future()
            self._waiters.add(waiter)
            self._rest()
            try:
                await waiter
            except asyncio.CancelledError:
                self.end()
                raise
            finally:
                self._waiters.discard(waiter)
        return event

    def end(self) -> None:
        super().end()
        if self._waiters and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
