from typing import Any

from purveyor.migrate import LegacyProvider


class Payment(LegacyProvider[Any]):
    def __init__(self, config):
        self.config = config
        self.open_ = False

    async def initialize(self):
        pass

    async def cleanup(self):
        pass
