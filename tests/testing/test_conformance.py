"""The built-in drivers, and providers that need others, pass the conformance tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import SecretStr

from purveyor.capability.provider import CapabilityProvider
from purveyor.manager import ProviderManager
from purveyor.memory.inprocess import InProcessConfig, InProcessMemory
from purveyor.memory.provider import MemoryProvider
from purveyor.memory.sqlite import SQLiteConfig, SQLiteMemory
from purveyor.metadata import ProviderType
from purveyor.needs import Needs
from purveyor.operations import operation
from purveyor.provider import Provider
from purveyor.storage.local import LocalConfig, LocalStorage
from purveyor.testing import LifecycleConformance
from tests.providers import metadata


class _BuiltIn(LifecycleConformance):
    test_it_shows_no_secret = None  # type: ignore[assignment]  # their configs have none

    folder: Path

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path


class TestInProcess(_BuiltIn):
    async def make(self) -> Provider[Any]:
        return InProcessMemory(metadata("notes", type=ProviderType.MEMORY), InProcessConfig())

    async def operate(self, provider: Any) -> None:
        await provider.put("key", {"page": 3})
        await provider.count()

    def config_after_reload(self, config: InProcessConfig) -> InProcessConfig:
        return replace(config, max_value_bytes=config.max_value_bytes + 1)


class TestSQLite(_BuiltIn):
    async def make(self) -> Provider[Any]:
        return SQLiteMemory(metadata("notes", type=ProviderType.MEMORY), SQLiteConfig(self.folder / "notes.db"))

    async def operate(self, provider: Any) -> None:
        await provider.put("key", {"page": 3})
        assert (await provider.get("key")).value == {"page": 3}
        assert (await provider.search("ships", limit=1)).cursor is None

    def config_after_reload(self, config: SQLiteConfig) -> SQLiteConfig:
        return replace(config, busy_timeout=config.busy_timeout + 1)


class TestSQLiteInMemory(_BuiltIn):
    async def make(self) -> Provider[Any]:
        return SQLiteMemory(metadata("notes", type=ProviderType.MEMORY), SQLiteConfig(":memory:"))

    async def operate(self, provider: Any) -> None:
        await provider.put("key", {"page": 3})
        await provider.count()


class TestLocal(_BuiltIn):
    async def make(self) -> Provider[Any]:
        return LocalStorage(metadata("files", type=ProviderType.STORAGE), LocalConfig(self.folder / "files"))

    async def operate(self, provider: Any) -> None:
        await provider.put("a/b", b"data")
        assert await provider.get("a/b") == b"data"


# --- One of an author's own, with everything: needs, a secret, a swap ---------------------------------


@dataclass(frozen=True)
class SummariserConfig:
    api_key: SecretStr
    sentences: int = 1


class Summariser(CapabilityProvider[SummariserConfig]):
    provider_reload = "swap"

    notes: Annotated[MemoryProvider[Any], Needs("memory")]
    archive: Annotated[MemoryProvider[Any] | None, Needs()]

    async def initialize(self) -> None:
        await self.notes.put("started", {"sentences": self.config.sentences})
        self.separator = ". "

    async def cleanup(self) -> None:
        self.separator = ""

    @operation
    async def summarise(self, text: str) -> str:
        assert self.archive is None
        await self.notes.put("last", {"text": text})
        return self.separator.join(text.split(self.separator)[: self.config.sentences])


class TestSummariser(LifecycleConformance):
    async def make(self) -> Provider[Any]:
        return Summariser(
            metadata("summariser", "summarise", type=ProviderType.CAPABILITY),
            SummariserConfig(SecretStr("S3CRET-K3Y")),
        )

    async def register_needs(self, manager: ProviderManager) -> Mapping[str, str]:
        await manager.register(InProcessMemory(metadata("scratch", type=ProviderType.MEMORY), InProcessConfig()))
        return {"memory": "scratch"}

    async def operate(self, provider: Any) -> None:
        assert (await provider.summarise("It sails. It sinks.")).startswith("It sails")

    def config_after_reload(self, config: SummariserConfig) -> SummariserConfig:
        return replace(config, sentences=config.sentences + 1)


# --- Needs are filled as a manager does ---------------------------------------------------------------


class ByCapability(Summariser):
    notes: Annotated[MemoryProvider[Any], Needs("memory", capability="notes")]


class TestByCapability(TestSummariser):
    """Nothing is wired: what answers for the capability is taken."""

    async def make(self) -> Provider[Any]:
        return ByCapability(
            metadata("summariser", "summarise", type=ProviderType.CAPABILITY),
            SummariserConfig(SecretStr("S3CRET-K3Y")),
        )

    async def register_needs(self, manager: ProviderManager) -> Mapping[str, str]:
        notes = metadata("scratch", "notes", type=ProviderType.MEMORY)
        await manager.register(InProcessMemory(notes, InProcessConfig()))
        return {}


def test_a_need_that_stays_open_is_told() -> None:
    class Forgotten(TestSummariser):
        register_needs = LifecycleConformance.register_needs

    with pytest.raises(pytest.fail.Exception) as failed:
        Forgotten().test_its_metadata_is_valid()
    assert "the need 'memory' is not satisfied" in str(failed.value)
    assert "register it in register_needs()" in str(failed.value)
