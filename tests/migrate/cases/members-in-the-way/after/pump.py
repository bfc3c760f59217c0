from dataclasses import dataclass

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings


@dataclass
class PumpConfig:
    """The config of `Pump`."""

    name: str = "pump"


class Pump(LegacyProvider[PumpConfig]):
    provider_capabilities = ("flow",)

    @classmethod
    def from_config(cls, config: PumpConfig) -> "Pump":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config):
        self._config = config
        self._name = config.get("name", "pump")
        self._state = "idle"
        self._logger = []
        self.status = "idle"
        self.current = 0

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.start()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.stop()

    async def start(self):
        self.status = "running"
        self._state = "busy"
        self._logger.append("start")

    async def stop(self):
        self.status = "idle"
        self._logger.append("stop")

    @operation
    async def flow(self, litres):
        self.current += litres
        return f"{self._name} {self._state} {self.current}"

    async def reload(self):
        return "reloaded"
