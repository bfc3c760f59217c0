from typing import Any

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings

from . import Payment


class Card(Payment, LegacyProvider[dict[str, Any]]):
    provider_capabilities = ("pay",)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Card":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    async def initialize(self):
        self.open_ = True

    async def cleanup(self):
        self.open_ = False

    @operation
    async def pay(self, cents: int) -> str:
        return f"card {cents}" if self.open_ else "refused"
