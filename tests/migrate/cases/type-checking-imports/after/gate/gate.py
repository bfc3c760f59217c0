from typing import TYPE_CHECKING, Any

from purveyor import operation
from purveyor.migrate import LegacyProvider

if TYPE_CHECKING:
    from gate.settings import GateSettings


class Gate(LegacyProvider[Any]):
    provider_capabilities = ("lets_in",)

    def __init__(self, settings: "GateSettings") -> None:
        self.settings = settings
        self.open_ = False

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.start()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.stop()

    async def start(self) -> None:
        self.open_ = self.settings.wide

    async def stop(self) -> None:
        self.open_ = False

    @operation
    async def lets_in(self, height: "int") -> "bool":
        return self.open_ and height <= self.settings.height
