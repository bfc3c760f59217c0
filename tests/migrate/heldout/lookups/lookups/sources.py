import abc


class Source(abc.ABC):
    @abc.abstractmethod
    async def start(self): ...

    @abc.abstractmethod
    async def aclose(self): ...

    @abc.abstractmethod
    async def find(self, name): ...


class InTable(Source):
    def __init__(self, table=()):
        self.initial = table

    async def start(self):
        self.table = dict(self.initial)

    async def aclose(self):
        self.table = {}

    async def find(self, name):
        return self.table.get(name)


class Chained(Source):
    def __init__(self, *sources):
        self.sources = sources

    async def start(self):
        for source in self.sources:
            await source.start()

    async def aclose(self):
        for source in self.sources:
            await source.aclose()

    async def find(self, name):
        for source in self.sources:
            if (found := await source.find(name)) is not None:
                return found
        return None


class Cached(Source):
    def __init__(self, source, size=100):
        self.source = source
        self.size = size

    async def start(self):
        self.kept = {}
        await self.source.start()

    async def aclose(self):
        await self.source.aclose()

    async def find(self, name):
        if name not in self.kept:
            self.kept[name] = await self.source.find(name)
        return self.kept[name]
