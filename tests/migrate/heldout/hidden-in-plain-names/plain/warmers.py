class Furnace:
    """Nothing in its name says so."""

    def __init__(self, options=None):
        self.options = options or {}

    async def async_init(self):
        self.heat = self.options.get("heat", 20)

    async def async_close(self):
        self.heat = 0


class Kitchen:
    def __init__(self, furnace: Furnace):
        self.furnace = furnace

    async def open(self):
        await self.furnace.async_init()

    async def shutdown(self):
        await self.furnace.async_close()


class ServiceProviderConnectionManagerConfig:
    """Everything in its name says so."""

    def __init__(self, host="localhost", port=1):
        self.host = host
        self.port = port


class DatabaseProvider:
    """A value: which database a row came from."""

    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return self.name


class Client:
    """Somebody who buys."""

    def __init__(self, name, discount=0):
        self.name = name
        self.discount = discount


class Session:
    """A lecture."""

    def __init__(self, title, start, stop):
        self.title = title
        self.start = start
        self.stop = stop
