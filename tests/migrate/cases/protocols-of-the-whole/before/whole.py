from typing import Any, Protocol, runtime_checkable


class Configured(Protocol):
    config: dict[str, Any]

    def __init__(self, config: dict[str, Any]) -> None: ...


@runtime_checkable
class FullProvider(Configured, Protocol):
    async def __aenter__(self) -> "FullProvider": ...

    async def __aexit__(self, *error: object) -> None: ...

    async def connect(self) -> None: ...

    async def disconnect(self) -> None: ...


class SyncProvider(Configured, Protocol):
    def start(self) -> None: ...

    def stop(self) -> None: ...
