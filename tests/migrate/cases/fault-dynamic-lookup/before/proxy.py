import importlib


class Proxy:
    def __init__(self, config):
        self.kind = config.get("kind", "OrderedDict")
        self.inner = None

    async def initialize(self):
        module = importlib.import_module(f"{self.kind.lower() and 'collections'}")
        self.inner = getattr(module, self.kind)()

    async def cleanup(self):
        self.inner = None

    async def size(self):
        return len(self.inner)
