import asyncio
import time
from pathlib import Path
from time import sleep as nap


class Slow:
    def __init__(self, config):
        self.seconds = config.get("seconds", 0)
        self.text = ""

    async def initialize(self):
        time.sleep(self.seconds)

    async def cleanup(self):
        nap(0)

    async def wait(self):
        await asyncio.to_thread(time.sleep, self.seconds)
        return "waited"

    def block(self):
        time.sleep(self.seconds)
        return "blocked"

    async def source(self):
        with open(__file__) as file:
            return file.readline()


class Quick:
    def __init__(self, config):
        self.config = config

    async def initialize(self):
        await asyncio.sleep(0)

    async def cleanup(self):
        def later():
            time.sleep(0)

        await asyncio.to_thread(later)

    async def where(self):
        return Path("a") / "b"
