from dataclasses import dataclass

from purveyor import ProviderType, operation
from purveyor.migrate import LegacyProvider, settings

from speech import SpeechRoot


@dataclass
class ShouterConfig:
    """The config of `Shouter`."""

    marks: int | float = 1


class Shouter(SpeechRoot, LegacyProvider[ShouterConfig]):
    provider_type = ProviderType.CAPABILITY
    provider_capabilities = ("speak",)

    @classmethod
    def from_config(cls, config: ShouterConfig) -> "Shouter":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    @operation
    async def speak(self, text):
        return text.upper() + "!" * self.config.get("marks", 1)


class Speller:
    """No lineage and no lifecycle."""

    def __init__(self, config):
        self.config = config

    async def speak(self, text):
        return "-".join(text)
