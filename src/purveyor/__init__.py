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
    from purveyor.lifecycle.supervision import Supervision
    from purveyor.manager import ProviderManager, Registration
    from purveyor.memory.provider import MemoryProvider
    from purveyor.metadata import Health, HealthState, ProviderMetadata, ProviderStatus, ProviderType
    from purveyor.monitor.metrics import MetricsManager
    from purveyor.monitor.monitor import ProviderMonitor
    from purveyor.needs import Needs
    from purveyor.operations import operation
    from purveyor.policy import Breaker, Policy
    from purveyor.provider import Provider
    from purveyor.storage.provider import StorageProvider

_HOMES = {
    "Breaker": "policy",
    "CapabilityProvider": "capability.provider",
    "ConfigError": "errors",
    "ConflictError": "errors",
    "Health": "metadata",
    "HealthState": "metadata",
    "InvalidInputError": "errors",
    "MemoryProvider": "memory.provider",
    "MetricsManager": "monitor.metrics",
    "Needs": "needs",
    "ObjectNotFoundError": "errors",
    "Policy": "policy",
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
    "Registration": "manager",
    "StorageProvider": "storage.provider",
    "Supervision": "lifecycle.supervision",
    "UnsupportedError": "errors",
    "open": "app",
    "operation": "operations",
}

__all__ = [
    "Breaker",
    "CapabilityProvider",
    "ConfigError",
    "ConflictError",
    "Health",
    "HealthState",
    "InvalidInputError",
    "MemoryProvider",
    "MetricsManager",
    "Needs",
    "ObjectNotFoundError",
    "Policy",
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
    "Registration",
    "StorageProvider",
    "Supervision",
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
