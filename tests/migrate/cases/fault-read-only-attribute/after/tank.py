from dataclasses import dataclass

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings


@dataclass
class TankConfig:
    """The config of `Tank`."""

    level: int = 0


class Tank(LegacyProvider[TankConfig]):
    provider_capabilities = ("fill", "restrict")

    @classmethod
    def from_config(cls, config: TankConfig) -> "Tank":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config):
        self._level = config.get("level", 0)

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.start()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.stop()

    @property
    def level(self):
        return self._level

    @property
    def limit(self):
        return 100

    @limit.setter
    def limit(self, value):
        raise ValueError(value)

    async def start(self):
        self._level = 1

    async def stop(self):
        self._level = 0

    @operation
    async def fill(self, litres):
        self.level = self._level + litres
        return self.level

    @operation
    async def restrict(self, litres):
        self.limit = litres
