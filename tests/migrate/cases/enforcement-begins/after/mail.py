from typing import Any

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings

from core import Channel


class MailChannel(Channel, LegacyProvider[dict[str, Any]]):
    """Never wrote flush, and nobody missed it."""

    provider_capabilities = ("send",)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "MailChannel":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config):
        super().__init__(config)
        self.sent = []

    async def connect(self):
        self.sent = []

    async def disconnect(self):
        self.sent = []

    @operation
    async def send(self, text):
        self.sent.append(text)
        return len(self.sent)
