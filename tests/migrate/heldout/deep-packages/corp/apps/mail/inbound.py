import corp.platform as p
from corp.platform import Component

Part = Component


class Inbound(Part):
    async def accept(self, letter):
        return f"{self.name}: {letter}"


class Filter(p.Unit):
    async def setup(self):
        self.words = tuple(self.settings.get("words", ()))

    async def passes(self, letter):
        return not any(word in letter for word in self.words)


class Letter:
    def __init__(self, text):
        self.text = text

    def close(self):
        self.text = ""
