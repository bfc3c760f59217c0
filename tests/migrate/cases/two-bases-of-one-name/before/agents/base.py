class BaseProvider:
    def __init__(self, config):
        self.config = config

    async def initialize(self):
        pass

    async def cleanup(self):
        pass
