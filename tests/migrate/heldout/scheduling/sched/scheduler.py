import asyncio


class Cron:
    def __init__(self, store, tick=1.0):
        self.store = store
        self.tick = tick
        self.task = None

    async def start(self):
        self.task = asyncio.create_task(self._loop())

    async def shutdown(self, wait=True):
        self.task.cancel()

    async def _loop(self):
        while True:
            await self.store.due(0)
            await asyncio.sleep(self.tick)


class Trigger:
    def __init__(self, start, every):
        self.start = start
        self.every = every

    def next_after(self, now):
        return now + self.every.value
