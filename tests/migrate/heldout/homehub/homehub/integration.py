import asyncio
import logging
from typing import Any, Dict, Iterable, List, Optional, Set, Type

_LOGGER = logging.getLogger(__name__)

INTEGRATIONS: Dict[str, str] = {
    "hue": "homehub.vendors:HueIntegration",
    "sonos": "homehub.vendors:SonosIntegration",
    "weather": "homehub.vendors:WeatherIntegration",
}


class IntegrationError(Exception):
    """Base."""


class ConfigEntryNotReady(IntegrationError):
    """Device offline at setup."""


class Integration:
    """One vendor. `async_setup` once, `async_unload` when the hub stops.

    Subclasses override setup() and unload().
    """

    domain: str

    def __init__(self, hub: "Hub", conf: Dict[str, Any]) -> None:
        self.hub = hub
        self.conf = conf
        self.entities: List["Entity"] = []

    async def setup(self) -> None:
        raise NotImplementedError

    async def unload(self) -> None:
        self.entities.clear()


class Entity:
    _attr_name: Optional[str] = None

    def __init__(self, uid: str) -> None:
        self.uid = uid
        self.state: Any = None

    @property
    def name(self):
        return self._attr_name or self.uid


class Light(Entity):
    async def turn_on(self, **kw):
        self.state = "on"

    async def turn_off(self):
        self.state = "off"


class Cover(Entity):
    """Blinds and garage doors."""

    async def open(self):
        self.state = "open"

    async def close(self):
        self.state = "closed"

    async def stop(self):
        self.state = "stopped"


class MediaPlayer(Entity):
    async def start(self):
        self.state = "playing"

    async def stop(self):
        self.state = "idle"


class Hub:
    def __init__(self):
        self.integrations: Dict[str, Integration] = {}

    async def start(self, config):
        for domain, conf in config.items():
            mod, _, name = INTEGRATIONS[domain].partition(":")
            cls = getattr(__import__(mod, fromlist=[name]), name)
            it = cls(self, conf)
            try:
                await it.setup()
            except ConfigEntryNotReady:
                _LOGGER.warning("%s not ready", domain)
                continue
            self.integrations[domain] = it

    async def stop(self):
        for it in reversed(list(self.integrations.values())):
            await it.unload()
        self.integrations.clear()
