# Copyright of nobody

r"""A raw \docstring."""

from __future__ import annotations
from __future__ import generator_stop

import sys

from purveyor import operation
from purveyor.migrate import LegacyProvider

__all__ = ["Header"]

if sys.version_info >= (3, 8):
    from typing import Literal
else:
    Literal = None

try:
    import json
except ImportError:
    json = None


def helper(): return 1
class Header(LegacyProvider["Config"]):
    provider_capabilities = ("dump",)

    @classmethod
    def from_config(cls, config: Config) -> Header:
        """Build it from a typed config, by the constructor."""
        return cls(config)

    mode: Literal["a", "b"] = "a"

    def __init__(self, config: Config | None = None):
        self.config = config

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.start()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.stop()

    async def start(self): self.depth = helper()

    async def stop(self): self.depth = 0

    @operation
    async def dump(self):
        return json.dumps([self.depth, self.mode])


class Config: pass
