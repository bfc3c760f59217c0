from abc import ABC, abstractmethod
from typing import Generic, TypeVar

from vectors.types import StoreConfig

Id = TypeVar("Id")


class VectorStore(ABC, Generic[Id]):
    def __init__(self, config: StoreConfig) -> None:
        self.config = config

    async def connect(self) -> None:
        await self._open_index()

    async def close(self) -> None:
        await self._drop_index()

    @abstractmethod
    async def _open_index(self) -> None: ...

    @abstractmethod
    async def _drop_index(self) -> None: ...

    @abstractmethod
    async def nearest(self, vector, limit: int = 10) -> list[Id]: ...
