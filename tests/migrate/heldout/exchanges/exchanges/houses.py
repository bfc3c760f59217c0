from exchanges.base import Exchange, PublicExchange


class Bitsea(Exchange):
    fee = 0.002

    async def connect(self):
        self.session = {"user": self.credentials["user"]}

    async def disconnect(self):
        self.session = None

    async def price(self, pair):
        return 100.0


class Coinhill(Exchange):
    async def price(self, pair):
        return 99.0 if self.sandbox else 101.0


class Average(PublicExchange):
    def __init__(self, *houses):
        super().__init__()
        self.houses = houses

    async def price(self, pair):
        prices = [await house.price(pair) for house in self.houses]
        return sum(prices) / len(prices)


class Fixed(PublicExchange):
    async def price(self, pair):
        return 1.0
