from circle.b import B


class A(B):
    def __init__(self, config):
        self.config = config

    async def start(self):
        self.on = True

    async def stop(self):
        self.on = False
