class Ledger:
    def __init__(self, config: dict) -> None:
        self.currency = config.get("currency", "BRL")
        self.entries: list[int] | None = None

    async def __aenter__(self):
        self.entries = []
        return self

    async def __aexit__(self, kind, error, trace):
        self.entries = None
        return False

    async def book(self, amount: int) -> str:
        if self.entries is None:
            raise RuntimeError("closed")
        self.entries.append(amount)
        return f"{sum(self.entries)} {self.currency}"
