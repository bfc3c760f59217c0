class Importer:
    async def load(self, path):
        return path


class Screen:
    def __init__(self):
        self.shapes = []

    async def close(self):
        self.shapes = []


class Wizard:
    def setup(self):
        return "hat"


class Cleaner:
    def cleanup(self, names):
        return [name.strip() for name in names]
