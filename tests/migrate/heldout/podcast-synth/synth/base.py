from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4


class SynthesisError(Exception):
    def __init__(self, message: str, provider: str | None = None) -> None:
        super().__init__(message)
        self.provider = provider


class ContentItem:
    def __init__(self, title: str, text: str) -> None:
        self.title = title
        self.text = text


class SynthesisProvider:
    def __init__(self, **kwargs: Any) -> None:
        self.id: UUID = kwargs.pop("id", None) or uuid4()
        self.kwargs = kwargs
        self._initialized = False

    async def initialize(self) -> None:
        self._initialized = True

    async def cleanup(self) -> None:
        self._initialized = False

    async def synthesize(self, item: ContentItem) -> bytes:
        raise SynthesisError("not here", type(self).__name__)
