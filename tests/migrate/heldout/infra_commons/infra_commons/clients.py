"""Shared clients. Every service of the company builds these in its ``main``."""
from __future__ import annotations

import asyncio
import dataclasses
import logging
import ssl
from dataclasses import dataclass, field
from typing import Any, ClassVar, Optional

import attrs

log = logging.getLogger("infra")


@dataclass
class RabbitPublisher:
    url: str
    exchange: str = "events"
    _conn: Any = field(default=None, init=False, repr=False)
    _ex: Any = field(default=None, init=False, repr=False)

    async def start(self) -> None:
        import aio_pika
        self._conn = await aio_pika.connect_robust(self.url)
        ch = await self._conn.channel()
        self._ex = await ch.declare_exchange(self.exchange, "topic", durable=True)

    async def stop(self) -> None:
        if self._conn is not None:
            await self._conn.close()

    async def publish(self, key: str, body: bytes) -> None:
        import aio_pika
        await self._ex.publish(aio_pika.Message(body), key)


@attrs.define(slots=False)
class ObjectStorage:
    bucket: str
    region: str = "eu-central-1"
    client: Any = attrs.field(init=False, default=None)

    def connect(self):
        import boto3
        self.client = boto3.client("s3", region_name=self.region)

    def close(self):
        if self.client:
            self.client.close()

    def put(self, key, data):
        self.client.put_object(Bucket=self.bucket, Key=key, Body=data)


@dataclass(frozen=True)
class TlsOptions:
    cafile: Optional[str] = None
    verify: bool = True

    def load(self) -> ssl.SSLContext:
        ctx = ssl.create_default_context(cafile=self.cafile)
        ctx.check_hostname = self.verify
        return ctx


class GrpcStubs:
    """Lazily created stubs over one channel."""

    def __init__(self, target, tls: TlsOptions | None = None):
        self._target = target
        self._tls = tls
        self._channel = None

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return self._channel.unary_unary("/" + name.replace("__", "/"))

    async def open(self):
        import grpc.aio
        self._channel = grpc.aio.insecure_channel(self._target)
        await self._channel.channel_ready()

    async def close(self, grace=None):
        await self._channel.close(grace)


class MetricsServer:
    PORT: ClassVar[int] = 9100

    def __init__(self, registry=None):
        self.registry = registry
        self._runner = None

    async def start(self):
        from aiohttp import web
        app = web.Application()
        app.router.add_get("/metrics", self._render)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, port=self.PORT).start()

    async def stop(self):
        await self._runner.cleanup()

    async def _render(self, request):
        from aiohttp import web
        from prometheus_client import generate_latest
        return web.Response(body=generate_latest(self.registry))


class LeaderElection:
    """Renews a lease in etcd; calls back on gain and loss."""

    def __init__(self, etcd, name, *, on_gain=None, on_loss=None):
        self.etcd = etcd
        self.name = name
        self.on_gain = on_gain
        self.on_loss = on_loss
        self._leader = False
        self._task: asyncio.Task | None = None

    async def __aenter__(self):
        self._task = asyncio.create_task(self._campaign())
        return self

    async def __aexit__(self, *exc):
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        if self._leader:
            await self.etcd.delete(self.name)

    async def _campaign(self):
        while True:
            got = await self.etcd.put_if_absent(self.name, ttl=10)
            if got != self._leader:
                self._leader = got
                cb = self.on_gain if got else self.on_loss
                if cb:
                    cb()
            await asyncio.sleep(3)


class ClickhouseWriter:
    def __init__(self, **kwargs):
        self.kwargs = kwargs
        self.buf = []
        self.initialized = False

    def init(self):
        from clickhouse_driver import Client
        self.client = Client(**self.kwargs)
        self.initialized = True

    def write(self, table, row):
        self.buf.append((table, row))
        if len(self.buf) >= 1000:
            self.flush()

    def flush(self):
        by = {}
        for t, r in self.buf:
            by.setdefault(t, []).append(r)
        for t, rows in by.items():
            self.client.execute(f"INSERT INTO {t} VALUES", rows)
        self.buf = []

    def shutdown(self):
        self.flush()
        self.client.disconnect()
        self.initialized = False
