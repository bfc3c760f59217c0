from abc import abstractmethod
from typing import Any

from purveyor.migrate import LegacyProvider


class Channel(LegacyProvider[Any]):
    enforces_abstract_methods = False

    def __init__(self, config):
        self.config = config

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.connect()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.disconnect()

    @abstractmethod
    async def connect(self):
        """Open."""

    @abstractmethod
    async def disconnect(self):
        """Close."""

    @abstractmethod
    async def flush(self):
        """Send what waits."""
