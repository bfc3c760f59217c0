class Account:
    def __init__(self, owner, balance=0):
        self.owner = owner
        self.balance = balance

    def deposit(self, amount):
        self.balance += amount
        return self.balance

    def close(self):
        self.balance = 0


class Basket(Account):
    def load(self, goods):
        self.balance += len(goods)


class AccountService:
    """No lifecycle, whatever its name says."""

    def __init__(self, config):
        self.config = config

    def interest(self, account):
        return account.balance * self.config.get("rate", 1)


class NullObject:
    def __bool__(self):
        return False
