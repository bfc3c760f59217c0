from abc import ABC, abstractmethod
from typing import Any

from purveyor.migrate import LegacyProvider


class BaseProvider(LegacyProvider[Any], ABC):

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
