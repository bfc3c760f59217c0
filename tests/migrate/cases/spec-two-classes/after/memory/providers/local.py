from dataclasses import dataclass
from typing import Any, Dict

from purveyor import ProviderType
from purveyor.migrate import LegacyProvider, settings

from memory.store import LocalStore
from providers.base import Provider


@dataclass
class LocalProviderConfig:
    """The config of `LocalProvider`."""

    limit: int = 10


class LocalProvider(Provider, LegacyProvider[LocalProviderConfig]):
    """Provider for local storage."""

    provider_type = ProviderType.MEMORY

    @classmethod
    def from_config(cls, config: LocalProviderConfig) -> "LocalProvider":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))
    
    def __init__(self, config: Dict[str, Any]):
        super().__init__(config)
        self._store = None
        
    async def initialize(self) -> None:
        """Initialize provider."""
        self._store = LocalStore(self._config)
        await self._store.initialize()
        
    async def cleanup(self) -> None:
        """Cleanup provider."""
        if self._store is not None:
            await self._store.cleanup()
