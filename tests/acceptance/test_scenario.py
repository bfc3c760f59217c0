"""The validation scenario of the founding specification, word for word but for imports and two test providers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from purveyor import (
    MemoryProvider,
    ProviderManager,
    ProviderMetadata,
    ProviderMonitor,
    ProviderType,
    StorageProvider,
)


@dataclass
class MemoryConfig:
    name: str
    enabled: bool


@dataclass
class StorageConfig:
    name: str
    enabled: bool


class TestMemoryProvider(MemoryProvider[MemoryConfig]):
    __test__ = False

    async def _initialize_store(self) -> None:
        self._store: Any = {}

    async def _cleanup_store(self) -> None:
        self._store = None


class TestStorageProvider(StorageProvider[StorageConfig]):
    __test__ = False

    async def _initialize_storage(self) -> None:
        self._storage: Any = {}

    async def _cleanup_storage(self) -> None:
        self._storage = None


# fmt: off
async def test_provider_system():  # type: ignore[no-untyped-def]
    # Setup
    manager = ProviderManager()
    monitor = ProviderMonitor()

    # Create memory provider
    memory_metadata = ProviderMetadata(
        name="test_memory",
        type=ProviderType.MEMORY,
        description="Test memory provider",
        version="1.0.0",
        capabilities=["store", "search"],
        labels={"env": "test"}
    )

    memory_config = MemoryConfig(
        name="test",
        enabled=True
    )

    memory_provider = TestMemoryProvider(
        memory_metadata,
        memory_config
    )

    # Create storage provider
    storage_metadata = ProviderMetadata(
        name="test_storage",
        type=ProviderType.STORAGE,
        description="Test storage provider",
        version="1.0.0",
        capabilities=["store", "retrieve"],
        labels={"env": "test"}
    )

    storage_config = StorageConfig(
        name="test",
        enabled=True
    )

    storage_provider = TestStorageProvider(
        storage_metadata,
        storage_config
    )

    # Register providers
    await manager.register(memory_provider)
    await manager.register(storage_provider)

    # Test operations
    providers = manager.get_providers_by_type(ProviderType.MEMORY)
    assert len(providers) == 1
    assert providers[0].metadata.name == "test_memory"

    providers = manager.get_providers_by_capability("store")
    assert len(providers) == 2

    # Test reload
    await manager.reload_provider("test_memory")

    # Test unregister
    await manager.unregister("test_storage")

    # Test monitoring
    await monitor.record_operation(
        "register",
        "memory",
        True,
        0.001,
        name="test_memory"
    )
# fmt: on

    # What the scenario leaves running; not part of it.
    await manager.cleanup()
