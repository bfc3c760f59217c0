from typing import Any


class ProviderRegistry:
    """Classes by name, and what was built of them."""

    def __init__(self) -> None:
        self._classes: dict[str, type] = {}
        self._built: dict[str, Any] = {}

    def register_provider(self, name: str, cls: type) -> None:
        if name in self._classes:
            raise ValueError(f"{name} is registered")
        self._classes[name] = cls

    async def get_provider(self, name: str, config: dict[str, Any]) -> Any:
        if name not in self._built:
            built = self._classes[name](config)
            await built.initialize()
            self._built[name] = built
        return self._built[name]

    async def cleanup(self) -> None:
        for built in self._built.values():
            await built.cleanup()
        self._built.clear()


registry = ProviderRegistry()
