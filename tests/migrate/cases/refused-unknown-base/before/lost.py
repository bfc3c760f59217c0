class Lost(Foundation):
    def __init__(self, config):
        super().__init__(config)

    async def start(self):
        self.found = False

    async def stop(self):
        self.found = False

    async def where(self):
        return "nowhere"
