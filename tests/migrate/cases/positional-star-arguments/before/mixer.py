class Mixer:
    def __init__(self, *channels, **options):
        self.channels = list(channels)
        self.master = options.get("master", 10)

    async def start(self):
        self.levels = {name: self.master for name in self.channels}

    async def stop(self):
        self.levels = {}

    async def level(self, name):
        return self.levels.get(name, 0)
