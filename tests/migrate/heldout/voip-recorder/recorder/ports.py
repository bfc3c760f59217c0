"""Ports of the hexagon. Adapters live next door."""
from abc import ABC, abstractmethod
from typing import Protocol


class Clock(Protocol):
    def now(self) -> float: ...


class CallStore(ABC):
    @abstractmethod
    def initialize(self) -> None: ...

    @abstractmethod
    def save(self, call: "Call") -> None: ...

    @abstractmethod
    def shutdown(self) -> None: ...


class Transcriber(ABC):
    async def __aenter__(self):
        await self.on_open()
        return self

    async def __aexit__(self, *exc_info):
        await self.on_close()

    async def on_open(self): ...

    async def on_close(self): ...

    @abstractmethod
    async def transcribe(self, wav: bytes) -> str: ...


class Call:
    def __init__(self, sid, started):
        self.sid = sid
        self.started = started
        self.ended = None

    def start(self, clock: Clock):
        self.started = clock.now()

    def stop(self, clock: Clock):
        self.ended = clock.now()
