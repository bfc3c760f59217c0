import asyncio
import threading


class Gate:
    def __init__(self):
        self._lock = asyncio.Lock()

    async def acquire(self):
        await self._lock.acquire()

    def release(self):
        self._lock.release()

    async def __aenter__(self):
        await self.acquire()

    async def __aexit__(self, *error):
        self.release()


class Turns(threading.local):
    def __enter__(self):
        self.depth = getattr(self, "depth", 0) + 1
        return self.depth

    def __exit__(self, *error):
        self.depth -= 1


class Limit(asyncio.Semaphore):
    async def open(self):
        return await self.acquire()

    def close(self):
        self.release()
