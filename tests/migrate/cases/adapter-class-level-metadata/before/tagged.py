class Tagged:
    metadata = {"kind": "tag"}

    def __init__(self, config):
        self.config = config

    async def start(self):
        self.tags = list(self.config.get("tags", ()))

    async def stop(self):
        self.tags = []

    async def kind(self):
        return self.metadata["kind"], len(self.tags)
