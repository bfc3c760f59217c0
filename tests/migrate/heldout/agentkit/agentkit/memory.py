import asyncio
import json
from pathlib import Path

from .core.base import *
from .core import base as _b


class MemoryProvider(_b.BaseProvider):
    async def get(self, key):
        raise NotImplementedError

    async def set(self, key, value):
        raise NotImplementedError


class JsonMemory(MemoryProvider):
    async def _initialize(self):
        self.path = Path(self.config.config.get("path", "memory.json"))
        self._data = json.loads(self.path.read_text()) if self.path.exists() else {}
        self._sync = asyncio.create_task(self._flush_forever())

    async def _cleanup(self):
        self._sync.cancel()
        self._flush()

    def _flush(self):
        self.path.write_text(json.dumps(self._data))

    async def _flush_forever(self):
        while True:
            await asyncio.sleep(60)
            self._flush()

    async def get(self, key):
        return self._data.get(key)

    async def set(self, key, value):
        self._data[key] = value


class WindowMemory(MemoryProvider):
    async def _initialize(self):
        self._items = []

    async def _cleanup(self):
        self._items = []

    async def get(self, key):
        return [v for k, v in self._items if k == key]

    async def set(self, key, value):
        self._items = (self._items + [(key, value)])[-20:]


class MemoryEntry(BaseModel):
    key: str
    value: str
