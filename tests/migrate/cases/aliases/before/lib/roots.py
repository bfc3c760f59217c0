class Root:
    def __init__(self, config):
        self.config = config

    async def start(self):
        raise NotImplementedError

    async def stop(self):
        raise NotImplementedError


Foundation = Root
