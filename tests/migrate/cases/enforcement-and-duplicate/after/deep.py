from abc import abstractmethod
from typing import Any

from purveyor.migrate import LegacyProvider


class Top(LegacyProvider[Any]):
    enforces_abstract_methods = False

    def __init__(self, config):
        self.config = config

    async def start(self):
        """Start."""

    async def stop(self):
        """Stop."""

    @abstractmethod
    def label(self): ...


class Bottom(Top):
    async def shine(self):
        return 1


class Bottom(Top):
    async def shine(self):
        return 2


def make(config):
    return Bottom(config)
