from abc import ABC, abstractmethod
from typing import Any

from purveyor.migrate import LegacyProvider as _LegacyProvider

__all__ = ["Tool", "SIZES"]

SIZES = (8, 10, 13)


class Tool(_LegacyProvider[Any], ABC):
    def __init__(self, config=None):
        self.config = config or {}

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.setup()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.teardown()

    @abstractmethod
    async def setup(self): ...

    @abstractmethod
    async def teardown(self): ...


class _Secret:
    word = "none"
