"""What a provider says of itself: its type, its metadata, its status and its health."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

__all__ = ["ProviderMetadata", "ProviderStatus", "ProviderType"]


class ProviderType(Enum):
    """The four families a provider can belong to."""

    MEMORY = "memory"
    STORAGE = "storage"
    CAPABILITY = "capability"
    CUSTOM = "custom"


@dataclass
class ProviderMetadata:
    """Who a provider is. The manager reads it once, at registration.

    Args:
        name: The name it is registered and looked up under; unique within one manager.
        type: The family it belongs to.
        description: One line for people.
        version: The provider's own version, free in form.
        capabilities: The words it answers for, such as ``"store"`` or ``"search"``.
        labels: Free-form labels of the deployment, such as ``{"env": "test"}``.
    """

    name: str
    type: ProviderType
    description: str
    version: str
    capabilities: list[str] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)


class ProviderStatus(Enum):
    """Where a registered provider stands in its life; the allowed moves are in `purveyor.lifecycle.states`."""

    REGISTERED = "registered"
    STARTING = "starting"
    READY = "ready"
    DEGRADED = "degraded"
    RELOADING = "reloading"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"
