import asyncio
import contextlib
import logging
from collections import defaultdict

from .message import BusClosed, Envelope, RetryMixin

L = logging.getLogger(__name__)


class EventBus:
    def __init__(self):
        self._subs = defaultdict(list)
        self._started = False

    async def start(self):
        self._started = True

    async def shutdown(self):
        self._started = False
        self._subs.clear()

    def subscribe(self, topic, fn):
        self._subs[topic].append(fn)

    async def publish(self, env: Envelope):
        if not self._started:
            raise BusClosed
        await asyncio.gather(*(fn(env) for fn in self._subs[env.topic]))


class KafkaBus(RetryMixin, EventBus):
    def __init__(self, servers, group):
        super().__init__()
        self.servers, self.group = servers, group

    async def start(self):
        from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
        self._producer = AIOKafkaProducer(bootstrap_servers=self.servers)
        self._consumer = AIOKafkaConsumer(*self._subs, bootstrap_servers=self.servers, group_id=self.group)
        await self._producer.start()
        await self._consumer.start()
        self._task = asyncio.ensure_future(self._consume())
        await super().start()

    async def shutdown(self):
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        await self._consumer.stop()
        await self._producer.stop()
        await super().shutdown()

    async def _consume(self):
        async for m in self._consumer:
            env = Envelope.load(m.value)
            for fn in self._subs[env.topic]:
                await fn(env)

    async def publish(self, env):
        await self.retrying(self._producer.send_and_wait, env.topic, env.dump())


class RedisBus(RetryMixin, EventBus):
    def __init__(self, url="redis://"):
        super().__init__()
        self.url = url

    async def start(self):
        import redis.asyncio as redis
        self._r = redis.from_url(self.url)
        await super().start()

    async def shutdown(self):
        await self._r.aclose()
        await super().shutdown()

    async def publish(self, env):
        await self.retrying(self._r.publish, env.topic, env.dump())


class AuditHandler:
    def __init__(self, path):
        self.path = path

    async def __call__(self, env):
        with open(self.path, "ab") as f:
            f.write(env.dump() + b"\n")


class Subscription:
    """Returned to callers; use as ``async with``. Unsubscribes on exit."""

    def __init__(self, bus, topic):
        self.bus, self.topic = bus, topic
        self._q = asyncio.Queue()

    async def __aenter__(self):
        self.bus.subscribe(self.topic, self._q.put)
        return self

    async def __aexit__(self, *exc):
        self.bus._subs[self.topic].remove(self._q.put)

    def __aiter__(self):
        return self

    async def __anext__(self):
        return await self._q.get()
