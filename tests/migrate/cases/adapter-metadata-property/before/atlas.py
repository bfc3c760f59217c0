class Atlas:
    def __init__(self, config):
        self.config = config
        self.pages = 0

    @property
    def metadata(self):
        return {"pages": self.pages}

    async def open(self):
        self.pages = self.config.get("pages", 40)

    async def close(self):
        self.pages = 0

    async def find(self, place):
        return len(place) % self.pages
