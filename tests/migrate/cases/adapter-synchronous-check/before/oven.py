class Oven:
    def __init__(self, config):
        self.limit = config.get("limit", 250)
        self.heat = 0

    async def connect(self):
        self.heat = 20

    async def disconnect(self):
        self.heat = 0

    def check(self):
        return self.heat <= self.limit

    async def set(self, heat):
        self.heat = heat
        return self.check()
