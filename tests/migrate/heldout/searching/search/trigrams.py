import search


class Trigrams(search.Index):
    async def open(self):
        self.table = {}

    async def close(self):
        self.table = {}

    async def query(self, text):
        return [self.table.get(text[at : at + 3]) for at in range(len(text) - 2)]


class CaseFolded(Trigrams):
    async def query(self, text):
        return await super().query(text.casefold())
