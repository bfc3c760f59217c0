from typing import Dict, Type

from .base import BaseProvider, ProviderConfig, ProviderError


class ProviderRegistry:
    """Registry for provider classes."""

    _classes: Dict[str, Type[BaseProvider]] = {}
    _instances: Dict[str, BaseProvider] = {}

    @classmethod
    def register(cls, type_: str, klass: Type[BaseProvider]) -> None:
        cls._classes[type_] = klass

    @classmethod
    async def get(cls, type_: str, config: dict) -> BaseProvider:
        if type_ not in cls._classes:
            raise ProviderError(f"unknown {type_}")
        if type_ not in cls._instances:
            p = cls._classes[type_](ProviderConfig(type=type_, config=config))
            await p.initialize()
            cls._instances[type_] = p
        return cls._instances[type_]

    @classmethod
    async def cleanup(cls) -> None:
        for p in cls._instances.values():
            await p.cleanup()
        cls._instances.clear()
