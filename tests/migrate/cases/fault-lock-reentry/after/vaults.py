import asyncio
from dataclasses import dataclass

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings


@dataclass
class VaultConfig:
    """The config of `Vault`."""

    limit: int = 2


class Vault(LegacyProvider[VaultConfig]):
    provider_capabilities = ("size", "put", "has")

    @classmethod
    def from_config(cls, config: VaultConfig) -> "Vault":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config):
        self.limit = config.get("limit", 2)
        self._lock = asyncio.Lock()
        self.items = {}

    async def initialize(self):
        self.items = {}

    async def cleanup(self):
        async with self._lock:
            self.items = {}

    @operation
    async def size(self):
        async with self._lock:
            return len(self.items)

    @operation
    async def put(self, key, value):
        async with self._lock:
            if await self.size() >= self.limit:
                return False
            self.items[key] = value
            return True

    @operation
    async def has(self, key):
        return key in self.items
