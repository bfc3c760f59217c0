from abc import ABC, abstractmethod
from typing import Any

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings


class Relay(LegacyProvider[Any], ABC):
    def __init__(self, config):
        self.config = config

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.open()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.close()

    @abstractmethod
    async def open(self): ...

    @abstractmethod
    async def close(self): ...

    @abstractmethod
    async def pass_on(self, text): ...


class HalfRelay(Relay, LegacyProvider[dict[str, Any]]):
    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "HalfRelay":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    async def open(self):
        self.ready = True

    async def close(self):
        self.ready = False


class FullRelay(Relay, LegacyProvider[dict[str, Any]]):
    provider_capabilities = ("pass_on",)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "FullRelay":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    async def open(self):
        self.sent = []

    async def close(self):
        self.sent = []

    @operation
    async def pass_on(self, text):
        self.sent.append(text)
        return len(self.sent)
