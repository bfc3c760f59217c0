from kit import Appliance


class Kettle(Appliance):
    def __init__(self, *, litres: float = 1.0):
        self.litres = litres
        self.hot = False

    async def connect(self):
        self.hot = False

    async def disconnect(self):
        self.hot = False

    async def boil(self):
        self.hot = True
        return f"{self.litres} l"
