class Base:
    def __init__(self, config):
        self.config = config

    async def open(self):
        """Open."""

    async def close(self):
        """Close."""
