from typing import Any, Dict, List, Optional, Protocol, TypedDict, runtime_checkable

from pydantic import BaseModel, Field


class Hit(TypedDict):
    id: str
    score: float
    payload: Dict[str, Any]


class StoreSettings(BaseModel):
    collection: str = "default"
    dim: int = Field(768, gt=0)

    class Config:
        extra = "forbid"


class QdrantSettings(StoreSettings):
    url: str = "http://localhost:6333"
    api_key: Optional[str] = None


class PgSettings(StoreSettings):
    dsn: str
    pool_size: int = 5


@runtime_checkable
class Closable(Protocol):
    async def initialize(self) -> None: ...
    async def cleanup(self) -> None: ...


class StoreNotReady(RuntimeError):
    pass
