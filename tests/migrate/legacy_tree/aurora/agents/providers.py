"""A factory and an engine that accept only what derives from this module's Provider."""


class Provider:
    """No lifecycle at all."""

    def __init__(self, config=None):
        self.config = config or {}

    async def run(self, task):
        raise NotImplementedError


class Counting(Provider):
    async def run(self, task):
        return len(task) * self.config.get("factor", 1)


class Factory:
    def __init__(self):
        self._types = {}

    def register_provider_type(self, name, cls):
        if not (isinstance(cls, type) and issubclass(cls, Provider)):
            raise ValueError("Invalid provider class")
        self._types[name] = cls

    def create(self, name, config=None):
        return self._types[name](config)


class Engine:
    def __init__(self, factory):
        self.factory = factory

    async def run(self, name, task):
        return await self.factory.create(name).run(task)
