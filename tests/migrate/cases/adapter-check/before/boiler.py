class Boiler:
    def __init__(self, config):
        self.config = config
        self.pressure = 0

    async def start(self):
        self.pressure = 2

    async def stop(self):
        self.pressure = 0

    async def check(self):
        return {"pressure": self.pressure, "ok": self.pressure < 5}

    async def heat(self, degrees):
        self.pressure += degrees // 10
        return self.pressure
