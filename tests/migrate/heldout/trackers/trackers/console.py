from typing import Any, Dict, Optional


class ConsoleTracker:
    def __init__(self, config: Optional[Dict[str, Any]] = None):
        self.config = config or {}

    def track(self, event):
        print(self.config.get("prefix", ""), event)

    async def shutdown(self):
        self.config = {}


class JaegerTracker:
    def __init__(self, config: Optional[Dict[str, Any]] = None):
        self.config = config or {}
        self.batch = []

    def track(self, event):
        self.batch.append(event)

    async def shutdown(self):
        await self.flush()

    async def flush(self):
        self.batch.clear()
