"""Bytes that go in and out are counted."""

from __future__ import annotations

from pathlib import Path

from purveyor.manager import ProviderManager
from purveyor.metadata import ProviderType
from purveyor.monitor.metrics import MetricsManager
from purveyor.storage.local import LocalConfig, LocalStorage
from tests.providers import metadata


async def test_bytes_in_and_out(metrics: MetricsManager, tmp_path: Path) -> None:
    async with ProviderManager() as manager:
        files = LocalStorage(metadata("files", type=ProviderType.STORAGE), LocalConfig(tmp_path))
        await manager.register(files)
        await files.put("a", b"12345")
        await files.put("b", iter([b"123", b"4"]))
        assert await files.get("a", start=1, length=2) == b"23"
        assert [chunk async for chunk in files.stream("b", chunk_size=3)] == [b"123", b"4"]
    came = metrics.series("provider_bytes", type="storage", name="files", direction="in")
    went = metrics.series("provider_bytes", type="storage", name="files", direction="out")
    assert (came.value, went.value) == (9, 6)
