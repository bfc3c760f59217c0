from typing import Any

from purveyor import ProviderType, operation
from purveyor.migrate import LegacyProvider, settings


class Base(LegacyProvider[Any]):
    def __init__(self, config):
        self.config = config

    async def start(self):
        """Start."""

    async def stop(self):
        """Stop."""


class Child(Base, LegacyProvider[dict[str, Any]]):
    provider_type = ProviderType.CAPABILITY
    provider_capabilities = ("ask",)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Child":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.start()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.stop()

    @operation
    async def ask(self):
        return "child"


class Wrong(Base, Child):
    async def ask(self):
        return "wrong"
