from dataclasses import dataclass
from typing import Any

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings

from ledger.tools import average, total


@dataclass
class BookConfig:
    """The config of `Book`."""

    lines: Any = None


class Book(LegacyProvider[BookConfig]):
    provider_capabilities = ("sum", "mean")

    @classmethod
    def from_config(cls, config: BookConfig) -> "Book":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config):
        self.lines = list(config.get("lines", ()))

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.start()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.stop()

    async def start(self):
        self.opened = True

    async def stop(self):
        self.opened = False

    @operation
    async def sum(self):
        return total(self.lines)

    @operation
    async def mean(self):
        return average(self.lines)
