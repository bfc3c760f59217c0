class Bank:
    def __init__(self, **options):
        self.account = options["account"]
        self._key = options.get("api_key", "")
        self._password = options.get("password")
        self.token = options.get("access_token", "t0")
        self.secret_word = options.get("client_secret", "s")
        self.keyboard = options.get("keyboard", "qwerty")
        self.balance = 0

    async def connect(self):
        self.balance = 10

    async def disconnect(self):
        self.balance = 0

    async def sign(self, text):
        return f"{self.account}:{len(self._key)}:{text}"

    async def layout(self):
        return self.keyboard
