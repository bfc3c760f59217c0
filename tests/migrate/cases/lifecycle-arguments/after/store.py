from typing import Any

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings


class NoteStore:
    def __init__(self):
        self.notes = None
        self.owner = None

    async def initialize(self, owner):
        self.owner = owner
        self.notes = []

    async def cleanup(self):
        self.notes = None

    async def add(self, text):
        self.notes.append((self.owner, text))
        return len(self.notes)


class LateStore(LegacyProvider[dict[str, Any]]):
    """An optional argument hinders nobody."""

    provider_capabilities = ("left",)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "LateStore":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config):
        self.config = config

    async def initialize(self, retries=3, *, wait=0.0):
        self.retries = retries
        self.wait = wait

    async def cleanup(self):
        self.retries = 0

    @operation
    async def left(self):
        return self.retries
