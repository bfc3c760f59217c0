import os
from os import environ, getenv
from typing import Any

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings


class Weather(LegacyProvider[dict[str, Any]]):
    provider_capabilities = ("look",)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Weather":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config=None):
        self.config = config or {}
        self.key = os.environ.get("WEATHER_KEY", "none")
        self.place = getenv("WEATHER_PLACE", "Lisbon")

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.start()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.stop()

    async def start(self):
        self.sky = environ["WEATHER_SKY"] if "WEATHER_SKY" in environ else "blue"

    async def stop(self):
        self.sky = None

    @operation
    async def look(self):
        return f"{self.place} {self.sky}"
