import asyncio

import aiohttp

from .integration import *


class HueIntegration(Integration):
    domain = "hue"

    async def setup(self):
        self.session = aiohttp.ClientSession()
        self.url = f"http://{self.conf['bridge']}/api/{self.conf['user']}"
        try:
            async with self.session.get(self.url + "/lights") as r:
                self.entities = [Light(k) for k in await r.json()]
        except aiohttp.ClientError as e:
            raise ConfigEntryNotReady from e

    async def unload(self):
        await super().unload()
        await self.session.close()


class SonosIntegration(Integration):
    domain = "sonos"

    class Speaker(MediaPlayer):
        def __init__(self, zone):
            super().__init__(zone.uid)
            self.zone = zone

        async def start(self):
            await asyncio.to_thread(self.zone.play)
            await super().start()

    async def setup(self):
        import soco
        self.entities = [self.Speaker(z) for z in await asyncio.to_thread(soco.discover)]


class WeatherIntegration(Integration):
    domain = "weather"

    async def setup(self):
        self._task = asyncio.create_task(self._refresh())

    async def unload(self):
        self._task.cancel()

    async def _refresh(self):
        while True:
            await asyncio.sleep(900)
