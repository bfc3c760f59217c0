"""Begins with a mark that nobody sees."""

from typing import Any

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings


class Marked(LegacyProvider[dict[str, Any]]):
    provider_capabilities = ("show",)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Marked":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config):
        self.config = config

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.start()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.stop()

    async def start(self):
        self.sign = "ü"

    async def stop(self):
        self.sign = ""

    @operation
    async def show(self):
        return self.sign
