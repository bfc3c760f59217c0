import os
from pathlib import Path


class Files:
    def __init__(self, config):
        self.root = Path(config.get("root", "data")).resolve()

    async def initialize(self):
        self.names = []

    async def cleanup(self):
        self.names = []

    async def inside(self, name):
        path = (self.root / name).resolve()
        return str(path).startswith(str(self.root))

    async def within(self, name):
        path = os.path.abspath(os.path.join(str(self.root), name))
        if not path.startswith(str(self.root)):
            raise ValueError(name)
        self.names.append(name)
        return len(self.names)


class Careful:
    def __init__(self, config):
        self.root = Path(config.get("root", "data")).resolve()

    async def initialize(self):
        self.seen = 0

    async def cleanup(self):
        self.seen = 0

    async def inside(self, name):
        self.seen += 1
        return (self.root / name).resolve().is_relative_to(self.root)

    async def hidden(self, name):
        return name.startswith(".")
