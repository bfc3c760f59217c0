from dataclasses import dataclass

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings


class LightClient:
    """The synchronous one."""

    def __init__(self, config):
        self.host = config["host"]
        self.is_open = False

    def connect(self):
        self.is_open = True

    def disconnect(self):
        self.is_open = False

    def switch(self, name):
        return f"{self.host}/{name}" if self.is_open else None


@dataclass
class AsyncLightClientConfig:
    """The config of `AsyncLightClient`."""

    host: str


class AsyncLightClient(LegacyProvider[AsyncLightClientConfig]):
    """The asynchronous one."""

    provider_capabilities = ("switch",)

    @classmethod
    def from_config(cls, config: AsyncLightClientConfig) -> "AsyncLightClient":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config):
        self.host = config["host"]
        self.is_open = False

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.connect()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.disconnect()

    async def connect(self):
        self.is_open = True

    async def disconnect(self):
        self.is_open = False

    @operation
    async def switch(self, name):
        return f"{self.host}/{name}" if self.is_open else None
