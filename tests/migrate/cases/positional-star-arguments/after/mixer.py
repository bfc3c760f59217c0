from typing import Any

from purveyor import operation
from purveyor.migrate import LegacyProvider


class Mixer(LegacyProvider[Any]):
    provider_capabilities = ("level",)

    def __init__(self, *channels, **options):
        self.channels = list(channels)
        self.master = options.get("master", 10)

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.start()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.stop()

    async def start(self):
        self.levels = {name: self.master for name in self.channels}

    async def stop(self):
        self.levels = {}

    @operation
    async def level(self, name):
        return self.levels.get(name, 0)
