import asyncio

from .protocols import Relay


class Front:
    def __init__(self, config):
        self.host = config.get("host", "127.0.0.1")
        self.port = config.get("port", 0)
        self.upstreams = Upstreams(config.get("upstreams", {}))

    async def start(self):
        await self.upstreams.start()
        loop = asyncio.get_running_loop()
        self.server = await loop.create_server(lambda: Relay(self.upstreams), self.host, self.port)

    async def close(self):
        self.server.close()
        await self.server.wait_closed()
        await self.upstreams.stop()


class Upstreams:
    def __init__(self, options):
        self.options = options
        self.alive = set()

    async def start(self):
        self.alive = set(self.options)

    async def stop(self):
        self.alive = set()

    async def pick(self):
        return min(self.alive, default=None)


class Gate(asyncio.Semaphore):
    async def open(self):
        await self.acquire()

    async def close(self):
        self.release()
