import re as settings
from dataclasses import dataclass as _dataclass
from dataclasses import replace as dataclass
from typing import Any as _Any

from purveyor import operation as _operation
from purveyor.migrate import LegacyProvider as _LegacyProvider
from purveyor.migrate import settings as _settings
from pydantic import SecretStr as _SecretStr

operation = "addition"
LegacyProvider = ["not", "a", "class"]
ProviderType = 7
SecretStr = str.upper
Any = object()


class AbacusConfig:
    """Not a config of anything, and not to be overwritten."""

    rows = 3


@_dataclass
class AbacusSettings:
    """The config of `Abacus`."""

    rows: _Any = None
    password: _SecretStr | None = None


class Abacus(_LegacyProvider[AbacusSettings]):
    provider_capabilities = ("add", "words", "odd")

    @classmethod
    def from_config(cls, config: AbacusSettings) -> "Abacus":
        """Build it from a typed config, by the constructor."""
        return cls(_settings(config))

    def __init__(self, config):
        self.rows = config.get("rows", AbacusConfig.rows)
        self.password = config.get("password", "x")
        self.total = 0

    async def initialize(self):
        self.total = 0

    async def cleanup(self):
        self.total = 0

    @_operation
    async def add(self, number):
        self.total += number
        return (operation, self.total)

    @_operation
    async def words(self, text):
        return settings.findall(r"\w+", text)

    @_operation
    async def odd(self):
        return len(LegacyProvider) * ProviderType, SecretStr("a"), Any is None, dataclass.__name__
