class Wrapper:
    def __init__(self, config):
        self.config = config


class Wrapped:
    def __init__(self, config: Wrapper):
        self.config = config
        self.model = config.config["model"]

    async def initialize(self):
        self.temperature = self.config.config.get("temperature", 1)

    async def cleanup(self):
        self.temperature = 0

    async def ask(self, text):
        return f"{self.model}/{self.temperature}: {text}"


class Unwrapped:
    def __init__(self, config: dict):
        self.config = config

    async def initialize(self):
        self.model = self.config["config"]

    async def cleanup(self):
        self.model = None

    async def ask(self, text):
        return f"{self.model}: {text}"
