from typing import Any

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings


class Valve(LegacyProvider[dict[str, Any]]):
    provider_capabilities = ("turn",)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Valve":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config):
        self.config = config
        self.turns = 0

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.start()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.stop()

    async def start(self):
        self.turns = 0

    async def stop(self):
        self.turns = 0

    def status(self):
        return f"{self.turns} turns"

    def health(self):
        return {"ok": self.turns < 5}

    @operation
    async def turn(self, by=1):
        self.turns += by
        return self.turns
