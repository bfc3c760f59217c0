class Radio:
    def __init__(self, config):
        self.config = config

    async def start(self):
        self.on = True

    async def stop(self):
        self.on = False

    async def play(self):
        return "first"


class Radio:  # noqa: F811
    def __init__(self, config):
        self.config = config

    async def start(self):
        self.on = True

    async def stop(self):
        self.on = False

    async def play(self):
        return "second"
