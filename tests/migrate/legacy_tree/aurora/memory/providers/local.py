"""Entries in a dictionary."""

import asyncio
from typing import Any, Dict, Optional

from pydantic import BaseModel

from ..base import BaseMemory


class LocalConfig(BaseModel):
    path: str = "memory"
    max_size: int = 3
    sync_interval: float = 60.0


class LocalProvider(BaseMemory):
    # super is not called: the base would only give a name
    def __init__(self, **config: Any) -> None:
        self.config = LocalConfig(**config)
        self._entries: Dict[str, Any] = {}
        self._lock: Optional[asyncio.Lock] = None

    async def initialize(self) -> None:
        self._lock = asyncio.Lock()

    async def cleanup(self) -> None:
        self._entries.clear()
        self._lock = None

    async def put(self, key: str, value: Any) -> bool:
        async with self._lock:
            if len(self._entries) >= self.config.max_size and key not in self._entries:
                return False
            self._entries[key] = value
            return True

    async def get(self, key: str, default: Any = None) -> Any:
        return self._entries.get(key, default)

    async def keys(self):
        for key in sorted(self._entries):
            yield key
