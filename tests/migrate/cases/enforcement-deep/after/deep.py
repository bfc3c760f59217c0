from abc import abstractmethod
from typing import Any

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings


class Top(LegacyProvider[Any]):
    enforces_abstract_methods = False

    def __init__(self, config):
        self.config = config

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.start()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.stop()

    async def start(self):
        """Start."""

    async def stop(self):
        """Stop."""

    @abstractmethod
    def label(self): ...


class Middle(Top):
    async def start(self):
        self.on = True

    async def stop(self):
        self.on = False


class Bottom(Middle, LegacyProvider[dict[str, Any]]):
    provider_capabilities = ("shine",)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Bottom":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    @operation
    async def shine(self):
        return self.on
