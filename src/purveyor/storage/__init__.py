"""Object storage: the provider, the protocol its drivers fulfil, and the drivers."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from purveyor.storage.local import LocalConfig, LocalStorage
    from purveyor.storage.provider import StorageProvider
    from purveyor.storage.storage import Listing, ObjectMeta, Storage

__all__ = ["Listing", "LocalConfig", "LocalStorage", "ObjectMeta", "Storage", "StorageProvider"]

_HOMES = {
    "Listing": "storage",
    "LocalConfig": "local",
    "LocalStorage": "local",
    "ObjectMeta": "storage",
    "Storage": "storage",
    "StorageProvider": "provider",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(globals().keys() | set(__all__))
