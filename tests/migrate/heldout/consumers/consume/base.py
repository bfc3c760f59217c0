from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Flag


class Ack(Flag):
    DONE = 1
    AGAIN = 2


@dataclass
class Message:
    body: bytes
    tries: int = 0

    def close(self):
        self.body = b""


class Consumer(ABC):
    topic: str

    @abstractmethod
    async def start(self): ...

    @abstractmethod
    async def stop(self): ...

    @abstractmethod
    async def handle(self, message) -> Ack: ...
