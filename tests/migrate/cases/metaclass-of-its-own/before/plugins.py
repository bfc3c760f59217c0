class Recorder(type):
    """Remembers each class that it makes."""

    made: list[str] = []

    def __new__(mcls, name, bases, namespace):
        mcls.made.append(name)
        return super().__new__(mcls, name, bases, namespace)


class Plugin(metaclass=Recorder):
    def __init__(self, config):
        self.config = config

    async def load(self):
        """Nothing to load."""

    async def unload(self):
        """Nothing to unload."""


class Spelling(Plugin):
    async def load(self):
        self.words = set(self.config.get("words", ()))

    async def unload(self):
        self.words = set()

    async def knows(self, word):
        return word in self.words
