from abc import ABC, abstractmethod
from typing import Any

from purveyor.migrate import LegacyProvider


class Ground(LegacyProvider[Any], ABC):
    def __init__(self, config):
        self.config = config
        self.steps = []

    async def initialize(self):
        self.steps.append("ground up")

    async def cleanup(self):
        self.steps.append("ground down")

    @abstractmethod
    async def work(self): ...
