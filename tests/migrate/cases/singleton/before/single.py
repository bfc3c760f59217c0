class Sun:
    _only = None

    def __new__(cls, config=None):
        if cls._only is None:
            cls._only = super().__new__(cls)
        return cls._only

    def __init__(self, config=None):
        self.config = config or {}
        self.up = False

    async def start(self):
        self.up = True

    async def stop(self):
        self.up = False

    async def shines(self):
        return self.up
