from abc import ABC, abstractmethod
from typing import Generic, List, TypeVar

T = TypeVar("T")
C = TypeVar("C", bound=dict)


class Box(ABC, Generic[C, T]):
    def __init__(self, config: C) -> None:
        self.config = config
        self.things: List[T] = []

    @abstractmethod
    async def open(self) -> None: ...

    @abstractmethod
    async def close(self) -> None: ...

    async def count(self) -> int:
        return len(self.things)


class NumberBox(Box[dict, int]):
    async def open(self) -> None:
        self.things = [self.config.get("first", 0)]

    async def close(self) -> None:
        self.things = []

    async def add(self, number: int) -> int:
        self.things.append(number)
        return sum(self.things)
