"""The coalescer, over a store that records what reaches it and answers when a test lets it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from purveyor.errors import ConflictError, StoreBusyError, StoreCorruptError, StoreError, StoreFullError
from purveyor.memory.batch import MAX_BATCH, Batcher
from purveyor.memory.store import Address, Delete, Mutation, Touch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Recorder:
    """A store whose calls stay open until they are let go."""

    capabilities: frozenset[str] = frozenset()

    def __init__(self, answer: Callable[[Any], Any] = lambda request: request) -> None:
        self.calls: list[list[Any]] = []
        self.gates: list[asyncio.Event] = []
        self.answer = answer
        self.closed = False
        self.most_at_once = self.at_once = 0

    async def read(self, addresses: Sequence[Any]) -> list[Any]:
        return await self.write(addresses)

    async def write(self, mutations: Sequence[Any]) -> list[Any]:
        self.calls.append(list(mutations))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if self.closed:
                gate = asyncio.Event()
                self.gates.append(gate)
                await gate.wait()
            return [self.answer(mutation) for mutation in mutations]
        finally:
            self.at_once -= 1

    async def query(self, query: Any) -> Any:
        return query


def delete(key: str) -> Delete:
    return Delete(Address((), key))


async def turns(count: int = 10) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_what_is_awaited_together_travels_together() -> None:
    store = Recorder(answer=lambda mutation: mutation.address.key)
    batcher = Batcher(store)
    answers: list[Any] = await asyncio.gather(*(batcher.write(delete(str(number))) for number in range(64)))
    assert answers == [str(number) for number in range(64)]
    assert [len(call) for call in store.calls] == [64]


async def test_reads_travel_together_too_and_apart_from_writes() -> None:
    store = Recorder(answer=lambda request: None)
    batcher = Batcher(store)
    await asyncio.gather(
        batcher.read([Address((), "a"), Address((), "b")]),
        batcher.read([Address((), "c")]),
        batcher.write(delete("d")),
    )
    assert sorted(map(len, store.calls)) == [1, 3]


async def test_alone_an_operation_waits_for_nobody() -> None:
    store = Recorder()
    store.closed = True
    batcher = Batcher(store)
    first = asyncio.ensure_future(batcher.write(delete("a")))
    await turns(3)
    assert [len(call) for call in store.calls] == [1]
    store.gates[0].set()
    await first


async def test_one_batch_is_in_flight_and_the_rest_gathers() -> None:
    store = Recorder()
    store.closed = True
    batcher = Batcher(store)
    waiting = []
    for key in "abcde":
        waiting.append(asyncio.ensure_future(batcher.write(delete(key))))
        await turns()
    assert [[one.address.key for one in call] for call in store.calls] == [["a"]]
    store.gates[0].set()
    await turns()
    assert [[one.address.key for one in call] for call in store.calls] == [["a"], ["b", "c", "d", "e"]]
    store.gates[1].set()
    await asyncio.gather(*waiting)
    assert store.most_at_once == 1


async def test_a_batch_is_bounded_but_a_callers_unit_is_never_split() -> None:
    store = Recorder()
    batcher = Batcher(store)
    small = [batcher.write_unit([delete(f"{number}.{part}") for part in range(200)]) for number in range(4)]
    large = batcher.write_unit([delete(str(number)) for number in range(MAX_BATCH + 100)])
    answers = await asyncio.gather(*small, large)
    assert [len(call) for call in store.calls] == [400, 400, MAX_BATCH + 100]
    assert [len(answer) for answer in answers] == [200, 200, 200, 200, MAX_BATCH + 100]
    assert [one.address.key for one in answers[1]][:2] == ["1.0", "1.1"]  # type: ignore[union-attr]


async def test_nothing_asked_is_nothing_sent() -> None:
    store = Recorder()
    batcher = Batcher(store)
    assert await batcher.read([]) == []
    assert await batcher.write_unit([]) == []
    assert store.calls == []


async def test_a_cancelled_callers_unsent_mutation_is_dropped() -> None:
    store = Recorder()
    batcher = Batcher(store)
    tasks = [asyncio.ensure_future(batcher.write(delete(key))) for key in "abc"]
    tasks[1].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert tasks[1].cancelled()
    assert [[one.address.key for one in call] for call in store.calls] == [["a", "c"]]


async def test_when_all_callers_are_cancelled_the_store_is_not_called() -> None:
    store = Recorder()
    batcher = Batcher(store)
    task = asyncio.ensure_future(batcher.write(delete("a")))
    task.cancel()
    await turns()
    assert store.calls == []
    await batcher.write(delete("b"))
    assert len(store.calls) == 1


async def test_a_caller_cancelled_after_sending_disturbs_nobody() -> None:
    store = Recorder()
    store.closed = True
    batcher = Batcher(store)
    first, second = (asyncio.ensure_future(batcher.write(delete(key))) for key in "ab")
    await turns()
    first.cancel()
    store.gates[0].set()
    assert await second is not None
    assert first.cancelled()


async def test_an_outcome_that_is_an_exception_is_its_callers_alone() -> None:
    def answer(mutation: Mutation[Any]) -> Any:
        return ConflictError("a", 1, 2) if isinstance(mutation, Touch) else True

    batcher = Batcher(Recorder(answer))
    mutations: list[Mutation[Any]] = [Touch(Address((), "a"), None), delete("b")]
    bad, good = await asyncio.gather(*map(batcher.write, mutations), return_exceptions=True)
    assert isinstance(bad, ConflictError)
    assert good is True
    unit = await batcher.write_unit(mutations)
    assert [type(outcome) for outcome in unit] == [ConflictError, bool]


async def test_a_store_that_fails_after_a_caller_has_gone_disturbs_nobody() -> None:
    def answer(_: Any) -> Any:
        raise StoreFullError("db", "full")

    store = Recorder(answer)
    store.closed = True
    batcher = Batcher(store)
    gone, stays = (asyncio.ensure_future(batcher.write(delete(key))) for key in "ab")
    await turns()
    gone.cancel()
    store.gates[0].set()
    with pytest.raises(StoreFullError):
        await stays


class AwkwardError(Exception):
    """An error that cannot be copied."""

    def __init__(self, one: int, *, two: int) -> None:
        super().__init__(one)
        self.two = two


@pytest.mark.parametrize("error", [StoreFullError("db", "full", "free some"), StoreBusyError("db", "busy")])
async def test_when_the_store_fails_every_caller_has_an_error_of_their_own(error: StoreError) -> None:
    cause = OSError("disk")
    error.__cause__ = cause

    def answer(_: Any) -> Any:
        raise error

    batcher = Batcher(Recorder(answer))
    errors = await asyncio.gather(*(batcher.write(delete(key)) for key in "abc"), return_exceptions=True)
    assert {type(each) for each in errors} == {type(error)}
    assert {str(each) for each in errors} == {str(error)}
    assert len({id(each) for each in [*errors, error]}) == 4
    assert all(isinstance(each, BaseException) and each.__cause__ is cause for each in errors)


async def test_an_error_that_cannot_be_copied_is_wrapped() -> None:
    error = AwkwardError(1, two=2)

    def answer(_: Any) -> Any:
        raise error

    batcher = Batcher(Recorder(answer))
    with pytest.raises(StoreError, match="1") as caught:
        await batcher.write(delete("a"))
    assert caught.value.__cause__ is error


async def test_a_store_that_forgets_answers_is_an_error_not_a_hang() -> None:
    store = Recorder()

    async def write(mutations: Sequence[Any]) -> list[Any]:
        return [True] * (len(mutations) - 1)

    store.write = write  # type: ignore[method-assign]
    batcher = Batcher(store)
    with pytest.raises(StoreError, match="gave 0 answers to 1 requests"):
        await batcher.write(delete("a"))


async def test_a_batch_that_is_cancelled_leaves_nobody_waiting() -> None:
    """As when the loop is torn down."""
    store = Recorder()
    store.closed = True
    batcher = Batcher(store)
    callers = [asyncio.ensure_future(batcher.write(delete(key))) for key in "ab"]
    await turns()
    sending = [task for task in asyncio.all_tasks() if "_run" in repr(task.get_coro())]
    assert len(sending) == 1
    sending[0].cancel()
    await asyncio.wait(callers)
    assert all(caller.cancelled() for caller in callers)
    store.closed = False
    assert await batcher.write(delete("c"))


async def test_queries_go_straight_to_the_store() -> None:
    query: Any = object()
    assert await Batcher(Recorder()).query(query) is query


class Damaged(Recorder):
    """A store that fails every read in which a damaged address takes part."""

    async def read(self, addresses: Sequence[Any]) -> list[Any]:
        answers = await super().read(addresses)
        if any(address.key == "bad" for address in addresses):
            raise StoreCorruptError("store", "its item 'bad' is damaged")
        return answers


async def test_what_is_read_beside_damage_is_read_all_the_same() -> None:
    store = Damaged(answer=lambda address: address.key)
    batcher = Batcher(store)
    good, bad, both, gone = (
        batcher.read([Address((), key) for key in keys]) for keys in (["good"], ["bad"], ["good", "bad"], ["gone"])
    )
    gone.cancel()
    last = batcher.read([Address((), "last")])
    answers: list[Any] = [await good, await last]
    assert answers == [["good"], ["last"]]
    for future in (bad, both):
        with pytest.raises(StoreCorruptError, match="'bad' is damaged"):
            await future
    assert [len(call) for call in store.calls] == [5, 1, 1, 2, 1]


async def test_who_has_gone_meanwhile_is_not_read_for_again() -> None:
    store = Damaged()
    store.closed = True
    batcher = Batcher(store)
    bad, gone = batcher.read([Address((), "bad")]), batcher.read([Address((), "gone")])
    await turns()
    gone.cancel()
    for call in range(2):
        store.gates[call].set()
        await turns()
    with pytest.raises(StoreCorruptError):
        await bad
    assert [len(call) for call in store.calls] == [2, 1]


async def test_torn_down_between_two_reads_apart_nobody_is_left_waiting() -> None:
    store = Damaged()
    store.closed = True
    batcher = Batcher(store)
    waiting = [batcher.read([Address((), key)]) for key in ("bad", "good", "other")]
    await turns()
    store.gates[0].set()
    await turns()
    [task] = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    task.cancel()
    await turns()
    assert all(future.cancelled() for future in waiting)


async def test_writes_are_not_sent_twice() -> None:
    def answer(mutation: Any) -> Any:
        raise StoreCorruptError("store", "is damaged")

    store = Recorder(answer)
    batcher = Batcher(store)
    results = await asyncio.gather(*(batcher.write(delete(key)) for key in "ab"), return_exceptions=True)
    assert [type(result) for result in results] == [StoreCorruptError, StoreCorruptError]
    assert len(store.calls) == 1
