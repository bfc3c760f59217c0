from dataclasses import dataclass
from typing import Any

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings


@dataclass
class LampConfig:
    """The config of `Lamp`."""

    host: str
    port: int = 80


class Lamp(LegacyProvider[LampConfig]):
    provider_capabilities = ("state_of",)

    @classmethod
    def from_config(cls, config: LampConfig) -> "Lamp":
        """Build it from a typed config, by the constructor."""
        return cls(**settings(config))

    def __init__(self, host, port=80):
        self.host = host
        self.port = port
        self.lit = False

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.async_setup()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.async_teardown()

    async def async_setup(self):
        self.lit = True

    async def async_teardown(self):
        self.lit = False

    @operation
    async def state_of(self):
        return self.lit


@dataclass
class ShelfConfig:
    """The config of `Shelf`."""

    books: Any = None


class Shelf(LegacyProvider[ShelfConfig]):
    provider_capabilities = ("titles",)

    @classmethod
    def from_config(cls, config: ShelfConfig) -> "Shelf":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, options=None):
        self.options = dict(options or {})
        self.books = []

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.aconnect()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.aclose()

    async def aconnect(self):
        self.books = list(self.options.get("books", []))

    async def aclose(self):
        self.books = []

    @operation
    async def titles(self):
        return self.books
