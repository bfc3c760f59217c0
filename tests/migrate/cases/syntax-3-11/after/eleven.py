from typing import Any, Self

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings


class Eleven(LegacyProvider[dict[str, Any]]):
    provider_capabilities = ("attempt",)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Eleven":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config):
        self.config = config
        self.failed = []

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.start()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.stop()

    async def start(self):
        self.failed = []

    async def stop(self):
        self.failed = []

    @operation
    async def attempt(self, *numbers):
        try:
            raise ExceptionGroup("many", [ValueError(number) for number in numbers])
        except* ValueError as group:
            self.failed += [str(error) for error in group.exceptions]
        except* TypeError:
            pass
        return self.failed

    def same(self) -> Self:
        return self
