from .abstract import Opened


class Dictionary(Opened):
    def __init__(self, words):
        self.source = words
        self.words = None

    async def open(self):
        self.words = dict(self.source)

    async def close(self):
        self.words = None

    async def translate(self, text):
        return " ".join(self.words.get(word, word) for word in text.split())


class Backwards(Opened):
    async def open(self):
        self.count = 0

    async def close(self):
        self.count = 0

    async def translate(self, text):
        return text[::-1]
