from dataclasses import dataclass

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings


class Named:
    title = "ship"

    def christen(self, name):
        self.name = name


@dataclass
class ShipConfig:
    """The config of `Ship`."""

    crew: int | float = 3


class Ship(Named, LegacyProvider[ShipConfig]):
    provider_capabilities = ("describe", "sink")

    @classmethod
    def from_config(cls, config: ShipConfig) -> "Ship":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    wheels: int
    masts: int = 2

    def __init__(self, config):
        self.config = config
        self.crew, self.cargo = config.get("crew", 3), []

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.start()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.stop()

    async def start(self):
        self.christen("Aurora")
        for self.index in range(3):
            pass
        with open_hatch() as self.hatch:
            pass

    async def stop(self):
        self.cargo = []

    @operation
    async def describe(self):
        return f"{self.title} {self.name} {self.masts} {self.index} {self.hatch} {self.crew}"

    @operation
    async def sink(self):
        return self.depth + 1


class open_hatch:
    def __enter__(self):
        return "open"

    def __exit__(self, *error):
        return False
