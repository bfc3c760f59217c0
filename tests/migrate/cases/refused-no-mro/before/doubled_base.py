class Lamp:
    def __init__(self, config):
        self.config = config


class BrightLamp(Lamp, Lamp):
    async def start(self):
        self.on = True

    async def stop(self):
        self.on = False
