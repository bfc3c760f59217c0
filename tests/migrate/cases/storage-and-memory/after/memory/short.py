from dataclasses import dataclass

from purveyor import ProviderType, operation
from purveyor.migrate import LegacyProvider, settings


@dataclass
class ShortMemoryConfig:
    """The config of `ShortMemory`."""

    size: int = 2


class ShortMemory(LegacyProvider[ShortMemoryConfig]):
    provider_type = ProviderType.MEMORY
    provider_capabilities = ("remember",)

    @classmethod
    def from_config(cls, config: ShortMemoryConfig) -> "ShortMemory":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config):
        self.size = config.get("size", 2)
        self.items = []

    async def initialize(self):
        self.items = []

    async def cleanup(self):
        self.items = []

    @operation
    async def remember(self, item):
        self.items = [*self.items, item][-self.size :]
        return list(self.items)
