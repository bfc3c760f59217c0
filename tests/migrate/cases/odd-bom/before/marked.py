"""Begins with a mark that nobody sees."""

class Marked:
    def __init__(self, config):
        self.config = config

    async def start(self):
        self.sign = "ü"

    async def stop(self):
        self.sign = ""

    async def show(self):
        return self.sign
