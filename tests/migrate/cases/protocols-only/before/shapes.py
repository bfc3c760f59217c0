from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class SupportsLifecycle(Protocol):
    async def initialize(self) -> None: ...

    async def cleanup(self) -> None: ...


class ProviderLike(SupportsLifecycle, Protocol):
    config: dict[str, Any]

    async def fetch(self, key: str) -> str: ...


async def run(provider: ProviderLike, key: str) -> str:
    await provider.initialize()
    try:
        return await provider.fetch(key)
    finally:
        await provider.cleanup()
