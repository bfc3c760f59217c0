"""Coalescing: operations that are awaited at the same time travel to the store together.

What is asked for within one turn of the event loop is one call of the store. While the store is busy with that,
what is asked for meanwhile gathers for the next; an operation that is alone waits for nobody, and no timer is
involved. (With a second call in flight the batches would be half as long, and a store that works on a thread
would compete with the event loop for the interpreter: measured with SQLite and 64 callers, a tenth slower.)
"""

from __future__ import annotations

import asyncio
import copy
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from purveyor.errors import StoreCorruptError, StoreError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from purveyor.memory.store import Address, Item, MemoryStore, Mutation, Outcome, Query

__all__ = ["Batcher"]

T = TypeVar("T")
RequestT = TypeVar("RequestT")
AnswerT = TypeVar("AnswerT")

#: How many requests one call of the store carries at most, unless a single caller brings more.
MAX_BATCH = 512


class Batcher:
    """Gathers the reads and the writes of one store, on the event loop it is made on.

    Args:
        store: The store.
    """

    def __init__(self, store: MemoryStore) -> None:
        self.store = store
        self.loop = asyncio.get_running_loop()
        self._reads: _Lane[Address, Item | None] = _Lane(store.read, self.loop, apart=True)
        self._writes: _Lane[Mutation[Any], Outcome | Exception] = _Lane(store.write, self.loop)

    def read(self, addresses: Sequence[Address]) -> asyncio.Future[list[Item | None]]:
        """The items at these addresses, as `MemoryStore.read`."""
        return self._reads.submit(addresses)

    def write(self, mutation: Mutation[T]) -> asyncio.Future[T]:
        """Apply one mutation; the future has its outcome, or raises it if that is an exception."""
        future: asyncio.Future[Any] = self._writes.submit((mutation,), alone=True)
        return future

    def write_unit(self, mutations: Sequence[Mutation[Any]]) -> asyncio.Future[list[Outcome | Exception]]:
        """Apply several mutations in one transaction, however many they are."""
        return self._writes.submit(mutations)

    async def query(self, query: Query[T]) -> T:
        """Answer one question; queries are too different from each other to travel together."""
        return await self.store.query(query)


class _Unit(Generic[RequestT, AnswerT]):
    """What one caller asked for; it is sent whole."""

    __slots__ = ("alone", "future", "requests")

    def __init__(self, requests: Sequence[RequestT], future: asyncio.Future[Any], alone: bool) -> None:
        self.requests = requests
        self.future = future
        self.alone = alone

    def settle(self, answers: list[AnswerT]) -> None:
        """Give the caller its answers; to one who asked for one thing, that answer, or raise it."""
        if self.future.done():  # cancelled meanwhile
            return
        if not self.alone:
            self.future.set_result(answers)
        elif isinstance(answers[0], Exception):
            self.future.set_exception(answers[0])
        else:
            self.future.set_result(answers[0])


class _Lane(Generic[RequestT, AnswerT]):
    """The way of one verb to the store.

    Args:
        send: The verb.
        loop: The event loop it is awaited on.
        apart: Send units that met damage together again, each on its own; only for what may be sent twice.
    """

    def __init__(
        self,
        send: Callable[[Sequence[RequestT]], Awaitable[list[AnswerT]]],
        loop: asyncio.AbstractEventLoop,
        *,
        apart: bool = False,
    ) -> None:
        self._send = send
        self._loop = loop
        self._apart = apart
        self._waiting: list[_Unit[RequestT, AnswerT]] = []
        self._scheduled = False
        self._in_flight: asyncio.Task[None] | None = None

    def submit(self, requests: Sequence[RequestT], *, alone: bool = False) -> asyncio.Future[Any]:
        """Queue the requests; the future has one answer for each. Cancelled in time, they are never sent.

        Args:
            requests: What is asked for.
            alone: There is one request, and the future is to have its answer, not a list with it.
        """
        future: asyncio.Future[Any] = self._loop.create_future()
        if not requests:
            future.set_result([])
            return future
        self._waiting.append(_Unit(requests, future, alone))
        if not self._scheduled and self._in_flight is None:
            self._scheduled = True
            self._loop.call_soon(self._flush)
        return future

    def _flush(self) -> None:
        self._scheduled = False
        if batch := self._take():
            self._in_flight = self._loop.create_task(self._run(batch))
            self._in_flight.add_done_callback(self._landed)

    def _take(self) -> list[_Unit[RequestT, AnswerT]]:
        """The next units that fit together, without those whose callers have gone."""
        batch: list[_Unit[RequestT, AnswerT]] = []
        size = taken = 0
        for unit in self._waiting:
            if not unit.future.done():
                if batch and size + len(unit.requests) > MAX_BATCH:
                    break
                batch.append(unit)
                size += len(unit.requests)
            taken += 1
        del self._waiting[:taken]
        return batch

    def _landed(self, _: asyncio.Task[None]) -> None:
        self._in_flight = None
        self._flush()

    async def _run(self, batch: list[_Unit[RequestT, AnswerT]]) -> None:
        try:
            try:
                await self._serve(batch)
            except StoreCorruptError:  # one unit's damage is not the others' failure
                for unit in batch:
                    if not unit.future.done():
                        await self._serve([unit])
        except BaseException:  # the loop is being torn down: nobody may be left waiting
            for unit in batch:
                unit.future.cancel()
            raise

    async def _serve(self, batch: list[_Unit[RequestT, AnswerT]]) -> None:
        """Send units together, and settle them.

        Raises:
            StoreCorruptError: There are several, and they are to be sent apart.
        """
        requests = [request for unit in batch for request in unit.requests]
        try:
            answers = await self._send(requests)
            if len(answers) != len(requests):
                raise StoreError(_name(self._send), f"gave {len(answers)} answers to {len(requests)} requests")
        except Exception as error:
            if self._apart and len(batch) > 1 and isinstance(error, StoreCorruptError):
                raise
            for unit in batch:
                if not unit.future.done():
                    unit.future.set_exception(_own(error))
            return
        start = 0
        for unit in batch:
            end = start + len(unit.requests)
            unit.settle(answers[start:end])
            start = end


def _own(error: Exception) -> Exception:
    """A copy for one caller: an exception raised in two places collects both tracebacks, and neither is true."""
    try:
        own = copy.copy(error)
    except Exception:  # not every exception can be copied
        own = StoreError("memory store", str(error))
    own.__cause__ = error.__cause__ or error
    return own


def _name(send: Callable[..., object]) -> str:
    return getattr(send, "__qualname__", repr(send))
