import threading


class Counters:
    """A lock that counts may be taken again."""

    def __init__(self, config):
        self.first = config.get("first", 0)
        self._lock = threading.RLock()
        self.value = self.first

    async def start(self):
        with self._lock:
            self.value = self.first

    async def stop(self):
        self.value = 0

    def peek(self):
        with self._lock:
            return self.value

    async def step(self):
        with self._lock:
            self.value = self.peek() + 1
            return self.value
