from .base import BaseProvider as Provider


class Tones(Provider):
    async def initialize(self):
        self.table = {"a": 440}

    async def cleanup(self):
        self.table = {}

    async def synthesize(self, text):
        return bytes(self.table.get(letter, 0) % 256 for letter in text)


class Silence(Provider):
    async def synthesize(self, text):
        return b""


class Echoes(Tones):
    async def synthesize(self, text):
        once = await super().synthesize(text)
        return once + once
