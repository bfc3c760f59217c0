import asyncio
from collections.abc import Sequence

import aiohttp

from .collectors import Metric


class Pusher:
    def __init__(self, url: str, *, batch: int = 500):
        self.url = url
        self.batch = batch
        self._session: aiohttp.ClientSession | None = None

    async def connect(self):
        self._session = aiohttp.ClientSession()

    async def aclose(self):
        if self._session is not None:
            await self._session.close()

    async def push(self, metrics: Sequence[Metric]):
        for i in range(0, len(metrics), self.batch):
            async with self._session.post(self.url, json=[m.__dict__ for m in metrics[i : i + self.batch]]) as r:
                r.raise_for_status()


class RetryPolicy:
    def __init__(self, attempts=3, delay=1.0):
        self.attempts, self.delay = attempts, delay

    def __call__(self, fn):
        async def inner(*a, **k):
            for n in range(self.attempts):
                try:
                    return await fn(*a, **k)
                except aiohttp.ClientError:
                    await asyncio.sleep(self.delay * n)
        return inner


class suppress_once:
    def __init__(self, *types):
        self.types = types

    def __enter__(self):
        return self

    def __exit__(self, t, e, tb):
        return t is not None and issubclass(t, self.types)
