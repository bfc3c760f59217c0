from dataclasses import dataclass

from purveyor import ProviderType, operation
from purveyor.migrate import LegacyProvider, settings


@dataclass
class SmallModelConfig:
    """The config of `SmallModel`."""

    words: int | float = 3


class SmallModel(LegacyProvider[SmallModelConfig]):
    """Only ever closed; that it is registered says what it is."""

    provider_name = "small"
    provider_type = ProviderType.CAPABILITY
    provider_capabilities = ("complete",)

    @classmethod
    def from_config(cls, config: SmallModelConfig) -> "SmallModel":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config):
        self.words = config.get("words", 3)

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.close()

    @operation
    async def complete(self, prompt):
        return " ".join(prompt.split()[: self.words])

    async def close(self):
        self.words = 0
