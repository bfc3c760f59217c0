from dataclasses import dataclass

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings


@dataclass
class LedgerConfig:
    """The config of `Ledger`."""

    currency: str = "BRL"


class Ledger(LegacyProvider[LedgerConfig]):
    provider_capabilities = ("book",)

    @classmethod
    def from_config(cls, config: LedgerConfig) -> "Ledger":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config: dict) -> None:
        self.currency = config.get("currency", "BRL")
        self.entries: list[int] | None = None

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.__aenter__()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.__aexit__(None, None, None)

    async def __aenter__(self):
        self.entries = []
        return self

    async def __aexit__(self, kind, error, trace):
        self.entries = None
        return False

    @operation
    async def book(self, amount: int) -> str:
        if self.entries is None:
            raise RuntimeError("closed")
        self.entries.append(amount)
        return f"{sum(self.entries)} {self.currency}"
