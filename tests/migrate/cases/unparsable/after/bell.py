from dataclasses import dataclass

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings


@dataclass
class BellConfig:
    """The config of `Bell`."""

    tone: str = "ding"


class Bell(LegacyProvider[BellConfig]):
    provider_capabilities = ("ring",)

    @classmethod
    def from_config(cls, config: BellConfig) -> "Bell":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config):
        self.tone = config.get("tone", "ding")
        self.rung = 0

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.start()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.stop()

    async def start(self):
        self.rung = 0

    async def stop(self):
        self.rung = 0

    @operation
    async def ring(self):
        self.rung += 1
        return self.tone * self.rung
