from typing import Any

from purveyor import ProviderType, operation
from purveyor.migrate import LegacyProvider, settings


class Mixed(LegacyProvider[dict[str, Any]]):
    provider_type = ProviderType.CAPABILITY
    provider_capabilities = ("ask",)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Mixed":
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
        self.on = True

    async def stop(self):
        self.on = False

    @operation
    async def ask(self):
        return self.on


VALUE = 1
