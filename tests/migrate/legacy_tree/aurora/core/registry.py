"""Classes by capability and type; unknown ones are imported by name."""

import importlib
from typing import Any


class ProviderRegistry:
    _known: dict[tuple[str, str], type[Any]] = {}

    @classmethod
    def register(cls, capability: str, type_: str, provider: type[Any]) -> None:
        cls._known[capability, type_] = provider

    @classmethod
    def get(cls, capability: str, type_: str) -> type[Any]:
        if (capability, type_) not in cls._known:
            module = importlib.import_module(f"aurora.{capability}.providers.{type_}")
            cls._known[capability, type_] = getattr(module, f"{type_.title()}Provider")
        return cls._known[capability, type_]
