from decimal import Decimal
from enum import Enum


class Side(Enum):
    DEBIT = 1
    CREDIT = -1


class LedgerError(Exception):
    class Unbalanced(Exception):
        pass


class Account:
    def __init__(self, iban):
        self.iban = iban
        self.balance = Decimal(0)
        self.status = "pending"

    def open(self):
        self.status = "open"

    def close(self):
        if self.balance:
            raise LedgerError("balance is not zero")
        self.status = "closed"


class FiscalPeriod:
    def __init__(self, year, month):
        self.year, self.month = year, month
        self.locked = False

    def open(self):
        self.locked = False

    def close(self):
        self.locked = True


class Booking:
    def __init__(self, *lines):
        self.lines = lines
        if sum(s.value * a for s, _, a in lines):
            raise LedgerError.Unbalanced
