from typing import Any

from purveyor.migrate import LegacyProvider


class Root(LegacyProvider[Any]):
    def __init__(self, config):
        self.config = config

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.start()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.stop()

    async def start(self):
        raise NotImplementedError

    async def stop(self):
        raise NotImplementedError


Foundation = Root
