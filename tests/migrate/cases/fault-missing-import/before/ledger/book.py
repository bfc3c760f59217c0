from ledger.tools import average, total


class Book:
    def __init__(self, config):
        self.lines = list(config.get("lines", ()))

    async def start(self):
        self.opened = True

    async def stop(self):
        self.opened = False

    async def sum(self):
        return total(self.lines)

    async def mean(self):
        return average(self.lines)
