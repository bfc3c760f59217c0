from dataclasses import dataclass

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings


@dataclass
class PrinterConfig:
    """The config of `Printer`."""

    width: int = 20


class Printer(LegacyProvider[PrinterConfig]):
    provider_capabilities = ("show",)

    @classmethod
    def from_config(cls, config: PrinterConfig) -> "Printer":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config):
        self.width = config.get("width", 20)

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.start()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.stop()

    async def start(self):
        self.sheets = 0

    async def stop(self):
        self.sheets = 0

    @operation
    async def show(self, data):
        self.sheets += 1
        return json.dumps(data)[: self.width]
