class LightClient:
    """The synchronous one."""

    def __init__(self, config):
        self.host = config["host"]
        self.is_open = False

    def connect(self):
        self.is_open = True

    def disconnect(self):
        self.is_open = False

    def switch(self, name):
        return f"{self.host}/{name}" if self.is_open else None


class AsyncLightClient:
    """The asynchronous one."""

    def __init__(self, config):
        self.host = config["host"]
        self.is_open = False

    async def connect(self):
        self.is_open = True

    async def disconnect(self):
        self.is_open = False

    async def switch(self, name):
        return f"{self.host}/{name}" if self.is_open else None
