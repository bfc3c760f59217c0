from __future__ import annotations

import asyncio
import math
from abc import ABC, abstractmethod
from typing import Generic, List, TypeVar

from .types import Hit, PgSettings, QdrantSettings, StoreNotReady, StoreSettings

S = TypeVar("S", bound=StoreSettings)


class VectorStore(ABC, Generic[S]):
    def __init__(self, settings: S) -> None:
        self.settings = settings
        self._ready = False
        self._guard = asyncio.Lock()

    async def initialize(self) -> None:
        async with self._guard:
            if self._ready:
                return
            await self._open()
            self._ready = True

    async def cleanup(self) -> None:
        async with self._guard:
            if self._ready:
                await self._close()
            self._ready = False

    async def __aenter__(self):
        await self.initialize()
        return self

    async def __aexit__(self, *exc):
        await self.cleanup()

    def _check(self) -> None:
        if not self._ready:
            raise StoreNotReady(type(self).__name__)

    @abstractmethod
    async def _open(self) -> None: ...

    @abstractmethod
    async def _close(self) -> None: ...

    @abstractmethod
    async def upsert(self, id: str, vector: List[float], payload: dict) -> None: ...

    @abstractmethod
    async def query(self, vector: List[float], k: int = 10) -> List[Hit]: ...


class MemoryVectorStore(VectorStore[StoreSettings]):
    async def _open(self) -> None:
        self._rows = {}

    async def _close(self) -> None:
        self._rows.clear()

    async def upsert(self, id, vector, payload):
        self._check()
        self._rows[id] = (vector, payload)

    async def query(self, vector, k=10):
        self._check()
        ranked = sorted(self._rows.items(), key=lambda r: -_cos(r[1][0], vector))
        return [Hit(id=i, score=_cos(v, vector), payload=p) for i, (v, p) in ranked[:k]]


class QdrantStore(VectorStore[QdrantSettings]):
    async def _open(self) -> None:
        from qdrant_client import AsyncQdrantClient
        self._client = AsyncQdrantClient(self.settings.url, api_key=self.settings.api_key)

    async def _close(self) -> None:
        await self._client.close()

    async def upsert(self, id, vector, payload):
        self._check()
        await self._client.upsert(self.settings.collection, [(id, vector, payload)])

    async def query(self, vector, k=10):
        self._check()
        return [Hit(id=p.id, score=p.score, payload=p.payload)
                for p in await self._client.search(self.settings.collection, vector, limit=k)]


class PgVectorStore(VectorStore[PgSettings]):
    async def _open(self) -> None:
        import asyncpg
        self._pool = await asyncpg.create_pool(self.settings.dsn, max_size=self.settings.pool_size)

    async def _close(self) -> None:
        await self._pool.close()

    async def upsert(self, id, vector, payload):
        async with self._pool.acquire() as con:
            await con.execute("insert into vectors values ($1, $2, $3)", id, vector, payload)

    async def query(self, vector, k=10):
        async with self._pool.acquire() as con:
            rows = await con.fetch("select * from vectors order by v <-> $1 limit $2", vector, k)
        return [Hit(**r) for r in rows]


def _cos(a, b):
    d = sum(x * y for x, y in zip(a, b))
    return d / ((math.hypot(*a) * math.hypot(*b)) or 1.0)


class QueryBuilder:
    def __init__(self, store: VectorStore):
        self.store = store
        self.filters = []

    def where(self, **kw):
        self.filters.append(kw)
        return self

    async def all(self, vector):
        hits = await self.store.query(vector, 100)
        return [h for h in hits if all(h["payload"].get(k) == v for f in self.filters for k, v in f.items())]
