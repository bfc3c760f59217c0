from typing import Any

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings

from ... import base
from ...base import Payment as Anyone


class Slip(base.Payment, LegacyProvider[dict[str, Any]]):
    provider_capabilities = ("pay",)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Slip":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    @operation
    async def pay(self, cents: int) -> str:
        return f"slip {cents}"


class Cash(Anyone, LegacyProvider[dict[str, Any]]):
    provider_capabilities = ("pay",)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Cash":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    @operation
    async def pay(self, cents: int) -> str:
        return f"cash {cents}"
