import asyncio
import contextlib


class Pool:
    def __init__(self, make, size=4):
        self.make = make
        self.size = size
        self.free = None

    async def open(self):
        self.free = asyncio.Queue()
        for _ in range(self.size):
            self.free.put_nowait(await self.make())

    async def close(self):
        while not self.free.empty():
            await self.free.get_nowait().close()

    @contextlib.asynccontextmanager
    async def acquire(self):
        connection = await self.free.get()
        try:
            yield connection
        finally:
            self.free.put_nowait(connection)
