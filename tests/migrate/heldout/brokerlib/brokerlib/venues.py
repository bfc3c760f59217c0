from decimal import Decimal

from . import gateway as gw
from .gateway import Tick

_Base = gw.WebsocketGateway


class Kraken(_Base):
    name = "kraken"
    url = "wss://ws.kraken.com/v2"

    async def login(self):
        await self._rpc("auth", token=self.key)

    async def place(self, symbol, side, qty, price=None):
        res = await self._rpc("add_order", symbol=symbol, side=side, order_qty=str(qty), limit_price=str(price))
        if res.get("error"):
            raise gw.GatewayError(res["error"])
        return res["result"]["order_id"]


class Deribit(_Base):
    name = "deribit"
    url = "wss://www.deribit.com/ws/api/v2"

    async def login(self):
        await self._rpc("public/auth", client_id=self.key, client_secret=self.secret)


class PaperGateway(gw.Gateway):
    """Simulated fills at the mid price."""
    name = "paper"

    def __init__(self, balance=Decimal("10000")):
        self.balance = balance
        self.orders = None

    async def connect(self):
        self.orders = []

    async def disconnect(self):
        self.orders = None

    async def place(self, symbol, side, qty, price=None):
        self.orders.append((symbol, side, qty, price))
        return len(self.orders)


VENUES = {c.name: c for c in (Kraken, Deribit, PaperGateway)}
