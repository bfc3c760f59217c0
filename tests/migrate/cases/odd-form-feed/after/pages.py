from typing import Any

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings


class First(LegacyProvider[dict[str, Any]]):
    provider_capabilities = ("number",)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "First":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config):
        self.config = config

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.start()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.stop()

    async def start(self):
        self.page = 1

    async def stop(self):
        self.page = 0

    @operation
    async def number(self):
        return self.page



class Second(LegacyProvider[dict[str, Any]]):
    provider_capabilities = ("number",)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Second":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config):
        self.config = config

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.start()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.stop()

    async def start(self):
        self.page = 2

    async def stop(self):
        self.page = 0

    @operation
    async def number(self):
        return self.page
