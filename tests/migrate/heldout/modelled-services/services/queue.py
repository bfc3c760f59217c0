from dataclasses import dataclass, field

from pydantic import BaseModel, PrivateAttr


class WorkQueue(BaseModel):
    name: str
    limit: int = 10
    _items: list = PrivateAttr(default_factory=list)

    async def start(self):
        self._items = []

    async def stop(self):
        self._items = []

    async def put(self, item):
        self._items.append(item)


@dataclass
class Outbox:
    folder: str
    waiting: list = field(default_factory=list)

    async def open(self):
        self.waiting = []

    async def close(self):
        self.waiting = []

    async def post(self, letter):
        self.waiting.append(letter)


class Letter(BaseModel):
    to: str
    text: str = ""

    def open(self):
        return self.text


@dataclass
class Stamp:
    value: int
    start: int = 0
    stop: int = 0
