from typing import Any

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings

import lib.roots as r
from lib.roots import Foundation as F
from lib.roots import Root as Stone

Pebble = Stone


class One(r.Root, LegacyProvider[dict[str, Any]]):
    provider_capabilities = ("where",)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "One":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    async def start(self):
        self.at = 1

    async def stop(self):
        self.at = 0

    @operation
    async def where(self):
        return self.at


class Two(F, LegacyProvider[dict[str, Any]]):
    provider_capabilities = ("where",)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Two":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    async def start(self):
        self.at = 2

    async def stop(self):
        self.at = 0

    @operation
    async def where(self):
        return self.at


class Three(Pebble, LegacyProvider[dict[str, Any]]):
    provider_capabilities = ("where",)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Three":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    async def start(self):
        self.at = 3

    async def stop(self):
        self.at = 0

    @operation
    async def where(self):
        return self.at
