import threading
from dataclasses import dataclass

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings


@dataclass
class CountersConfig:
    """The config of `Counters`."""

    first: int | float = 0


class Counters(LegacyProvider[CountersConfig]):
    """A lock that counts may be taken again."""

    provider_capabilities = ("peek", "step")

    @classmethod
    def from_config(cls, config: CountersConfig) -> "Counters":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config):
        self.first = config.get("first", 0)
        self._lock = threading.RLock()
        self.value = self.first

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.start()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.stop()

    async def start(self):
        with self._lock:
            self.value = self.first

    async def stop(self):
        self.value = 0

    @operation
    def peek(self):
        with self._lock:
            return self.value

    @operation
    async def step(self):
        with self._lock:
            self.value = self.peek() + 1
            return self.value
