class Meter:
    def __init__(self, config):
        self.config = config
        self.reading = 0

    async def start(self):
        self.reading = 1

    async def stop(self):
        self.total = 0

    async def reading(self):
        return 41

    async def unit(self):
        return self.config.get("unit", "kWh")
