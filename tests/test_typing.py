"""What type checkers make of the API; mypy reads this file, and pytest runs it."""

from __future__ import annotations

from typing import Any, assert_type

from purveyor import MemoryProvider, Provider, ProviderManager, ProviderType
from purveyor.memory.inprocess import InProcessConfig, InProcessMemory
from tests.providers import Scripted, metadata


async def test_lookups_and_operations_keep_their_types() -> None:
    async with ProviderManager() as manager:
        await manager.register(InProcessMemory(metadata("notes", type=ProviderType.MEMORY), InProcessConfig()))
        await manager.register(Scripted())
        assert_type(manager.get("one"), Provider[Any])
        assert_type(manager.get("one", Scripted), Scripted)
        assert_type(manager.get("notes", MemoryProvider), MemoryProvider[Any])  # abstract, and welcome
        assert_type(manager.get("notes", InProcessMemory).config, InProcessConfig)
        assert_type(manager.get_provider("one"), Provider[Any] | None)
        assert_type(await manager.get("notes", MemoryProvider).count(), int)
