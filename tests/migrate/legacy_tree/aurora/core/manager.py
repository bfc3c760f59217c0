from typing import Any


class ProviderManager:
    """The other manager: builds classes, initializes them, keeps them by type."""

    def __init__(self) -> None:
        self._classes: dict[str, type[Any]] = {}
        self._instances: dict[str, Any] = {}

    def register(self, type_: str, cls: type[Any]) -> None:
        self._classes[type_] = cls

    async def get(self, type_: str, config: Any = None) -> Any:
        if type_ not in self._instances:
            provider = self._classes[type_](config)
            await provider.initialize()
            self._instances[type_] = provider
        return self._instances[type_]

    async def cleanup(self) -> None:
        for provider in self._instances.values():
            await provider.cleanup()
        self._instances.clear()
