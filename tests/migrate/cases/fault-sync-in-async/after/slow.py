import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from time import sleep as nap
from typing import Any

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings


@dataclass
class SlowConfig:
    """The config of `Slow`."""

    seconds: int | float = 0


class Slow(LegacyProvider[SlowConfig]):
    provider_capabilities = ("wait", "block", "source")

    @classmethod
    def from_config(cls, config: SlowConfig) -> "Slow":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config):
        self.seconds = config.get("seconds", 0)
        self.text = ""

    async def initialize(self):
        time.sleep(self.seconds)

    async def cleanup(self):
        nap(0)

    @operation
    async def wait(self):
        await asyncio.to_thread(time.sleep, self.seconds)
        return "waited"

    @operation
    def block(self):
        time.sleep(self.seconds)
        return "blocked"

    @operation
    async def source(self):
        with open(__file__) as file:
            return file.readline()


class Quick(LegacyProvider[dict[str, Any]]):
    provider_capabilities = ("where",)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Quick":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config):
        self.config = config

    async def initialize(self):
        await asyncio.sleep(0)

    async def cleanup(self):
        def later():
            time.sleep(0)

        await asyncio.to_thread(later)

    @operation
    async def where(self):
        return Path("a") / "b"
