class Payment:
    def __init__(self, config):
        self.config = config
        self.open_ = False

    async def initialize(self):
        pass

    async def cleanup(self):
        pass
