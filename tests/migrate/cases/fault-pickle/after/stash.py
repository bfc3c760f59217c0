import json
import pickle
from pickle import loads as thaw
from typing import Any

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings


class Stash(LegacyProvider[dict[str, Any]]):
    provider_capabilities = ("put",)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Stash":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config):
        self.config = config
        self.data = b""

    async def initialize(self):
        self.data = pickle.dumps([])

    async def cleanup(self):
        self.data = b""

    @operation
    async def put(self, thing):
        things = thaw(self.data)
        self.data = pickle.dumps([*things, thing])
        return len(things) + 1


class Plain(LegacyProvider[dict[str, Any]]):
    provider_capabilities = ("put",)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Plain":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config):
        self.config = config

    async def initialize(self):
        self.data = "[]"

    async def cleanup(self):
        self.data = "[]"

    @operation
    async def put(self, thing):
        things = json.loads(self.data)
        self.data = json.dumps([*things, thing])
        return len(things) + 1
