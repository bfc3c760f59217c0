class Animal:
    def __init__(self, config=None):
        self.config = config or {}

    async def initialize(self):
        pass

    async def cleanup(self):
        pass


class Cat(Animal):
    async def initialize(self):
        self.lives = self.config.get("lives", 9)

    async def cleanup(self):
        self.lives -= 1

    async def left(self):
        return self.lives
