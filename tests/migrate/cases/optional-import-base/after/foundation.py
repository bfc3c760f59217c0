from typing import Any

from purveyor.migrate import LegacyProvider, settings


class Base(LegacyProvider[dict[str, Any]]):
    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Base":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config):
        self.config = config

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.open()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.close()

    async def open(self):
        """Open."""

    async def close(self):
        """Close."""
