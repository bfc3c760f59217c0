from dataclasses import dataclass

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings


@dataclass
class MeterConfig:
    """The config of `Meter`."""

    unit: str = "kWh"


class Meter(LegacyProvider[MeterConfig]):
    provider_capabilities = ("reading", "unit")

    @classmethod
    def from_config(cls, config: MeterConfig) -> "Meter":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config):
        self.config = config
        self.reading = 0

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.start()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.stop()

    async def start(self):
        self.reading = 1

    async def stop(self):
        self.total = 0

    @operation
    async def reading(self):
        return 41

    @operation
    async def unit(self):
        return self.config.get("unit", "kWh")
