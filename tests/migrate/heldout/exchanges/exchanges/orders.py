from dataclasses import dataclass
from enum import Enum


class Side(Enum):
    BUY = 1
    SELL = 2


@dataclass
class Order:
    pair: str
    side: Side
    amount: float
    is_open: bool = True

    def close(self):
        self.is_open = False
