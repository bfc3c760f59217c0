import qdrant_client

from .abstract import VectorStore
from .types import DimensionMismatch


class FlatIndex(VectorStore[int]):
    async def _open_index(self) -> None:
        self.rows = []

    async def _drop_index(self) -> None:
        self.rows = []

    async def nearest(self, vector, limit: int = 10) -> list[int]:
        if len(vector) != self.config.dimensions:
            raise DimensionMismatch(len(vector))
        return list(range(min(limit, len(self.rows))))


class HostedIndex(VectorStore[str]):
    async def _open_index(self) -> None:
        self.client = qdrant_client.AsyncQdrantClient(api_key=self.config.api_key)

    async def _drop_index(self) -> None:
        await self.client.close()

    async def nearest(self, vector, limit: int = 10) -> list[str]:
        return [hit.id for hit in await self.client.query_points("c", vector, limit=limit)]
