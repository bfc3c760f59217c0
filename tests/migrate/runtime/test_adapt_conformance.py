"""Adapted providers pass the tests that every provider passes: cancelled at each await, reloaded under callers."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from purveyor.migrate import adapt
from purveyor.provider import Provider
from purveyor.testing import LifecycleConformance
from tests.migrate.runtime.legacy import Database, Notes


class _Adapted(LifecycleConformance):
    test_it_shows_no_secret = None  # type: ignore[assignment]  # their configs have none


class TestAsyncInstance(_Adapted):
    async def make(self) -> Provider[Any]:
        return adapt(Notes())

    async def operate(self, provider: Any) -> None:
        await provider.put("key", 3)
        assert await provider.get("key") == 3
        assert "key" in [key async for key in provider.keys(more=1)]


class TestAsyncFactory(_Adapted):
    async def make(self) -> Provider[Any]:
        return adapt(Notes, config={"a": 1}, reload="swap")

    async def operate(self, provider: Any) -> None:
        await provider.put("key", 3)

    def config_after_reload(self, config: Any) -> Any:
        return {"a": config["a"] + 1}


class TestContextManager(_Adapted):
    async def make(self) -> Provider[Any]:
        return adapt(self._notes, name="notes", operations=["put", "get"], reload="swap")

    @staticmethod
    @asynccontextmanager
    async def _notes() -> Any:
        notes = Notes()
        await notes.initialize()
        try:
            await asyncio.sleep(0)
            yield notes
        finally:
            await notes.cleanup()

    async def operate(self, provider: Any) -> None:
        await provider.put("key", 3)


class TestSQLite(_Adapted):
    folder: Path

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path

    async def make(self) -> Provider[Any]:
        return adapt(partial(sqlite3.connect, self.folder / "x.db"), name="db", sync="await", reload="swap")

    async def operate(self, provider: Any) -> None:
        assert await provider.execute("select 1")


class TestBlockingClass(_Adapted):
    async def make(self) -> Provider[Any]:
        return adapt(Database, sync="await")

    async def operate(self, provider: Any) -> None:
        await provider.put("key", "3")
        assert await provider.get("key") in ("3", None)
        assert [row async for row in provider.rows()] in ([("key", "3")], [])


class TestBlockingInstance(_Adapted):
    async def make(self) -> Provider[Any]:
        return adapt(Database(), sync="await")

    async def operate(self, provider: Any) -> None:
        await provider.put("key", "3")
