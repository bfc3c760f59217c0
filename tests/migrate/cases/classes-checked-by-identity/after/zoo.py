from dataclasses import dataclass
from typing import Any

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings


class Animal(LegacyProvider[Any]):
    def __init__(self, config=None):
        self.config = config or {}

    async def initialize(self):
        pass

    async def cleanup(self):
        pass


@dataclass
class CatConfig:
    """The config of `Cat`."""

    lives: int | float = 9


class Cat(Animal, LegacyProvider[CatConfig]):
    provider_capabilities = ("left",)

    @classmethod
    def from_config(cls, config: CatConfig) -> "Cat":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    async def initialize(self):
        self.lives = self.config.get("lives", 9)

    async def cleanup(self):
        self.lives -= 1

    @operation
    async def left(self):
        return self.lives
