class Mixed:
    def __init__(self, config):
        self.config = config

    async def start(self):
        self.on = True

    async def stop(self):
        self.on = False

    async def ask(self):
        return self.on


VALUE = 1
