from dataclasses import dataclass

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings


@dataclass
class UpperProviderConfig:
    """The config of `UpperProvider`."""

    strip: bool = False


class UpperProvider(LegacyProvider[UpperProviderConfig]):
    provider_capabilities = ("upper",)

    @classmethod
    def from_config(cls, config: UpperProviderConfig) -> "UpperProvider":
        """Build it from a typed config, by the constructor."""
        return cls(**settings(config))

    def __init__(self, **config):
        self.strip = config.get("strip", False)

    async def initialize(self):
        pass

    async def cleanup(self):
        pass

    @operation
    async def upper(self, text):
        return (text.strip() if self.strip else text).upper()
