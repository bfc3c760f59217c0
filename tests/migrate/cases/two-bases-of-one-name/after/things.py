from dataclasses import dataclass
from typing import Any

from purveyor import ProviderType, operation
from purveyor.migrate import LegacyProvider, settings

import agents.base
from content.base import BaseProvider


@dataclass
class AgentConfig:
    """The config of `Agent`."""

    who: str = "agent"


class Agent(agents.base.BaseProvider, LegacyProvider[AgentConfig]):
    provider_type = ProviderType.CAPABILITY
    provider_capabilities = ("act",)

    @classmethod
    def from_config(cls, config: AgentConfig) -> "Agent":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    @operation
    async def act(self, what):
        return f"{self.config.get('who', 'agent')} {what}"


@dataclass
class PageConfig:
    """The config of `Page`."""

    title: Any


class Page(BaseProvider, LegacyProvider[PageConfig]):
    provider_capabilities = ("length",)

    @classmethod
    def from_config(cls, config: PageConfig) -> "Page":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config):
        self.title = config["title"]

    async def start(self):
        self.words = self.title.split()

    async def stop(self):
        self.words = []

    @operation
    async def length(self):
        return len(self.words)
