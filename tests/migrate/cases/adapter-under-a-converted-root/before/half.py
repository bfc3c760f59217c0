from roots import Page


class Half(Page):
    def __init__(self, config):
        self.title = config.get("title", "half")

    async def start(self):
        self.words = self.title.split()

    def stop(self):
        self.words = []

    async def length(self):
        return len(self.words)
