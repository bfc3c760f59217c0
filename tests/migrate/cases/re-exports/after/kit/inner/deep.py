from abc import ABC, abstractmethod
from typing import Any

from purveyor.migrate import LegacyProvider


class Device(LegacyProvider[Any], ABC):

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.connect()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.disconnect()

    @abstractmethod
    async def connect(self): ...

    @abstractmethod
    async def disconnect(self): ...
