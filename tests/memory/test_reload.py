"""Reloads of the built-in memories under load: nothing fails, nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from purveyor import MemoryProvider, Policy, ProviderManager, ProviderMetadata, ProviderStatus, ProviderType
from purveyor.memory.inprocess import InProcessConfig, InProcessMemory
from purveyor.memory.sqlite import SQLiteConfig, SQLiteMemory

Make = Callable[[Path], tuple[MemoryProvider[Any], list[Any]]]
METADATA = ProviderMetadata("notes", ProviderType.MEMORY, "Notes", "1", ["store"])


def in_process(_: Path) -> tuple[MemoryProvider[Any], list[Any]]:
    return InProcessMemory(METADATA, InProcessConfig()), [InProcessConfig(max_value_bytes=n) for n in (100, 200)]


def sqlite(folder: Path) -> tuple[MemoryProvider[Any], list[Any]]:
    path = folder / "notes.db"
    configs = [SQLiteConfig(path=path, synchronous="normal"), SQLiteConfig(path=path, search=False)]
    return SQLiteMemory(METADATA, SQLiteConfig(path=path)), configs


@pytest.mark.parametrize("make", [in_process, sqlite])
async def test_a_swap_under_load_fails_and_loses_nothing(make: Make, tmp_path: Path) -> None:
    first, configs = make(tmp_path)
    over = asyncio.Event()
    async with ProviderManager() as manager:
        await manager.register(first)

        async def write(caller: int) -> int:
            n = 0
            while not over.is_set():
                await first.put(f"{caller}-{n}", n)  # the reference from before all reloads
                assert await manager.get("notes", MemoryProvider).get(f"{caller}-{n}") is not None
                n += 1
            return n

        writers = [asyncio.create_task(write(caller)) for caller in range(8)]
        for config in configs * 3:
            await manager.reload_provider("notes", config=config)
            await asyncio.sleep(0)
        over.set()
        written = await asyncio.gather(*writers)
        assert all(written)
        live = manager.get("notes", MemoryProvider)
        assert live is not first
        assert live.config == configs[-1]
        assert await live.count() == sum(written)


@pytest.mark.parametrize("make", [in_process, sqlite])
async def test_two_generations_are_open_at_once(make: Make, tmp_path: Path) -> None:
    first, configs = make(tmp_path)
    async with ProviderManager() as manager:
        await manager.register(first)
        for n in range(3):
            await first.put(f"k{n}", n)
        reader = first.list()
        page = await reader
        assert len(page.items) == 3
        await manager.reload_provider("notes", config=configs[0])
        assert [item.key for item in (await first.list()).items] == ["k0", "k1", "k2"]
        assert manager.status("notes") is ProviderStatus.READY


async def test_in_place_a_memory_of_the_process_begins_empty() -> None:
    async with ProviderManager() as manager:
        await manager.register(InProcessMemory(METADATA, InProcessConfig()), policy=Policy(reload="in_place"))
        notes = manager.get("notes", MemoryProvider)
        await notes.put("k", 1)
        await manager.reload_provider("notes")
        assert manager.get("notes", MemoryProvider) is notes
        assert await notes.count() == 0


async def test_a_generation_that_cannot_start_leaves_the_old_one_serving(tmp_path: Path) -> None:
    (tmp_path / "broken.db").write_bytes(b"no database at all" * 100)
    async with ProviderManager() as manager:
        await manager.register(SQLiteMemory(METADATA, SQLiteConfig(path=tmp_path / "notes.db")))
        notes = manager.get("notes", MemoryProvider)
        await notes.put("k", 1)
        with pytest.raises(Exception, match=r"broken\.db"):
            await manager.reload_provider("notes", config=SQLiteConfig(path=tmp_path / "broken.db"))
        assert "broken.db" in str(manager.last_reload_error("notes"))
        assert manager.get("notes", MemoryProvider) is notes
        assert (await notes.get("k")) is not None
        assert manager.status("notes") is ProviderStatus.READY


async def test_a_namespace_of_which_all_has_expired_is_none() -> None:
    now = 1000.0
    memory = InProcessMemory(METADATA, InProcessConfig(), clock=lambda: now)
    await memory.initialize()
    await memory.put("k", 1, namespace=("gone",), ttl=5)
    await memory.put("k", 1, namespace=("there",))
    now = 2000.0
    assert await memory.namespaces() == [("there",)]
    await memory.cleanup()
