from dataclasses import dataclass

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings

from kit import Appliance


@dataclass
class KettleConfig:
    """The config of `Kettle`."""

    litres: float = 1.0


class Kettle(Appliance, LegacyProvider[KettleConfig]):
    provider_capabilities = ("boil",)

    @classmethod
    def from_config(cls, config: KettleConfig) -> "Kettle":
        """Build it from a typed config, by the constructor."""
        return cls(**settings(config))

    def __init__(self, *, litres: float = 1.0):
        self.litres = litres
        self.hot = False

    async def connect(self):
        self.hot = False

    async def disconnect(self):
        self.hot = False

    @operation
    async def boil(self):
        self.hot = True
        return f"{self.litres} l"
