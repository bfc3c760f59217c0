from dataclasses import dataclass

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings

from .first import First


@dataclass
class AtticConfig:
    """The config of `Attic`."""

    speed: int | float = 1


class Attic(First, LegacyProvider[AtticConfig]):
    provider_capabilities = ("work", "trace")

    @classmethod
    def from_config(cls, config: AtticConfig) -> "Attic":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    async def initialize(self):
        await super().initialize()
        self.steps.append("attic up")

    @operation
    async def work(self):
        return self.speed * 10

    @operation
    async def trace(self):
        return list(self.steps)


@dataclass
class RoofConfig:
    """The config of `Roof`."""

    speed: int | float = 1


class Roof(Attic, LegacyProvider[RoofConfig]):
    provider_capabilities = ("work", "trace")

    @classmethod
    def from_config(cls, config: RoofConfig) -> "Roof":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config, colour="red"):
        super().__init__(config)
        self.colour = colour

    @operation
    async def work(self):
        return await super().work() + 1
