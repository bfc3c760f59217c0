class First:
    def __init__(self, config):
        self.config = config

    async def start(self):
        self.page = 1

    async def stop(self):
        self.page = 0

    async def number(self):
        return self.page



class Second:
    def __init__(self, config):
        self.config = config

    async def start(self):
        self.page = 2

    async def stop(self):
        self.page = 0

    async def number(self):
        return self.page
