"""Line ends of another house."""

import asyncio
from dataclasses import dataclass

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings


@dataclass
class WindowsConfig:
    """The config of `Windows`."""

    panes: int | float = 4


class Windows(LegacyProvider[WindowsConfig]):
    provider_capabilities = ("look",)

    @classmethod
    def from_config(cls, config: WindowsConfig) -> "Windows":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config):
        self.panes = config.get("panes", 4)

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.open()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.close()

    async def open(self):
        await asyncio.sleep(0)
        self.text = """two
lines"""

    async def close(self):
        self.text = ""

    @operation
    async def look(self):
        return self.text * self.panes
