#!/usr/bin/env python3
from typing import Any

from purveyor import ProviderType, operation
from purveyor.migrate import LegacyProvider, settings


class Tool(LegacyProvider[dict[str, Any]]):
    provider_type = ProviderType.CAPABILITY
    provider_capabilities = ("cut",)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Tool":
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
        self.sharp = True

    async def stop(self):
        self.sharp = False

    @operation
    async def cut(self):
        return self.sharp


if __name__ == "__main__":
    print(Tool.__name__)
