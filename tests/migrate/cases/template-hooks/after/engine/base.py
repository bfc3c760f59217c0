from abc import ABC, abstractmethod
from typing import Any

from purveyor.migrate import LegacyProvider


class Engine(LegacyProvider[Any], ABC):
    def __init__(self, config: dict) -> None:
        self.config = config
        self.state = "new"

    async def initialize(self) -> None:
        if self.state == "ready":
            return
        await self._do_initialize()
        self.state = "ready"

    async def cleanup(self) -> None:
        await self._do_cleanup()
        self.state = "closed"

    @abstractmethod
    async def _do_initialize(self) -> None:
        """Open what the engine needs."""

    @abstractmethod
    async def _do_cleanup(self) -> None:
        """Close it."""
