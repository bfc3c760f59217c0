class Thermometer:
    def __init__(self, bus, address=0x40):
        self.bus = bus
        self.address = address

    async def async_setup(self):
        self.scale = 0.5

    async def async_teardown(self):
        self.scale = None

    async def celsius(self):
        return self.bus * self.scale


class Hygrometer(Thermometer):
    async def humidity(self):
        return self.address


class Anemometer:
    def __init__(self, config):
        self.config = config

    def connect(self):
        self.turns = 0

    def disconnect(self):
        self.turns = 0

    def speed(self):
        return self.turns * self.config["radius"]


class RainGauge:
    def __init__(self, **settings):
        self.settings = settings

    def init(self):
        self.drops = 0

    def dispose(self):
        self.drops = 0

    def millimetres(self):
        return self.drops * self.settings.get("drop", 0.2)
