class Lamp:
    def __init__(self, host, port=80):
        self.host = host
        self.port = port
        self.lit = False

    async def async_setup(self):
        self.lit = True

    async def async_teardown(self):
        self.lit = False

    async def state_of(self):
        return self.lit


class Shelf:
    def __init__(self, options=None):
        self.options = dict(options or {})
        self.books = []

    async def aconnect(self):
        self.books = list(self.options.get("books", []))

    async def aclose(self):
        self.books = []

    async def titles(self):
        return self.books
