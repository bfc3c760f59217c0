class Tank:
    def __init__(self, config):
        self._level = config.get("level", 0)

    @property
    def level(self):
        return self._level

    @property
    def limit(self):
        return 100

    @limit.setter
    def limit(self, value):
        raise ValueError(value)

    async def start(self):
        self._level = 1

    async def stop(self):
        self._level = 0

    async def fill(self, litres):
        self.level = self._level + litres
        return self.level

    async def restrict(self, litres):
        self.limit = litres
