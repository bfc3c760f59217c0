"""The base of whatever is connected, and a manager that was never finished."""

from abc import abstractmethod
from typing import Any


class BaseProvider:
    """What has a connection."""

    def __init__(self, config: Any) -> None:
        self.config = config
        self.connected = False

    @abstractmethod
    async def connect(self) -> None:
        """Open the connection."""

    @abstractmethod
    async def disconnect(self) -> None:
        """Close it."""


class ProviderManager:
    """Caches by type, whatever the config."""

    def __init__(self) -> None:
        self._providers: dict[str, Any] = {}

    def register(self, name: str, provider: Any) -> None:
        self._providers[name] = provider

    def get_provider(self, name: str) -> Any:
        if name not in self._providers:
            self._providers[name] = self._create_provider(name)
        return self._providers[name]

    def _create_provider(self, name: str) -> Any:
        raise NotImplementedError(name)

    async def cleanup(self) -> None:
        for provider in self._providers.values():
            await provider.disconnect()
        self._providers.clear()
