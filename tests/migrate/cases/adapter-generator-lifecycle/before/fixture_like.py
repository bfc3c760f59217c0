class Spring:
    def __init__(self, config):
        self.config = config
        self.tension = 0

    async def setup(self):
        self.tension = self.config.get("tension", 1)
        yield self
        self.tension = 0

    async def teardown(self):
        self.tension = -1

    async def pull(self):
        return self.tension
