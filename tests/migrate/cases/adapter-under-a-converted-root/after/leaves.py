from dataclasses import dataclass

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings

from roots import Page


@dataclass
class LeafConfig:
    """The config of `Leaf`."""

    title: str = "leaf"


class Leaf(Page, LegacyProvider[LeafConfig]):
    provider_capabilities = ("length",)

    @classmethod
    def from_config(cls, config: LeafConfig) -> "Leaf":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config):
        self.title = config.get("title", "leaf")

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.start()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.stop()

    async def start(self):
        self.words = self.title.split()

    async def stop(self):
        self.words = []

    @operation
    async def length(self):
        return len(self.words)
