from dataclasses import dataclass
from typing import Callable

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings

KNOWN: dict[str, type] = {}


def plugin(name: str, *, priority: int = 0) -> Callable[[type], type]:
    def keep(cls: type) -> type:
        cls.plugin_name = name  # type: ignore[attr-defined]
        cls.priority = priority  # type: ignore[attr-defined]
        KNOWN[name] = cls
        return cls

    return keep


def plain(cls: type) -> type:
    return cls


@dataclass
class ReverseConfig:
    """The config of `Reverse`."""

    keep_case: bool = True


@plugin("reverse", priority=3)
@plain
class Reverse(LegacyProvider[ReverseConfig]):
    provider_capabilities = ("apply",)

    @classmethod
    def from_config(cls, config: ReverseConfig) -> "Reverse":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config: dict) -> None:
        self.config = config

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.load()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.unload()

    async def load(self) -> None:
        self.keep_case = self.config.get("keep_case", True)

    async def unload(self) -> None:
        self.keep_case = True

    @operation
    async def apply(self, text: str) -> str:
        turned = text[::-1]
        return turned if self.keep_case else turned.lower()


@dataclass
class DoubleConfig:
    """The config of `Double`."""

    times: int | float = 2


@plugin(
    "double",
)
class Double(LegacyProvider[DoubleConfig]):
    provider_capabilities = ("apply",)

    @classmethod
    def from_config(cls, config: DoubleConfig) -> "Double":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config: dict) -> None:
        self.config = config

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.load()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.unload()

    async def load(self) -> None:
        self.times = self.config.get("times", 2)

    async def unload(self) -> None:
        self.times = 0

    @operation
    async def apply(self, text: str) -> str:
        return text * self.times
