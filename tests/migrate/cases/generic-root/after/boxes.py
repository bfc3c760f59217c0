from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Generic, List, TypeVar

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings

T = TypeVar("T")
C = TypeVar("C", bound=dict)


class Box(LegacyProvider[Any], ABC, Generic[C, T]):
    def __init__(self, config: C) -> None:
        self.config = config
        self.things: List[T] = []

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.open()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.close()

    @abstractmethod
    async def open(self) -> None: ...

    @abstractmethod
    async def close(self) -> None: ...

    @operation
    async def count(self) -> int:
        return len(self.things)


@dataclass
class NumberBoxConfig:
    """The config of `NumberBox`."""

    first: int | float = 0


class NumberBox(Box[dict, int], LegacyProvider[NumberBoxConfig]):
    provider_capabilities = ("count", "add")

    @classmethod
    def from_config(cls, config: NumberBoxConfig) -> "NumberBox":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    async def open(self) -> None:
        self.things = [self.config.get("first", 0)]

    async def close(self) -> None:
        self.things = []

    @operation
    async def add(self, number: int) -> int:
        self.things.append(number)
        return sum(self.things)
