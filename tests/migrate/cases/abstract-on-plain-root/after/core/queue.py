from typing import Any

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings

from core.base import BaseProvider as Provider


class QueueProvider(Provider, LegacyProvider[dict[str, Any]]):
    provider_capabilities = ("push", "pop")

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "QueueProvider":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config):
        super().__init__(config)
        self.items = None

    async def connect(self):
        self.items = []

    async def disconnect(self):
        self.items = None

    @operation
    async def push(self, item):
        self.items.append(item)
        return len(self.items)

    @operation
    async def pop(self):
        return self.items.pop(0) if self.items else None
