class Unit:
    def __init__(self, *, name="unit", **settings):
        self.name = name
        self.settings = settings

    async def setup(self):
        """May be overridden."""

    async def dispose(self):
        """May be overridden."""
