from typing import Any, Dict

from memory.store import LocalStore
from providers.base import Provider


class LocalProvider(Provider):
    """Provider for local storage."""

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

    async def set(self, key: str, value: Any) -> None:
        """Remember a value."""
        await self._store.set(key, value)

    async def get(self, key: str) -> Any:
        """The value of a key, None if there is none."""
        return await self._store.get(key)
