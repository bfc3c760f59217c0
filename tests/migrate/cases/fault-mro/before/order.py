class Base:
    def __init__(self, config):
        self.config = config

    async def start(self):
        """Start."""

    async def stop(self):
        """Stop."""


class Child(Base):
    async def ask(self):
        return "child"


class Wrong(Base, Child):
    async def ask(self):
        return "wrong"
