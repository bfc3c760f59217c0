class Exchange:
    fee = 0.001

    def __init__(self, credentials, *, sandbox=False):
        self.credentials = credentials
        self.sandbox = sandbox
        self.session = None

    async def connect(self):
        """Log in; the default needs no login."""

    async def disconnect(self):
        """Log out."""

    async def price(self, pair):
        raise NotImplementedError


class PublicExchange(Exchange):
    def __init__(self):
        super().__init__(None)
