class Frozen:
    def __init__(self, config):
        self.config = config

    async def start(self):
        self.degrees = -1

    async def stop(self):
        self.degrees = 0

    async def measure(self):
        return self.degrees
