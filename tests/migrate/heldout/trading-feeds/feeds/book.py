import bisect
from dataclasses import dataclass, field
from typing import List


@dataclass(order=True)
class Level:
    price: float
    size: float = field(compare=False)


class OrderBook:
    def __init__(self, symbol):
        self.symbol = symbol
        self.bids: List[Level] = []
        self.asks: List[Level] = []
        self.is_open = False

    def open(self):
        self.is_open = True

    def close(self):
        self.is_open = False
        self.bids.clear()
        self.asks.clear()

    def add(self, side, price, size):
        bisect.insort(self.bids if side == "b" else self.asks, Level(price, size))


class Position:
    qty = 0

    def open(self, qty):
        self.qty += qty

    def close(self):
        qty, self.qty = self.qty, 0
        return qty
