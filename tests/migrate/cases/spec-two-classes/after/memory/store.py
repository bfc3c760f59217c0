from dataclasses import dataclass
from typing import Any, Dict

from purveyor import ProviderType
from purveyor.migrate import LegacyProvider, settings


@dataclass
class LocalStoreConfig:
    """The config of `LocalStore`."""

    limit: int = 10


class LocalStore(LegacyProvider[LocalStoreConfig]):
    """Keeps values in a dictionary."""

    provider_type = ProviderType.MEMORY

    @classmethod
    def from_config(cls, config: LocalStoreConfig) -> "LocalStore":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, options: Dict[str, Any]):
        self.limit = options.get("limit", 10)
        self.values: Dict[str, Any] = {}
        self.ready = False

    async def initialize(self) -> None:
        self.ready = True

    async def cleanup(self) -> None:
        self.values.clear()
        self.ready = False
