class EchoProvider:
    def __init__(self, **config):
        self.prefix = config.get("prefix", "")
        self.count = 0

    async def initialize(self):
        self.count = 0

    async def cleanup(self):
        self.count = 0

    async def echo(self, text):
        self.count += 1
        return f"{self.prefix}{text}"
