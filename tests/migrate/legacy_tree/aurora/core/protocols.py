from typing import Protocol, runtime_checkable


@runtime_checkable
class Lifecycle(Protocol):
    async def initialize(self) -> None: ...

    async def cleanup(self) -> None: ...
