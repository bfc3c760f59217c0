from abc import ABC, abstractmethod

type Names = list[str]


class Root[T](ABC):
    def __init__(self, config: dict[str, T]) -> None:
        self.config = config

    @abstractmethod
    async def start(self) -> None: ...

    @abstractmethod
    async def stop(self) -> None: ...


class Twelve[T: (int, str)](Root[T]):
    async def start(self) -> None:
        self.names: Names = []

    async def stop(self) -> None:
        self.names = []

    async def pick[K](self, key: K, other: K) -> K:
        return key or other

    async def say(self) -> str:
        return f"{self.config.get("word", "none")} {", ".join(self.names)}"
