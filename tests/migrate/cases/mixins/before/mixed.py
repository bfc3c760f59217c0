from abc import ABC, abstractmethod


class Loud:
    def shout(self, text):
        return text.upper()


class Counting:
    calls = 0

    def counted(self):
        self.calls += 1
        return self.calls


class Service(ABC):
    def __init__(self, config):
        self.config = config

    @abstractmethod
    async def start(self): ...

    @abstractmethod
    async def stop(self): ...


class Herald(Loud, Service, Counting):
    async def start(self):
        self.calls = 0

    async def stop(self):
        self.calls = -1

    async def cry(self, text):
        return f"{self.counted()} {self.shout(text)}"
