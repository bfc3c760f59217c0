import enum
from collections import namedtuple
from typing import NamedTuple, TypedDict


class ProviderType(enum.Enum):
    MEMORY = "memory"
    STORAGE = "storage"

    def start(self):
        return self.value


class Phase(str, enum.Enum):
    initialize = "initialize"
    cleanup = "cleanup"


class Flags(enum.IntFlag):
    OPEN = 1
    CLOSE = 2


class ProviderRecord(TypedDict):
    name: str
    start: float


class Registered(NamedTuple):
    name: str
    version: str = "0"


class Span(namedtuple("Span", "start stop")):
    def load(self):
        return self.stop - self.start
