import functools


def twice(function):
    @functools.wraps(function)
    async def run(self, *arguments):
        await function(self, *arguments)
        return await function(self, *arguments)

    return run


class Press:
    version = "2.1"

    def __init__(self, config):
        self.config = config
        self.pages = []

    async def start(self):
        self.pages = ["title"]

    async def stop(self):
        self.pages = []

    async def print_page(self, text):
        self.pages.append(text)
        return len(self.pages)

    async def stream(self):
        for page in self.pages:
            yield page

    def count(self):
        return len(self.pages)

    @property
    def first(self):
        return self.pages[0] if self.pages else None

    @staticmethod
    def ink():
        return "black"

    @classmethod
    def default(cls):
        return cls({})

    async def _hidden(self):
        return "hidden"

    @twice
    async def stamp(self, mark):
        self.pages.append(mark)
        return mark

    def __len__(self):
        return len(self.pages)
