from __future__ import annotations

import asyncio
import logging
import typing as tp
from collections import defaultdict

logger = logging.getLogger(__name__)

CREDS: tp.TypeAlias = "dict[str, str]"


class Reading(tp.TypedDict):
    vin: str
    lat: float
    lng: float
    kmh: float


class FeedProtocol(tp.Protocol):
    async def connect(self) -> None: ...
    async def disconnect(self) -> None: ...
    def __aiter__(self) -> tp.AsyncIterator[Reading]: ...


class FeedLost(ConnectionError):
    pass


class GeotabFeed:
    def __init__(self, creds: CREDS):
        self.creds = creds
        self._session = None
        self._version = None

    async def connect(self) -> None:
        import aiohttp
        self._session = aiohttp.ClientSession()
        async with self._session.post("https://my.geotab.com/apiv1",
                                      json={"method": "Authenticate", "params": self.creds}) as r:
            self._token = (await r.json())["result"]

    async def disconnect(self) -> None:
        await self._session.close()

    async def __aiter__(self):
        while True:
            async with self._session.post("https://my.geotab.com/apiv1", json={
                    "method": "GetFeed", "params": {"fromVersion": self._version}}) as r:
                res = (await r.json())["result"]
            self._version = res["toVersion"]
            for row in res["data"]:
                yield Reading(vin=row["device"], lat=row["lat"], lng=row["lng"], kmh=row["speed"])
            await asyncio.sleep(5)


class SamsaraFeed:
    def __init__(self, creds: CREDS):
        self.creds = creds

    async def connect(self) -> None:
        import websockets
        try:
            self._ws = await websockets.connect("wss://stream.samsara.com", extra_headers=self.creds)
        except OSError as e:
            raise FeedLost from e

    async def disconnect(self) -> None:
        await self._ws.close()

    async def __aiter__(self):
        import json
        async for m in self._ws:
            yield Reading(**json.loads(m))


class PositionHub:
    """Fans the feeds out to the dispatch screens."""

    def __init__(self, *feeds: FeedProtocol):
        self.feeds = feeds
        self.latest: dict[str, Reading] = {}
        self._tasks: list[asyncio.Task] = []
        self._listeners = defaultdict(set)

    async def open(self):
        for f in self.feeds:
            await f.connect()
            self._tasks.append(asyncio.create_task(self._pump(f)))

    async def aclose(self):
        for t in self._tasks:
            t.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for f in self.feeds:
            await f.disconnect()

    async def _pump(self, feed):
        async for r in feed:
            self.latest[r["vin"]] = r
            for q in self._listeners[r["vin"]]:
                q.put_nowait(r)
