import asyncio


class Slow:
    def __init__(self, config):
        self.seconds = config.get("seconds", 0)

    async def setup(self):
        await asyncio.sleep(self.seconds)

    async def say(self, text):
        await asyncio.sleep(self.seconds)
        return text


class Pause:
    def __init__(self, seconds):
        self.seconds = seconds

    def __await__(self):
        return asyncio.sleep(self.seconds).__await__()
