"""What is the in-process driver's own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from purveyor.errors import UnsupportedError
from purveyor.memory import InProcessConfig, InProcessMemory
from purveyor.memory.inprocess import InProcessStore
from tests.memory.conftest import metadata

if TYPE_CHECKING:
    from tests.memory.conftest import Clock


@pytest.fixture
async def memory(clock: Clock) -> Any:
    provider = InProcessMemory(metadata(), InProcessConfig(max_value_bytes=100), clock=clock)
    await provider.initialize()
    return provider


async def test_text_search_is_absent_from_its_capabilities_and_refused(memory: InProcessMemory) -> None:
    assert memory.store is not None
    assert memory.store.capabilities == frozenset()
    assert "search" not in memory.provider_capabilities
    with pytest.raises(
        UnsupportedError,
        match='memory.inprocess does not support text search; use memory.sqlite with path = ":memory:"',
    ):
        await memory.search("word")


async def test_the_size_of_a_value_is_what_its_config_says(memory: InProcessMemory) -> None:
    await memory.put("k", "x" * 98)
    with pytest.raises(ValueError, match="more than the 100 allowed"):
        await memory.put("k", "x" * 99)


async def test_what_has_expired_leaves_memory_though_nobody_asks(memory: InProcessMemory, clock: Clock) -> None:
    store = memory.store
    assert isinstance(store, InProcessStore)
    await memory.put_many({str(number): number for number in range(20)}, ttl=1)
    await memory.touch("3", None)
    await memory.delete("4")
    clock.now += 1
    for _ in range(3):
        await memory.put("other", 1)
    assert sorted(address.key for address in store._records) == ["3", "other"]
    assert [address.key for address in store._order] == ["3", "other"]


async def test_touching_without_end_does_not_grow_the_store(memory: InProcessMemory) -> None:
    store = memory.store
    assert isinstance(store, InProcessStore)
    await memory.put("stays", 1)
    for _ in range(500):
        await memory.put("k", 1, ttl=100)
    assert len(store._expiries) < 100
    assert (await memory.get("k")) is not None


async def test_a_long_scan_lets_others_run(memory: InProcessMemory) -> None:
    await memory.put_many({str(number): number for number in range(2000)})
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.ensure_future(others())
    await asyncio.sleep(0)
    before = turns
    assert await memory.count(where={"@value": {"$gte": 0}}) == 2000
    task.cancel()
    assert turns - before >= 5


async def test_pages_by_time_of_many_items(memory: InProcessMemory, clock: Clock) -> None:
    for number in range(700):
        clock.now += 1
        await memory.put(f"{number * 37 % 700:03}", number)
    for descending in (False, True):
        found: list[int] = []
        cursor = None
        while True:
            page = await memory.list(order="created", descending=descending, limit=150, cursor=cursor)
            found += [item.value for item in page]
            assert len(found) <= 700, "or the pages never end"
            if (cursor := page.cursor) is None:
                break
        assert found == (list(range(699, -1, -1)) if descending else list(range(700)))
    assert await memory.count() == 700
