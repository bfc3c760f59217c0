from aurora.core.base import BaseProvider as Provider


class QueueProvider(Provider):
    def __init__(self, config):
        super().__init__(config)
        self.items = []

    async def connect(self):
        self.connected = True

    async def disconnect(self):
        self.connected = False
        self.items = []

    async def push(self, item):
        if not self.connected:
            raise ConnectionError("not connected")
        self.items.append(item)
        return len(self.items)

    async def pop(self):
        return self.items.pop(0) if self.items else None
