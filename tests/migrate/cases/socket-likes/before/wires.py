import asyncio
import socket


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)

    def connection_lost(self, error):
        self.transport = None


class Loop(asyncio.Transport):
    def __init__(self, config=None):
        super().__init__(config)
        self.closed = False

    def write(self, data):
        return len(data)

    def close(self):
        self.closed = True


class Plug(socket.socket):
    def open(self):
        return self.fileno()


class Datagrams(asyncio.DatagramProtocol):
    def load(self):
        return b""

    def close(self):
        return None
