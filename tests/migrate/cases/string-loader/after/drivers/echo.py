from dataclasses import dataclass

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings


@dataclass
class EchoProviderConfig:
    """The config of `EchoProvider`."""

    prefix: str = ""


class EchoProvider(LegacyProvider[EchoProviderConfig]):
    provider_capabilities = ("echo",)

    @classmethod
    def from_config(cls, config: EchoProviderConfig) -> "EchoProvider":
        """Build it from a typed config, by the constructor."""
        return cls(**settings(config))

    def __init__(self, **config):
        self.prefix = config.get("prefix", "")
        self.count = 0

    async def initialize(self):
        self.count = 0

    async def cleanup(self):
        self.count = 0

    @operation
    async def echo(self, text):
        self.count += 1
        return f"{self.prefix}{text}"
