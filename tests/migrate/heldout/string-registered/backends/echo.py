class Echo:
    def __init__(self, config):
        self.config = config

    async def say(self, text):
        return text

    async def close(self):
        self.config = None
