from core.base import BaseProvider as Provider


class QueueProvider(Provider):
    def __init__(self, config):
        super().__init__(config)
        self.items = None

    async def connect(self):
        self.items = []

    async def disconnect(self):
        self.items = None

    async def push(self, item):
        self.items.append(item)
        return len(self.items)

    async def pop(self):
        return self.items.pop(0) if self.items else None
