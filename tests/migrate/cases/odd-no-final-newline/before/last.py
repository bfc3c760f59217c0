class Last:
    def __init__(self, config):
        self.word = config.get("word", "end")

    async def start(self):
        self.said = 0

    async def stop(self):
        self.said = 0

    async def say(self):
        self.said += 1
        return self.word