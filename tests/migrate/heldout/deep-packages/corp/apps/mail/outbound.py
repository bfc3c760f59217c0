from ...platform.kernel._unit import Unit as Base
from .inbound import Filter


class Outbound(Base):
    async def dispose(self):
        self.closed = True

    async def send(self, letter):
        return letter


class StrictFilter(Filter):
    async def passes(self, letter):
        return len(letter) < 10 and await super().passes(letter)


class Address:
    def __init__(self, text):
        self.user, _, self.host = text.partition("@")
