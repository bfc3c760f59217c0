from typing import Any

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings


class Frozen(LegacyProvider[dict[str, Any]]):
    provider_capabilities = ("measure",)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Frozen":
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
        self.degrees = -1

    async def stop(self):
        self.degrees = 0

    @operation
    async def measure(self):
        return self.degrees
