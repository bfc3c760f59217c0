"""`CapabilityProvider`, the base of providers that answer for a capability of their own."""

from __future__ import annotations

from typing import TypeVar

from purveyor.metadata import ProviderType
from purveyor.provider import Provider

__all__ = ["CapabilityProvider"]

T = TypeVar("T")


class CapabilityProvider(Provider[T]):
    """A provider whose type is `ProviderType.CAPABILITY`, such as a client of a model API.

    Name the words it answers for in `provider_capabilities`, and mark its methods with `operation`.
    """

    provider_type = ProviderType.CAPABILITY
