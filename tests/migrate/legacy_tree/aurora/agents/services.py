from typing import Any, cast
from uuid import uuid4


class ProviderRegistry:
    """Builds every class with a new id where some of them want a config."""

    def __init__(self) -> None:
        self._classes: dict[str, Any] = {}

    def register(self, name: str, provider_class: Any) -> None:
        self._classes[name] = provider_class

    def create(self, name: str) -> Any:
        provider_class = cast("Any", self._classes[name])
        return provider_class(uuid4())
