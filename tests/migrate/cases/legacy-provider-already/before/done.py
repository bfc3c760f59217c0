from __future__ import annotations

from dataclasses import dataclass

from purveyor import ProviderType, operation
from purveyor.migrate import LegacyProvider, settings


@dataclass
class BellConfig:
    tone: str = "ding"


class Bell(LegacyProvider[BellConfig]):
    provider_type = ProviderType.CUSTOM
    provider_capabilities = ("ring",)

    @classmethod
    def from_config(cls, config: BellConfig) -> Bell:
        return cls(settings(config))

    def __init__(self, config):
        self.tone = config.get("tone", "ding")

    async def initialize(self) -> None:
        self.rung = 0

    async def cleanup(self) -> None:
        self.rung = 0

    @operation
    async def ring(self):
        self.rung += 1
        return self.tone * self.rung
