class Bell:
    def __init__(self, config):
        self.tone = config.get("tone", "ding")
        self.rung = 0

    async def start(self):
        self.rung = 0

    async def stop(self):
        self.rung = 0

    async def ring(self):
        self.rung += 1
        return self.tone * self.rung
