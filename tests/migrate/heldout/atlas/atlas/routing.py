from abc import abstractmethod


class Router:
    """Subclasses find the way."""

    def __init__(self, config):
        self.config = config

    @abstractmethod
    async def connect(self): ...

    @abstractmethod
    async def disconnect(self): ...


class Osrm(Router):
    async def connect(self):
        self.base = self.config["url"]

    async def disconnect(self):
        self.base = None

    async def route(self, start, stop):
        return f"{self.base}/{start};{stop}"


class Straight(Router):
    async def connect(self):
        self.ready = True

    async def disconnect(self):
        self.ready = False

    async def route(self, start, stop):
        return [start, stop]


class Route:
    def __init__(self, start, stop, via=()):
        self.start = start
        self.stop = stop
        self.via = via

    def __len__(self):
        return 2 + len(self.via)
