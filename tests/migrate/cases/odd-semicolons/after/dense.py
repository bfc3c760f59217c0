from typing import Any

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings

import math; PI = math.pi
class Dense(LegacyProvider[dict[str, Any]]):
    provider_capabilities = ("area",)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Dense":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    size = 2; colour = "grey"
    def __init__(self, config): self.config = config; self.n = 0

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.start()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.stop()

    async def start(self): self.n = 1
    async def stop(self): self.n = 0; self.config = {}
    @operation
    async def area(self): r = self.size * self.n; return round(PI * r * r, 2)
class Small: x = 1; y = 2
