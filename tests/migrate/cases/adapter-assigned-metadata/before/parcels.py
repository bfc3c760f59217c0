class Parcels:
    def __init__(self, config):
        self.config = config
        self.metadata = {"origin": config.get("origin", "here")}
        self.sent = 0

    async def initialize(self):
        self.sent = 0

    async def cleanup(self):
        self.sent = 0

    async def send(self, what):
        self.sent += 1
        return f"{what} from {self.metadata['origin']}"
