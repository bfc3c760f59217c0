from dataclasses import dataclass
from typing import Final

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings


@dataclass
class EightConfig:
    """The config of `Eight`."""

    first: int | float = 0


class Eight(LegacyProvider[EightConfig]):
    provider_capabilities = ("add", "squares")

    @classmethod
    def from_config(cls, config: EightConfig) -> "Eight":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    LIMIT: Final = 8

    def __init__(self, config, /, *, name="eight"):
        self.config = config
        self.name = name

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.start()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.stop()

    async def start(self):
        if (first := self.config.get("first", 0)) > 0:
            self.first = first
        else:
            self.first = 1

    async def stop(self):
        self.first = 0

    @operation
    async def add(self, a, b=2, /, c=3, *, d=4):
        return (total := a + b + c + d) + self.first, f"{total=}"

    @operation
    async def squares(self):
        return [y for x in range(3) if (y := x * x)]
