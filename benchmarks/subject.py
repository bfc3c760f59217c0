"""The providers that are measured, and a manager full of them."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from purveyor.manager import ProviderManager
from purveyor.metadata import ProviderMetadata, ProviderType
from purveyor.operations import operation
from purveyor.provider import Provider

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ["Config", "Service", "registered", "service"]


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


def service(number: int, kind: type[Service] = Service, capabilities: tuple[str, ...] = ("store",)) -> Service:
    """A provider that is not registered yet."""
    name = f"provider-{number}"
    metadata = ProviderMetadata(name, ProviderType.CUSTOM, "does nothing", "1", list(capabilities))
    return kind(metadata, Config(f"tcp://{name}.example"))


@asynccontextmanager
async def registered(services: list[Service]) -> AsyncIterator[ProviderManager]:
    """A manager in which these are registered."""
    async with ProviderManager() as manager:
        for each in services:
            await manager.register(each)
        yield manager
