from dataclasses import dataclass
from typing import Any

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings

FORMATS = {}


class Format(LegacyProvider[Any]):
    def __init_subclass__(cls, *, suffix="", **rest):
        super().__init_subclass__(**rest)
        cls.suffix = suffix
        if suffix:
            FORMATS[suffix] = cls

    def __init__(self, config):
        self.config = config

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.load()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.unload()

    async def load(self):
        raise NotImplementedError

    async def unload(self):
        raise NotImplementedError


@dataclass
class LinesConfig:
    """The config of `Lines`."""

    separator: str = '\n'


class Lines(Format, LegacyProvider[LinesConfig], suffix=".txt"):
    provider_capabilities = ("split",)

    @classmethod
    def from_config(cls, config: LinesConfig) -> "Lines":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    async def load(self):
        self.separator = self.config.get("separator", "\n")

    async def unload(self):
        self.separator = None

    @operation
    async def split(self, text):
        return text.split(self.separator)


class Words(Lines, suffix=".words"):
    provider_capabilities = ("split",)

    async def load(self):
        self.separator = " "
