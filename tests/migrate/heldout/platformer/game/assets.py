class Texture:
    def __init__(self, path):
        self.path = path
        self.pixels = None

    def load(self):
        self.pixels = bytearray(64)

    def unload(self):
        self.pixels = None


class Level:
    def __init__(self, number):
        self.number = number
        self.enemies = []

    def start(self):
        self.enemies = [Enemy(place) for place in range(self.number)]

    def stop(self):
        self.enemies.clear()


class Enemy:
    def __init__(self, place):
        self.place = place

    def step(self):
        self.place += 1
