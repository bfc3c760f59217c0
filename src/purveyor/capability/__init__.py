"""Providers of capabilities: models, tools, and whatever else answers for a word."""

from purveyor.capability.provider import CapabilityProvider

__all__ = ["CapabilityProvider"]
