from __future__ import annotations

import asyncio
import dataclasses
import logging
import typing as tp

from starlette.endpoints import HTTPEndpoint, WebSocketEndpoint
from starlette.websockets import WebSocket

import nats

if tp.TYPE_CHECKING:
    from collab.types import Cursor

log = logging.getLogger(__name__)


@dataclasses.dataclass
class Op:
    pos: int
    insert: str = ""
    delete: int = 0


class Document:
    def __init__(self, text=""):
        self.text = text

    def apply(self, op: Op):
        self.text = self.text[: op.pos] + op.insert + self.text[op.pos + op.delete :]

    def load(self, text):
        self.text = text


class Broker:
    async def connect(self) -> None: ...
    async def disconnect(self) -> None: ...
    async def publish(self, room: str, data: bytes) -> None: ...
    async def subscribe(self, room: str, cb) -> None: ...


class NatsBroker(Broker):
    def __init__(self, url="nats://localhost"):
        self.url = url

    async def connect(self):
        self.nc = await nats.connect(self.url)

    async def disconnect(self):
        await self.nc.drain()

    async def publish(self, room, data):
        await self.nc.publish(room, data)

    async def subscribe(self, room, cb):
        await self.nc.subscribe(room, cb=cb)


class LocalBroker(Broker):
    def __init__(self):
        self.rooms = {}

    async def publish(self, room, data):
        for cb in self.rooms.get(room, ()):
            await cb(data)

    async def subscribe(self, room, cb):
        self.rooms.setdefault(room, []).append(cb)


class EditorSocket(WebSocketEndpoint):
    encoding = "json"

    async def on_connect(self, websocket: WebSocket):
        await websocket.accept()

    async def on_disconnect(self, websocket, close_code):
        log.info("gone %s", close_code)


class Health(HTTPEndpoint):
    async def get(self, request):
        return {"ok": True}


class RoomClosed(Exception):
    ...
