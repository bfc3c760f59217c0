class Room:
    def __init__(self, settings):
        self.settings = settings

    async def start(self):
        raise NotImplementedError()

    async def stop(self):
        raise NotImplementedError()


class Wall:
    def __init__(self, height, width):
        self.area = height * width


class Furniture:
    def open(self):
        return True

    def close(self):
        return False
