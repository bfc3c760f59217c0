from __future__ import annotations

import asyncio


class Barometer:
    def __init__(self, cfg):
        self.cfg = cfg
        self._task: asyncio.Task | None = None
        self.values = []

    async def start(self) -> None:
        self._task = asyncio.create_task(self._measure())

    async def aclose(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _measure(self) -> None:
        while True:
            self.values.append(1013)
            await asyncio.sleep(self.cfg["every"])

    async def latest(self) -> int | None:
        return self.values[-1] if self.values else None


class Forecast:
    def __init__(self, barometer):
        self.barometer = barometer

    async def tomorrow(self):
        return "rain" if (await self.barometer.latest() or 0) < 1000 else "sun"
