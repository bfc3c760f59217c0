import abc
import asyncio
import json


class Transport(abc.ABC):
    @abc.abstractmethod
    async def open(self): ...

    @abc.abstractmethod
    async def aclose(self): ...

    @abc.abstractmethod
    async def broadcast(self, msg: dict): ...


class _Proto(asyncio.DatagramProtocol):
    def __init__(self, peers):
        self.peers = peers

    def datagram_received(self, data, addr):
        self.peers.add(addr)


class UdpTransport(Transport):
    def __init__(self, host="0.0.0.0", port=27015):
        self.host, self.port = host, port
        self.peers = set()

    async def open(self):
        loop = asyncio.get_running_loop()
        self._t, _ = await loop.create_datagram_endpoint(
            lambda: _Proto(self.peers), local_addr=(self.host, self.port))

    async def aclose(self):
        self._t.close()

    async def broadcast(self, msg):
        data = json.dumps(msg).encode()
        for p in self.peers:
            self._t.sendto(data, p)


class LoopbackTransport(Transport):
    async def open(self):
        self.sent = []

    async def aclose(self):
        pass

    async def broadcast(self, msg):
        self.sent.append(msg)
