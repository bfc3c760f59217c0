from dataclasses import dataclass

from purveyor import ProviderType, operation
from purveyor.migrate import LegacyProvider, settings


@dataclass
class LastConfig:
    """The config of `Last`."""

    word: str = "end"


class Last(LegacyProvider[LastConfig]):
    provider_type = ProviderType.CAPABILITY
    provider_capabilities = ("say",)

    @classmethod
    def from_config(cls, config: LastConfig) -> "Last":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config):
        self.word = config.get("word", "end")

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.start()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.stop()

    async def start(self):
        self.said = 0

    async def stop(self):
        self.said = 0

    @operation
    async def say(self):
        self.said += 1
        return self.word