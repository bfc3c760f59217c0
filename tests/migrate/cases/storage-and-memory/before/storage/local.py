class LocalStorage:
    def __init__(self, config):
        self.files = {}
        self.root = config.get("root", "data")

    async def initialize(self):
        self.files = {}

    async def cleanup(self):
        self.files = {}

    async def put(self, path, data):
        self.files[f"{self.root}/{path}"] = data
        return sorted(self.files)

    async def get(self, path):
        return self.files.get(f"{self.root}/{path}")
