from purveyor import operation
from purveyor.migrate import LegacyProvider


class Clockwork(LegacyProvider[None]):
    """Ticks while it runs."""

    provider_capabilities = ("tick",)

    @classmethod
    def from_config(cls, config: None) -> "Clockwork":
        """Build it from a typed config, by the constructor."""
        return cls()

    def __init__(self):
        self.ticks = 0
        self.running = False

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.start()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.stop()

    async def start(self):
        self.running = True

    async def stop(self):
        self.running = False

    @operation
    async def tick(self):
        if self.running:
            self.ticks += 1
        return self.ticks
