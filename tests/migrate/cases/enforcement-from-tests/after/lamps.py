from abc import abstractmethod
from typing import Any

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings


class Lamp(LegacyProvider[Any]):
    enforces_abstract_methods = False

    def __init__(self, config):
        self.config = config

    async def start(self):
        """On."""

    async def stop(self):
        """Off."""

    @abstractmethod
    async def colour(self): ...


class Red(Lamp, LegacyProvider[dict[str, Any]]):
    provider_capabilities = ("colour",)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Red":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.start()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.stop()

    @operation
    async def colour(self):
        return "red"


def nameless(config):
    class Nameless(Lamp):
        async def brightness(self):
            return 1

    return Nameless(config)
