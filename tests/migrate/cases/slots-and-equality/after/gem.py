from dataclasses import dataclass

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings


@dataclass
class GemConfig:
    """The config of `Gem`."""

    colour: str = "green"


class Gem(LegacyProvider[GemConfig]):
    provider_capabilities = ("show",)

    @classmethod
    def from_config(cls, config: GemConfig) -> "Gem":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    __slots__ = ("colour", "config", "held")

    def __init__(self, config):
        self.config = config
        self.colour = config.get("colour", "green")
        self.held = False

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.start()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.stop()

    async def start(self):
        self.held = True

    async def stop(self):
        self.held = False

    @operation
    async def show(self):
        return self.colour if self.held else None

    def __eq__(self, other):
        return isinstance(other, Gem) and other.colour == self.colour

    def __hash__(self):
        return hash(self.colour)

    def __repr__(self):
        return f"Gem({self.colour})"


class Proxy:
    def __init__(self, config):
        self.config = config
        self.parts = {}

    async def start(self):
        self.parts = dict(self.config)

    async def stop(self):
        self.parts = {}

    async def size(self):
        return len(self.parts)

    def __getattr__(self, name):
        if name.startswith("part_"):
            return self.parts.get(name)
        raise AttributeError(name)
