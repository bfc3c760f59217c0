from typing import Any

from purveyor.migrate import LegacyProvider


class BaseProvider(LegacyProvider[Any]):
    def __init__(self, config):
        self.config = config

    async def initialize(self):
        pass

    async def cleanup(self):
        pass
