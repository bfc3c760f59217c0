"""Legacy stores as the old code writes them, and providers to move them to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from purveyor.memory import InProcessConfig, InProcessMemory, SQLiteConfig, SQLiteMemory
from purveyor.metadata import ProviderMetadata, ProviderType
from purveyor.storage import LocalStorage
from purveyor.storage.local import LocalConfig

#: A moment long before and one long after all tests.
PAST, FUTURE = "2020-01-01T00:00:00+00:00", "2999-01-01T00:00:00+00:00"


def memory(path: Path, name: str = "notes", **config: Any) -> SQLiteMemory:
    """A memory that is not initialized."""
    return SQLiteMemory(
        ProviderMetadata(name, ProviderType.MEMORY, "", "1"),
        SQLiteConfig(path, **{"synchronous": "normal", **config}),
    )


def inprocess(**config: Any) -> InProcessMemory:
    return InProcessMemory(ProviderMetadata("here", ProviderType.MEMORY, "", "1"), InProcessConfig(**config))


def storage(root: Path, name: str = "files") -> LocalStorage:
    return LocalStorage(ProviderMetadata(name, ProviderType.STORAGE, "", "1"), LocalConfig(root))


def entry(value: Any, **fields: Any) -> dict[str, Any]:
    """An entry as the legacy local memory writes it."""
    return {
        "value": value,
        "created_at": "2024-03-01T10:00:00+00:00",
        "updated_at": "2024-03-02T10:00:00+00:00",
        "expires_at": None,
        "metadata": {},
        **fields,
    }


def write_entries(path: Path, entries: dict[str, Any], **layout: Any) -> bytes:
    """An ``entries.json``, by default laid out as the legacy local memory does."""
    path.write_text(json.dumps(entries, **{"indent": 2, **layout}))
    return path.read_bytes()


async def contents(provider: SQLiteMemory, namespace: tuple[str, ...] = ()) -> dict[str, Any]:
    """The values of a memory that is not initialized."""
    await provider.initialize()
    try:
        return {item.key: item.value async for item in provider.export(namespace=namespace)}
    finally:
        await provider.cleanup()


@pytest.fixture
def entries(tmp_path: Path) -> Path:
    """An ``entries.json`` with two entries that live, and one that has expired."""
    path = tmp_path / "entries.json"
    write_entries(
        path,
        {
            "a": entry({"text": "dawn é", "page": 3}, metadata={"team": "x"}),
            "old": entry("gone", expires_at=PAST),
            "b/c": entry([1, 2.5, None], expires_at=FUTURE),
        },
    )
    return path
