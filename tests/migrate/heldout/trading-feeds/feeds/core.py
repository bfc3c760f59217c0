import asyncio
import json
import random
import time
from collections import namedtuple

import websockets

Tick = namedtuple("Tick", "symbol price size ts")


class Quote(namedtuple("Quote", "bid ask")):
    @property
    def spread(self):
        return self.ask - self.bid


class FeedDisconnected(ConnectionError):
    pass


class Backoff:
    def __init__(self, base=0.5, top=60):
        self.base, self.top, self.n = base, top, 0

    def reset(self):
        self.n = 0

    def next(self):
        self.n += 1
        return min(self.top, self.base * 2 ** self.n) * random.random()


class Feed:
    url = None

    def __init__(self, symbols, on_tick):
        self.symbols = symbols
        self.on_tick = on_tick
        self._task = None

    async def start(self):
        self._task = asyncio.ensure_future(self._loop())

    async def stop(self):
        self._task.cancel()
        try:
            await self._task
        except asyncio.CancelledError:
            pass

    async def _loop(self):
        backoff = Backoff()
        while True:
            try:
                async with websockets.connect(self.url) as ws:
                    backoff.reset()
                    await ws.send(self.subscribe_message())
                    async for raw in ws:
                        tick = self.parse(json.loads(raw))
                        if tick:
                            self.on_tick(tick)
            except OSError:
                await asyncio.sleep(backoff.next())

    def subscribe_message(self):
        raise NotImplementedError

    def parse(self, msg):
        raise NotImplementedError
