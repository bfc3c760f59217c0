import asyncio
import http.server
import socketserver


class Relay(asyncio.Protocol):
    def __init__(self, upstream):
        self.upstream = upstream

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)


class Admin(http.server.SimpleHTTPRequestHandler):
    def setup(self):
        super().setup()

    def do_POST(self):
        self.send_response(200)


class Lines(socketserver.BaseRequestHandler):
    def setup(self):
        self.lines = 0

    def handle(self):
        self.lines += 1

    def finish(self):
        self.lines = 0


class Wire:
    """A socket with a name."""

    def __init__(self, name):
        self.name = name

    async def connect(self, address):
        self.address = address

    async def send(self, data):
        return len(data)

    async def recv(self, size):
        return b""

    def fileno(self):
        return -1

    async def close(self):
        self.address = None
