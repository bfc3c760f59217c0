import asyncio
from abc import ABC, abstractmethod
from datetime import datetime
from typing import Any, AsyncIterator, Dict, Generic, List, Optional, TypeVar
from uuid import uuid4

from pydantic import BaseModel, Field

M = TypeVar("M", bound="MemoryEntry")


class MemoryEntry(BaseModel):
    id: str = Field(default_factory=lambda: uuid4().hex)
    text: str
    vector: List[float] = []
    created: datetime = Field(default_factory=datetime.now)


class MemoryProviderConfig(BaseModel):
    dimension: int = 768
    metric: str = "cosine"
    extra: Dict[str, Any] = {}


class MemoryProviderError(Exception):
    """Base of what a store raises."""


class DimensionMismatch(MemoryProviderError):
    pass


class MemoryProvider(ABC, Generic[M]):
    def __init__(self, config: Optional[Dict[str, Any]] = None):
        self.config = MemoryProviderConfig(**(config or {}))

    @abstractmethod
    async def add(self, entry: M) -> None: ...

    @abstractmethod
    def search(self, vector, k=5) -> AsyncIterator[M]: ...

    async def initialize(self) -> None:
        return None

    async def shutdown(self) -> None:
        return None


class FaissMemory(MemoryProvider[MemoryEntry]):
    async def initialize(self):
        import faiss

        self._index = faiss.IndexFlatIP(self.config.dimension)
        self._rows = []

    async def shutdown(self):
        self._index.reset()

    async def add(self, entry):
        if len(entry.vector) != self.config.dimension:
            raise DimensionMismatch(len(entry.vector))
        self._index.add([entry.vector])
        self._rows.append(entry)

    async def search(self, vector, k=5):
        _, ids = self._index.search([vector], k)
        for i in ids[0]:
            yield self._rows[i]


class ListMemory(MemoryProvider[MemoryEntry]):
    def __init__(self, config=None):
        super().__init__(config)
        self._rows: List[MemoryEntry] = []

    async def add(self, entry):
        self._rows.append(entry)

    async def search(self, vector, k=5):
        for row in self._rows[-k:]:
            yield row


class CachedMemory(MemoryProvider[MemoryEntry]):
    """A provider in front of a provider."""

    def __init__(self, inner: MemoryProvider, config=None):
        super().__init__(config)
        self.inner = inner
        self._cache = {}

    async def initialize(self):
        await self.inner.initialize()

    async def shutdown(self):
        self._cache.clear()
        await self.inner.shutdown()

    async def add(self, entry):
        self._cache.clear()
        await self.inner.add(entry)

    async def search(self, vector, k=5):
        key = (tuple(vector), k)
        if key not in self._cache:
            self._cache[key] = [r async for r in self.inner.search(vector, k)]
        for r in self._cache[key]:
            yield r
