from typing import Protocol

import stripe
from billing.money import Money


class Gateway(Protocol):
    async def connect(self) -> None: ...

    async def close(self) -> None: ...

    async def charge(self, money: Money, card: str) -> str: ...


class GatewayTimeout(TimeoutError):
    pass


class Stripe:
    def __init__(self, secret_key: str, *, webhook: str | None = None):
        self._key = secret_key
        self.webhook = webhook

    async def connect(self) -> None:
        self.api = stripe.StripeClient(self._key)

    async def close(self) -> None:
        self.api = None

    async def charge(self, money: Money, card: str) -> str:
        if self.api is None:
            raise GatewayTimeout(card)
        return await self.api.charges.create_async(amount=money.amount, source=card)


class Pretend:
    def __init__(self):
        self.charges = []

    async def connect(self) -> None:
        self.charges = []

    async def close(self) -> None:
        self.charges = []

    async def charge(self, money: Money, card: str) -> str:
        self.charges.append((money, card))
        return f"ch_{len(self.charges)}"


class GatewayFactory:
    known = {"stripe": Stripe, "pretend": Pretend}

    def create(self, name, **options):
        return self.known[name](**options)
