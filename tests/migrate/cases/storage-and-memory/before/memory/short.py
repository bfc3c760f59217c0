class ShortMemory:
    def __init__(self, config):
        self.size = config.get("size", 2)
        self.items = []

    async def initialize(self):
        self.items = []

    async def cleanup(self):
        self.items = []

    async def remember(self, item):
        self.items = [*self.items, item][-self.size :]
        return list(self.items)
