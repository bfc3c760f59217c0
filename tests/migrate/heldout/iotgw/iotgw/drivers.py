"""Field bus drivers.

Template methods: ``connect`` / ``disconnect`` are final, drivers implement
``do_connect`` and ``do_disconnect``.
"""
from __future__ import annotations

import asyncio
import enum
from typing import Any, Mapping, TypedDict

from .errors import DriverError


class PointConfig(TypedDict, total=False):
    address: int
    scale: float
    unit: str


class LinkState(enum.Enum):
    DOWN = 0
    UP = 1


class FieldDriver:
    def __init__(self, options: Mapping[str, Any], points: Mapping[str, PointConfig]):
        self.options = options
        self.points = points
        self.link = LinkState.DOWN

    async def connect(self):
        for attempt in range(self.options.get("retries", 3)):
            try:
                await asyncio.wait_for(self.do_connect(), self.options.get("timeout", 5))
            except (OSError, asyncio.TimeoutError):
                await asyncio.sleep(2 ** attempt)
            else:
                self.link = LinkState.UP
                return
        raise DriverError("%s: no link" % type(self).__name__)

    async def disconnect(self):
        if self.link is LinkState.UP:
            await self.do_disconnect()
            self.link = LinkState.DOWN

    async def do_connect(self):
        raise NotImplementedError()

    async def do_disconnect(self):
        raise NotImplementedError()

    async def read(self, point: str) -> float:
        raise NotImplementedError()


class ModbusDriver(FieldDriver):
    async def do_connect(self):
        from pymodbus.client import AsyncModbusTcpClient
        self._c = AsyncModbusTcpClient(self.options["host"])
        await self._c.connect()

    async def do_disconnect(self):
        self._c.close()

    async def read(self, point):
        p = self.points[point]
        rr = await self._c.read_holding_registers(p["address"], 1)
        return rr.registers[0] * p.get("scale", 1.0)


class MqttDriver(FieldDriver):
    async def do_connect(self):
        import aiomqtt
        self._last = {}
        self._ctx = aiomqtt.Client(self.options["broker"])
        self._client = await self._ctx.__aenter__()
        self._reader = asyncio.create_task(self._listen())

    async def do_disconnect(self):
        self._reader.cancel()
        await self._ctx.__aexit__(None, None, None)

    async def _listen(self):
        async for m in self._client.messages:
            self._last[str(m.topic)] = float(m.payload)

    async def read(self, point):
        return self._last[point]


class SimDriver(FieldDriver):
    async def do_connect(self): ...

    async def do_disconnect(self): ...

    async def read(self, point):
        import random
        return random.gauss(20, 1)
