# websocket relay
import asyncio
import json
import weakref

from aiohttp import WSMsgType, web


class Peer:
    """One connected browser, from handshake to close."""

    def __init__(self, ws, name):
        self.ws = ws
        self.name = name
        self.rooms = weakref.WeakSet()

    async def send(self, **msg):
        await self.ws.send_str(json.dumps(msg))

    async def close(self):
        for room in list(self.rooms):
            room.leave(self)
        await self.ws.close()


class Room:
    def __init__(self, name):
        self.name = name
        self.peers = set()
        self.locked = False

    def open(self):
        self.locked = False

    def close(self):
        self.locked = True

    def join(self, peer):
        if self.locked:
            raise RoomClosed(self.name)
        self.peers.add(peer)
        peer.rooms.add(self)

    def leave(self, peer):
        self.peers.discard(peer)


class RoomClosed(Exception): ...


class RelayView(web.View):
    async def get(self):
        ws = web.WebSocketResponse()
        await ws.prepare(self.request)
        peer = Peer(ws, self.request.query.get("name", "?"))
        relay = self.request.app["relay"]
        room = relay.room(self.request.match_info["room"])
        room.join(peer)
        try:
            async for m in ws:
                if m.type == WSMsgType.TEXT:
                    await relay.broadcast(room, peer, m.data)
        finally:
            await peer.close()


class Relay:
    def __init__(self, backplane):
        self.backplane = backplane
        self.rooms = {}
        self._task = None

    async def startup(self, app):
        await self.backplane.connect()
        self._task = asyncio.create_task(self.backplane.listen(self._incoming))

    async def cleanup(self, app):
        self._task.cancel()
        await self.backplane.close()

    def room(self, name):
        return self.rooms.setdefault(name, Room(name))

    async def broadcast(self, room, peer, text):
        await self.backplane.publish(room.name, text)

    async def _incoming(self, name, text):
        for p in self.room(name).peers:
            await p.send(text=text)


class Backplane:
    async def connect(self): ...
    async def close(self): ...
    async def publish(self, channel, text): ...
    async def listen(self, callback): ...


class LocalBackplane(Backplane):
    async def connect(self):
        self.q = asyncio.Queue()

    async def publish(self, channel, text):
        await self.q.put((channel, text))

    async def listen(self, callback):
        while True:
            await callback(*await self.q.get())


class RedisBackplane(Backplane):
    def __init__(self, url):
        self.url = url

    async def connect(self):
        from redis import asyncio as aioredis
        self.r = aioredis.from_url(self.url)
        self.ps = self.r.pubsub()
        await self.ps.psubscribe("relay:*")

    async def close(self):
        await self.ps.aclose()
        await self.r.aclose()

    async def publish(self, channel, text):
        await self.r.publish("relay:" + channel, text)

    async def listen(self, callback):
        async for m in self.ps.listen():
            if m["type"] == "pmessage":
                await callback(m["channel"].decode()[6:], m["data"].decode())


def build(url=None):
    app = web.Application()
    relay = app["relay"] = Relay(RedisBackplane(url) if url else LocalBackplane())
    app.on_startup.append(relay.startup)
    app.on_cleanup.append(relay.cleanup)
    app.router.add_view("/{room}", RelayView)
    return app
