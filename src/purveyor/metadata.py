"""What a provider says of itself: its type, its metadata, its status and its health."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Health", "HealthState", "ProviderMetadata", "ProviderStatus", "ProviderType"]


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

    __hash__ = object.__hash__  # members are singletons; Enum's own is Python code, and each move looks some up


class HealthState(Enum):
    """How well a provider does what it is there for."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True, slots=True)
class Health:
    """What a provider's check found.

    Args:
        state: How well it does.
        message: Why, in one line for people; without secrets.
        details: What else is worth knowing, as JSON data; without secrets.
    """

    state: HealthState
    message: str = ""
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @classmethod
    def healthy(cls, message: str = "", **details: Any) -> Health:
        """All is well."""
        return cls(HealthState.HEALTHY, message, details)

    @classmethod
    def degraded(cls, message: str, **details: Any) -> Health:
        """It serves, but worse than it should: slower, or not everything."""
        return cls(HealthState.DEGRADED, message, details)

    @classmethod
    def unhealthy(cls, message: str, **details: Any) -> Health:
        """It cannot do its work; supervision will restart it if that goes on."""
        return cls(HealthState.UNHEALTHY, message, details)
