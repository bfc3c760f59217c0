class Letterbox:
    async def open(self):
        self.letters = []

    async def close(self):
        self.letters = []

    async def drop(self, letter):
        self.letters.append(letter)


class Pigeon:
    def __init__(self, loft, config=None):
        self.loft = loft
        self.config = config

    async def start(self):
        self.flying = False

    async def stop(self):
        self.flying = False

    async def carry(self, letter):
        self.flying = True
        return letter


class Balloon(Pigeon):
    async def carry(self, letter):
        return f"{letter} (late)"


class Courier:
    def __init__(self, company, timeout=30):
        self.company = company
        self.timeout = timeout

    async def setup(self):
        self.van = f"{self.company} van"

    async def cleanup(self):
        self.van = None

    async def send(self, parcel):
        return f"{self.van}: {parcel}"


class Telegraph:
    def __init__(self, line):
        self.line = line

    async def load(self):
        self.code = {"e": ".", "t": "-"}

    async def teardown(self):
        self.code = {}

    async def tap(self, text):
        return " ".join(self.code.get(letter, "?") for letter in text)


class Stamp:
    def __init__(self, value):
        self.value = value


class Parcel:
    def __init__(self, things):
        self.things = list(things)
        self.closed = False

    def open(self):
        self.closed = False
        return self.things

    def close(self):
        self.closed = True
