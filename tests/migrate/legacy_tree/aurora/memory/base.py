class BaseMemory:
    """No ABC, and its lifecycle is for subclasses to write."""

    def __init__(self, name="memory"):
        self.name = name

    async def initialize(self):
        raise NotImplementedError

    async def cleanup(self):
        raise NotImplementedError
