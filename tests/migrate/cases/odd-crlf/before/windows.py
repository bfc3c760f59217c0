"""Line ends of another house."""

import asyncio


class Windows:
    def __init__(self, config):
        self.panes = config.get("panes", 4)

    async def open(self):
        await asyncio.sleep(0)
        self.text = """two
lines"""

    async def close(self):
        self.text = ""

    async def look(self):
        return self.text * self.panes
