from typing import TypedDict

import aiohttp


class DeviceInfo(TypedDict, total=False):
    name: str
    model: str


class Coordinator:
    def __init__(self, hass, config):
        self.hass = hass
        self.config = config
        self.api = None

    async def async_setup(self):
        self.api = Api(self.config["host"])
        await self.api.aconnect()

    async def async_shutdown(self):
        await self.api.aclose()

    async def refresh(self):
        return await self.api.get("state")


class Api:
    def __init__(self, host):
        self.host = host
        self.session = None

    async def aconnect(self):
        self.session = aiohttp.ClientSession()

    async def aclose(self):
        await self.session.close()

    async def get(self, path):
        async with self.session.get(f"http://{self.host}/{path}") as answer:
            return await answer.json()
