import asyncio
import logging

from gateway import net
from gateway.backends import ModelBackend, OnnxBackend

logger = logging.getLogger("gateway")


class DynamicBatcher:
    """Collects requests for `window` seconds and predicts them at once."""

    def __init__(self, backend: ModelBackend, window=0.005, limit=32):
        self.backend, self.window, self.limit = backend, window, limit
        self.queue = asyncio.Queue()
        self.runner = None

    async def start(self):
        await asyncio.to_thread(self.backend.load)
        self.runner = asyncio.create_task(self._run())

    async def stop(self):
        self.runner.cancel()
        await asyncio.gather(self.runner, return_exceptions=True)
        await asyncio.to_thread(self.backend.unload)

    async def predict(self, x):
        fut = asyncio.get_running_loop().create_future()
        await self.queue.put((x, fut))
        return await fut

    async def _run(self):
        while True:
            batch = net.Batch([await self.queue.get()])
            await asyncio.sleep(self.window)
            while not self.queue.empty() and len(batch.items) < self.limit:
                batch.items.append(self.queue.get_nowait())
            for x, fut in batch.items:
                fut.set_result(self.backend.predict(x))
            batch.close()


class PoolExhausted(Exception):
    ...
