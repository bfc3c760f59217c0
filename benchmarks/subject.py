"""The providers that are measured, and a manager full of them."""

from __future__ import annotations

import sys
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from purveyor.manager import ProviderManager
from purveyor.metadata import ProviderMetadata, ProviderType
from purveyor.operations import operation
from purveyor.provider import Provider

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ["Config", "Service", "Shared", "name_of", "registered", "service"]


@dataclass
class Config:
    """What a small provider is configured with."""

    url: str
    timeout: float = 5.0


class Service(Provider[Config]):
    """A provider that does nothing, so that what is measured is what it costs to be one."""

    async def initialize(self) -> None:
        """Acquire nothing."""

    async def cleanup(self) -> None:
        """Release nothing."""

    async def bare(self, value: int) -> int:
        """Do nothing, unmeasured."""
        return value

    @operation
    async def measured(self, value: int) -> int:
        """Do nothing, measured."""
        return value


def name_of(number: int) -> str:
    """The name of a provider, as the same object wherever it is, as a literal in an application's code is."""
    return sys.intern(f"provider-{number}")


def service(number: int, kind: type[Service] = Service, capabilities: tuple[str, ...] = ("store",)) -> Service:
    """A provider that is not registered yet."""
    name = name_of(number)
    metadata = ProviderMetadata(name, ProviderType.CUSTOM, "does nothing", "1", list(capabilities))
    return kind(metadata, Config(f"tcp://{name}.example"))


@asynccontextmanager
async def registered(services: list[Service]) -> AsyncIterator[ProviderManager]:
    """A manager in which these are registered."""
    async with ProviderManager() as manager:
        for each in services:
            await manager.register(each)
        yield manager


class Shared:
    """A manager that several arms use: the first one to enter fills it, the last one to leave cleans it up.

    Args:
        size: How many providers are registered.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._users = 0
        self._stack = AsyncExitStack()
        self._manager: ProviderManager | None = None

    async def __aenter__(self) -> ProviderManager:
        if self._manager is None:
            services = [service(number) for number in range(self._size)]
            self._manager = await self._stack.enter_async_context(registered(services))
        self._users += 1
        return self._manager

    async def __aexit__(self, *_: object) -> None:
        self._users -= 1
        if not self._users:
            self._manager = None
            await self._stack.aclose()
