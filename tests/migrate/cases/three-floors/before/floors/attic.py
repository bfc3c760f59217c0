from .first import First


class Attic(First):
    async def initialize(self):
        await super().initialize()
        self.steps.append("attic up")

    async def work(self):
        return self.speed * 10

    async def trace(self):
        return list(self.steps)


class Roof(Attic):
    def __init__(self, config, colour="red"):
        super().__init__(config)
        self.colour = colour

    async def work(self):
        return await super().work() + 1
