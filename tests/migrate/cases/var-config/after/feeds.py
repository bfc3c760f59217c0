from typing import Any

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings
from pydantic import BaseModel


class Source(LegacyProvider[Any]):
    def __init__(self, name: str = "source") -> None:
        self.name = name

    async def initialize(self) -> None:
        """Made for subclasses."""

    async def cleanup(self) -> None:
        """Made for subclasses."""


class FeedConfig(BaseModel):
    url: str = "memory:"
    limit: int = 3


class FeedSource(Source, LegacyProvider[FeedConfig]):
    provider_capabilities = ("fetch",)

    @classmethod
    def from_config(cls, config: FeedConfig) -> "FeedSource":
        """Build it from a typed config, by the constructor."""
        return cls(**settings(config))

    def __init__(self, **config: Any) -> None:
        self.config = FeedConfig(**config)
        self.entries: list[str] = []

    async def initialize(self) -> None:
        self.entries = [f"{self.config.url}{number}" for number in range(self.config.limit)]

    async def cleanup(self) -> None:
        self.entries = []

    @operation
    async def fetch(self) -> list[str]:
        return list(self.entries)
