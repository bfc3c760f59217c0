from typing import Any

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings


class Parent(LegacyProvider[dict[str, Any]]):
    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Parent":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config):
        self.config = config
        self.events = []

    async def initialize(self):
        self.events.append("up")

    async def cleanup(self):
        self.events.append("down")


class Forgetful(Parent, LegacyProvider[dict[str, Any]]):
    provider_capabilities = ("count",)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Forgetful":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config):
        self.config = config

    async def initialize(self):
        self.events = []

    @operation
    async def count(self):
        return len(self.events)


class Careful(Parent, LegacyProvider[dict[str, Any]]):
    provider_capabilities = ("count",)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Careful":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config):
        Parent.__init__(self, config)
        self.extra = 1

    @operation
    async def count(self):
        return len(self.events) + self.extra


class Heir(Parent):
    provider_capabilities = ("count",)

    @operation
    async def count(self):
        return len(self.events)
