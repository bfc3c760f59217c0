from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple


class Currency(NamedTuple):
    code: str
    digits: int = 2


@dataclass(frozen=True, order=True)
class Money:
    amount: Decimal
    currency: Currency

    def __add__(self, other):
        return Money(self.amount + other.amount, self.currency)


@dataclass
class Invoice:
    number: str
    lines: list[Money]

    def close(self):
        self.lines = []

    def open(self):
        return bool(self.lines)
