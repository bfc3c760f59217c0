from typing import Any

from purveyor import ProviderType, operation
from purveyor.migrate import LegacyProvider, settings


class SpeechRoot(LegacyProvider[Any]):
    def __init__(self, config):
        self.config = config

    async def initialize(self):
        """Nothing to do."""

    async def cleanup(self):
        """Nothing to undo."""

    async def speak(self, text):
        raise NotImplementedError


class Whisperer(SpeechRoot, LegacyProvider[dict[str, Any]]):
    provider_type = ProviderType.CAPABILITY
    provider_capabilities = ("speak",)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Whisperer":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    @operation
    async def speak(self, text):
        return text.lower()
