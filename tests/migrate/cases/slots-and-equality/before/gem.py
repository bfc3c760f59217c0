class Gem:
    __slots__ = ("colour", "config", "held")

    def __init__(self, config):
        self.config = config
        self.colour = config.get("colour", "green")
        self.held = False

    async def start(self):
        self.held = True

    async def stop(self):
        self.held = False

    async def show(self):
        return self.colour if self.held else None

    def __eq__(self, other):
        return isinstance(other, Gem) and other.colour == self.colour

    def __hash__(self):
        return hash(self.colour)

    def __repr__(self):
        return f"Gem({self.colour})"


class Proxy:
    def __init__(self, config):
        self.config = config
        self.parts = {}

    async def start(self):
        self.parts = dict(self.config)

    async def stop(self):
        self.parts = {}

    async def size(self):
        return len(self.parts)

    def __getattr__(self, name):
        if name.startswith("part_"):
            return self.parts.get(name)
        raise AttributeError(name)
