from __future__ import annotations

import asyncio
import logging
import typing
from typing import Any, ClassVar, Literal

import redis.asyncio as redis
from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_settings import BaseSettings

if typing.TYPE_CHECKING:
    from collections.abc import Mapping

logger = logging.getLogger(__name__)


class RedisSettings(BaseSettings):
    url: str = "redis://localhost/3"
    pool: int = 10


class Features(BaseModel):
    model_config = ConfigDict(frozen=True)
    user: str
    spend_24h: float = 0
    cards: int = 1

    @model_validator(mode="after")
    def setup(self):
        if self.cards < 0:
            raise ValueError("cards")
        return self


class FeatureProviderType:
    REDIS: ClassVar[Literal["redis"]] = "redis"
    STATIC: ClassVar[Literal["static"]] = "static"


class BaseFeatureSource:
    kind: ClassVar[str]

    async def initialize(self) -> None:
        pass

    async def cleanup(self) -> None:
        pass

    async def fetch(self, user: str) -> Features:
        raise NotImplementedError


class RedisFeatures(BaseFeatureSource):
    kind = FeatureProviderType.REDIS

    def __init__(self, **config: Any) -> None:
        self.config = RedisSettings(**config)
        self._pool: redis.Redis | None = None

    async def initialize(self) -> None:
        self._pool = redis.from_url(self.config.url, max_connections=self.config.pool)
        await self._pool.ping()

    async def cleanup(self) -> None:
        if self._pool:
            await self._pool.aclose()

    async def fetch(self, user):
        raw: Mapping[bytes, bytes] = await self._pool.hgetall(f"f:{user}")
        return Features(user=user, **{k.decode(): float(v) for k, v in raw.items()})


class StaticFeatures(BaseFeatureSource):
    kind = FeatureProviderType.STATIC

    def __init__(self, **config: Any) -> None:
        self.rows = config.get("rows", {})

    async def fetch(self, user):
        return Features(user=user, **self.rows.get(user, {}))
