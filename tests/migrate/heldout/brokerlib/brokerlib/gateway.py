from __future__ import annotations

import abc
import asyncio
import itertools
import json
from decimal import Decimal
from typing import AsyncIterator, Callable, Optional

import attr


@attr.s(auto_attribs=True, frozen=True)
class Tick:
    symbol: str
    bid: Decimal
    ask: Decimal


@attr.s(auto_attribs=True)
class Position:
    symbol: str
    qty: Decimal = Decimal(0)
    avg: Decimal = Decimal(0)
    is_open: bool = False

    def open(self, qty, price):
        self.qty, self.avg, self.is_open = qty, price, True

    def close(self, price):
        pnl = (price - self.avg) * self.qty
        self.qty, self.is_open = Decimal(0), False
        return pnl


class GatewayError(Exception):
    pass


class Gateway(metaclass=abc.ABCMeta):
    name = "?"

    @abc.abstractmethod
    async def connect(self): ...

    @abc.abstractmethod
    async def disconnect(self): ...

    async def place(self, symbol, side, qty, price=None):
        raise NotImplementedError

    async def cancel(self, order_id):
        raise NotImplementedError

    def ticks(self, symbol) -> AsyncIterator[Tick]:
        raise NotImplementedError


class WebsocketGateway(Gateway):
    url = None

    def __init__(self, key, secret):
        self.key = key
        self.secret = secret
        self.ws = None
        self._ids = itertools.count(1)

    async def connect(self):
        import websockets
        self.ws = await websockets.connect(self.url)
        await self.login()

    async def disconnect(self):
        if self.ws is not None:
            await self.ws.close()
            self.ws = None

    async def login(self):
        pass

    async def _rpc(self, method, **params):
        await self.ws.send(json.dumps({"id": next(self._ids), "method": method, "params": params}))
        return json.loads(await self.ws.recv())
