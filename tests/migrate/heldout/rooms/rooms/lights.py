from typing import TYPE_CHECKING

from rooms import house

if TYPE_CHECKING:
    from rooms.heating import Boiler


class Lamps(house.Room):
    def __init__(self, settings, boiler: "Boiler"):
        super().__init__(settings)
        self.boiler = boiler

    async def start(self):
        self.lit = set()

    async def stop(self):
        self.lit = set()

    async def light(self, name):
        self.lit.add(name)


class Candles(house.Room):
    async def start(self):
        self.left = 12

    async def stop(self):
        self.left = 0
