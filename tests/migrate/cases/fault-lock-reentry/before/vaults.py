import asyncio


class Vault:
    def __init__(self, config):
        self.limit = config.get("limit", 2)
        self._lock = asyncio.Lock()
        self.items = {}

    async def initialize(self):
        self.items = {}

    async def cleanup(self):
        async with self._lock:
            self.items = {}

    async def size(self):
        async with self._lock:
            return len(self.items)

    async def put(self, key, value):
        async with self._lock:
            if await self.size() >= self.limit:
                return False
            self.items[key] = value
            return True

    async def has(self, key):
        return key in self.items
