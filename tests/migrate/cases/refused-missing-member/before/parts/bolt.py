from parts.base import BasePart


class Bolt(BasePart):
    def __init__(self, config):
        self.config = config

    async def load(self):
        self.turns = 0

    async def unload(self):
        self.turns = 0

    async def turn(self):
        self.turns += 1
        return self.turns
