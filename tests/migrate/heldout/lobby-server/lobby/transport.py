import asyncio
import struct
import typing as t
from abc import ABCMeta, abstractmethod


class Frame(t.NamedTuple):
    kind: int
    body: bytes


class ProtocolViolation(ValueError):
    pass


class TransportMeta(ABCMeta):
    """Every concrete transport is found by its scheme."""

    schemes: t.ClassVar[dict] = {}

    def __new__(mcls, name, bases, ns, **kw):
        cls = super().__new__(mcls, name, bases, ns, **kw)
        if ns.get("scheme"):
            mcls.schemes[ns["scheme"]] = cls
        return cls


class Transport(metaclass=TransportMeta):
    scheme: str = ""

    def __init__(self, address):
        self.address = address

    @abstractmethod
    async def connect(self): ...

    @abstractmethod
    async def disconnect(self): ...

    @abstractmethod
    async def send(self, frame: Frame): ...


class TcpTransport(Transport):
    scheme = "tcp"

    async def connect(self):
        host, _, port = self.address.rpartition(":")
        self.reader, self.writer = await asyncio.open_connection(host, int(port))

    async def disconnect(self):
        self.writer.close()
        await self.writer.wait_closed()

    async def send(self, frame):
        self.writer.write(struct.pack(">BI", frame.kind, len(frame.body)) + frame.body)
        await self.writer.drain()


class LoopbackTransport(Transport):
    scheme = "mem"
    peers: t.Dict[str, "LoopbackTransport"] = {}

    async def connect(self):
        self.peers[self.address] = self
        self.inbox = []

    async def disconnect(self):
        self.peers.pop(self.address, None)

    async def send(self, frame):
        self.inbox.append(frame)
