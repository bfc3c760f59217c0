from dataclasses import dataclass
from typing import Any

from purveyor import ProviderType, operation
from purveyor.migrate import LegacyProvider, settings


class Wrapper:
    def __init__(self, config):
        self.config = config


class Wrapped(LegacyProvider[Any]):
    provider_type = ProviderType.CAPABILITY
    provider_capabilities = ("ask",)

    def __init__(self, config: Wrapper):
        self.config = config
        self.model = config.config["model"]

    async def initialize(self):
        self.temperature = self.config.config.get("temperature", 1)

    async def cleanup(self):
        self.temperature = 0

    @operation
    async def ask(self, text):
        return f"{self.model}/{self.temperature}: {text}"


@dataclass
class UnwrappedConfig:
    """The config of `Unwrapped`."""

    config: Any


class Unwrapped(LegacyProvider[UnwrappedConfig]):
    provider_type = ProviderType.CAPABILITY
    provider_capabilities = ("ask",)

    @classmethod
    def from_config(cls, config: UnwrappedConfig) -> "Unwrapped":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config: dict):
        self.config = config

    async def initialize(self):
        self.model = self.config["config"]

    async def cleanup(self):
        self.model = None

    @operation
    async def ask(self, text):
        return f"{self.model}: {text}"
