import re as settings
from dataclasses import replace as dataclass

operation = "addition"
LegacyProvider = ["not", "a", "class"]
ProviderType = 7
SecretStr = str.upper
Any = object()


class AbacusConfig:
    """Not a config of anything, and not to be overwritten."""

    rows = 3


class Abacus:
    def __init__(self, config):
        self.rows = config.get("rows", AbacusConfig.rows)
        self.password = config.get("password", "x")
        self.total = 0

    async def initialize(self):
        self.total = 0

    async def cleanup(self):
        self.total = 0

    async def add(self, number):
        self.total += number
        return (operation, self.total)

    async def words(self, text):
        return settings.findall(r"\w+", text)

    async def odd(self):
        return len(LegacyProvider) * ProviderType, SecretStr("a"), Any is None, dataclass.__name__
