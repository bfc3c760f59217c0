from abc import \
    ABC, \
    abstractmethod
from dataclasses import dataclass
from typing import Any

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings


class \
    Long(
        LegacyProvider[Any], ABC
    ):
    def __init__(
        self,
        config
        ,
    ) \
        -> None:
        self.config = \
            config

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.open()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.close()

    @abstractmethod
    async def open(self
                   ) -> None: ...

    @abstractmethod
    async def close(self) -> None: ...


@dataclass
class LongerConfig:
    """The config of `Longer`."""

    more: int | float = 0


class Longer(
    Long, LegacyProvider[LongerConfig],
):
    provider_capabilities = ("measure",)

    @classmethod
    def from_config(cls, config: LongerConfig) -> "Longer":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    async def open(self) -> None:
        self.size = 1 + \
            2

    async def close(self) -> None:
        self.size = 0

    @operation
    async def \
        measure(self) -> int:
        return (self.size
                + self.config.get(
                    "more", 0))
