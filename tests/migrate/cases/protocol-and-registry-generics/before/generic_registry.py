from typing import Generic, Protocol, TypeVar

T = TypeVar("T")
K = TypeVar("K", contravariant=True)


class Lookup(Protocol[K]):
    def find(self, key: K) -> object: ...

    async def close(self) -> None: ...


class Registry(Generic[T]):
    def __init__(self) -> None:
        self._things: dict[str, T] = {}

    def register(self, name: str, thing: T) -> T:
        self._things[name] = thing
        return thing

    def get(self, name: str) -> T:
        return self._things[name]

    async def close(self) -> None:
        self._things.clear()
