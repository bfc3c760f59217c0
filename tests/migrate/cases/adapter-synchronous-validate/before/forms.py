class Forms:
    def __init__(self, config):
        self.config = config

    def validate(self):
        return "fields" in self.config

    async def initialize(self):
        self.fields = list(self.config.get("fields", ()))

    async def cleanup(self):
        self.fields = []

    async def count(self):
        return len(self.fields)
