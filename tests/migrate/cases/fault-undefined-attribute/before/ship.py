class Named:
    title = "ship"

    def christen(self, name):
        self.name = name


class Ship(Named):
    wheels: int
    masts: int = 2

    def __init__(self, config):
        self.config = config
        self.crew, self.cargo = config.get("crew", 3), []

    async def start(self):
        self.christen("Aurora")
        for self.index in range(3):
            pass
        with open_hatch() as self.hatch:
            pass

    async def stop(self):
        self.cargo = []

    async def describe(self):
        return f"{self.title} {self.name} {self.masts} {self.index} {self.hatch} {self.crew}"

    async def sink(self):
        return self.depth + 1


class open_hatch:
    def __enter__(self):
        return "open"

    def __exit__(self, *error):
        return False
