from abc import ABC, abstractmethod


class Relay(ABC):
    def __init__(self, config):
        self.config = config

    @abstractmethod
    async def open(self): ...

    @abstractmethod
    async def close(self): ...

    @abstractmethod
    async def pass_on(self, text): ...


class HalfRelay(Relay):
    async def open(self):
        self.ready = True

    async def close(self):
        self.ready = False


class FullRelay(Relay):
    async def open(self):
        self.sent = []

    async def close(self):
        self.sent = []

    async def pass_on(self, text):
        self.sent.append(text)
        return len(self.sent)
