class LedgerClient:
    """Talks to the bookkeeping; entered at start-up by the application."""

    def __init__(self, config):
        self.config = config
        self.session = None

    async def __aenter__(self):
        await self.connect()
        return self

    async def __aexit__(self, *error):
        await self.disconnect()

    async def connect(self):
        self.session = self.config["url"]

    async def disconnect(self):
        self.session = None

    async def post(self, entry):
        return f"{self.session}/{entry}"


class Posting:
    __slots__ = ("account", "amount")

    def __init__(self, account, amount):
        self.account = account
        self.amount = amount
