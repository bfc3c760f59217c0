"""A reload of the local storage under load: nothing fails, nothing is lost."""

from __future__ import annotations

import asyncio
from pathlib import Path

from purveyor import ProviderManager, ProviderMetadata, ProviderType, StorageProvider
from purveyor.storage.local import LocalConfig, LocalStorage


async def test_a_swap_under_load_fails_and_loses_nothing(tmp_path: Path) -> None:
    first = LocalStorage(ProviderMetadata("files", ProviderType.STORAGE, "", "1"), LocalConfig(tmp_path / "files"))
    over = asyncio.Event()
    async with ProviderManager() as manager:
        await manager.register(first)

        async def write(caller: int) -> int:
            n = 0
            while not over.is_set():
                await first.put(f"{caller}/{n}", str(n).encode(), if_none_match="*")
                assert await manager.get("files", StorageProvider).get(f"{caller}/{n}") == str(n).encode()
                n += 1
            return n

        writers = [asyncio.create_task(write(caller)) for caller in range(4)]
        for _ in range(4):
            await manager.reload_provider("files")
        over.set()
        written = await asyncio.gather(*writers)
        assert all(written)
        live = manager.get("files", StorageProvider)
        assert live is not first
        assert len(list(tmp_path.glob("files/[0-9]/*"))) == sum(written)
