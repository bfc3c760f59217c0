"""Providers by a name; importing this package registers the first of them."""

from aurora.llm.echo import EchoProvider
from aurora.providers.base import Provider
from aurora.providers.registry import get_provider, list_providers, register_provider

register_provider("echo", EchoProvider)

__all__ = ["EchoProvider", "Provider", "get_provider", "list_providers", "register_provider"]
