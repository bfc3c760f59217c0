class Backend:
    def __init__(self, config):
        self.config = config

    async def open(self):
        raise NotImplementedError

    async def close(self):
        raise NotImplementedError

    async def query(self, text):
        raise NotImplementedError
