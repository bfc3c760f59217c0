"""Memory: items in namespaces, found by key, by filter and by text.

Everything is loaded when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from purveyor.memory.inprocess import InProcessConfig, InProcessMemory
    from purveyor.memory.provider import MemoryProvider
    from purveyor.memory.sqlite import SQLiteConfig, SQLiteMemory
    from purveyor.memory.store import Hit, Item, MemoryStore, Page

__all__ = [
    "Hit",
    "InProcessConfig",
    "InProcessMemory",
    "Item",
    "MemoryProvider",
    "MemoryStore",
    "Page",
    "SQLiteConfig",
    "SQLiteMemory",
]

_MODULES = {
    "Hit": "store",
    "InProcessConfig": "inprocess",
    "InProcessMemory": "inprocess",
    "Item": "store",
    "MemoryProvider": "provider",
    "MemoryStore": "store",
    "Page": "store",
    "SQLiteConfig": "sqlite",
    "SQLiteMemory": "sqlite",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
