from roots import Page


class Leaf(Page):
    def __init__(self, config):
        self.title = config.get("title", "leaf")

    async def start(self):
        self.words = self.title.split()

    async def stop(self):
        self.words = []

    async def length(self):
        return len(self.words)
