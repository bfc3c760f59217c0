"""Purveyor: one way to declare, start, use, watch, reload and replace what an application depends on.

Names are loaded when they are first used, so that ``import purveyor`` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from purveyor.app import open  # noqa: A004 - purveyor.open() is what it is called
    from purveyor.capability.provider import CapabilityProvider
    from purveyor.errors import (
        ConfigError,
        ConflictError,
        InvalidInputError,
        ObjectNotFoundError,
        ProviderExistsError,
        ProviderNotFoundError,
        ProviderNotReadyError,
        ProviderTypeError,
        PurveyorError,
        UnsupportedError,
    )
    from purveyor.manager import ProviderManager
    from purveyor.memory.provider import MemoryProvider
    from purveyor.metadata import ProviderMetadata, ProviderStatus, ProviderType
    from purveyor.monitor.metrics import MetricsManager
    from purveyor.monitor.monitor import ProviderMonitor
    from purveyor.operations import operation
    from purveyor.provider import Provider
    from purveyor.storage.provider import StorageProvider

_HOMES = {
    "CapabilityProvider": "capability.provider",
    "ConfigError": "errors",
    "ConflictError": "errors",
    "InvalidInputError": "errors",
    "MemoryProvider": "memory.provider",
    "MetricsManager": "monitor.metrics",
    "ObjectNotFoundError": "errors",
    "Provider": "provider",
    "ProviderExistsError": "errors",
    "ProviderManager": "manager",
    "ProviderMetadata": "metadata",
    "ProviderMonitor": "monitor.monitor",
    "ProviderNotFoundError": "errors",
    "ProviderNotReadyError": "errors",
    "ProviderStatus": "metadata",
    "ProviderType": "metadata",
    "ProviderTypeError": "errors",
    "PurveyorError": "errors",
    "StorageProvider": "storage.provider",
    "UnsupportedError": "errors",
    "open": "app",
    "operation": "operations",
}

__all__ = [
    "CapabilityProvider",
    "ConfigError",
    "ConflictError",
    "InvalidInputError",
    "MemoryProvider",
    "MetricsManager",
    "ObjectNotFoundError",
    "Provider",
    "ProviderExistsError",
    "ProviderManager",
    "ProviderMetadata",
    "ProviderMonitor",
    "ProviderNotFoundError",
    "ProviderNotReadyError",
    "ProviderStatus",
    "ProviderType",
    "ProviderTypeError",
    "PurveyorError",
    "StorageProvider",
    "UnsupportedError",
    "open",
    "operation",
]


def __getattr__(name: str) -> Any:
    try:
        home = _HOMES[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
