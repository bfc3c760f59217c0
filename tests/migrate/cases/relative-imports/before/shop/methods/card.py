from . import Payment


class Card(Payment):
    async def initialize(self):
        self.open_ = True

    async def cleanup(self):
        self.open_ = False

    async def pay(self, cents: int) -> str:
        return f"card {cents}" if self.open_ else "refused"
