from abc import ABC, abstractmethod
from typing import Any

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings


class Loud:
    def shout(self, text):
        return text.upper()


class Counting:
    calls = 0

    def counted(self):
        self.calls += 1
        return self.calls


class Service(LegacyProvider[Any], ABC):
    def __init__(self, config):
        self.config = config

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.start()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.stop()

    @abstractmethod
    async def start(self): ...

    @abstractmethod
    async def stop(self): ...


class Herald(Loud, Service, Counting, LegacyProvider[dict[str, Any]]):
    provider_capabilities = ("cry",)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Herald":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    async def start(self):
        self.calls = 0

    async def stop(self):
        self.calls = -1

    @operation
    async def cry(self, text):
        return f"{self.counted()} {self.shout(text)}"
