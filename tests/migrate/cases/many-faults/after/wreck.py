import os
import pickle
import time
from dataclasses import dataclass
from typing import Any

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings
from pydantic import SecretStr


@dataclass
class WreckConfig:
    """The config of `Wreck`."""

    path: Any = None
    secret: SecretStr | None = None


class Wreck(LegacyProvider[WreckConfig]):
    provider_capabilities = ("put", "lost")

    @classmethod
    def from_config(cls, config: WreckConfig) -> "Wreck":
        """Build it from a typed config, by the constructor."""
        return cls(**settings(config))

    def __init__(self, **config):
        self.path = config.get("path", os.getenv("WRECK", "wreck"))
        self.secret = config.get("secret", "s")
        self.data = {}

    async def initialize(self):
        time.sleep(0)
        self.data = pickle.loads(pickle.dumps({}))

    async def cleanup(self):
        self.data = {}

    @operation
    async def put(self, key, value):
        self.data[key] = value
        return sorted(self.data)

    @operation
    async def lost(self):
        return self.treasure
