import asyncio
import json

from aiokafka import AIOKafkaConsumer

from .infrastructure import Database, Reservation


class Consumer:
    topic: str = ""

    def __init__(self, servers, db: Database):
        self.servers = servers
        self.db = db

    async def start(self):
        self.kafka = AIOKafkaConsumer(self.topic, bootstrap_servers=self.servers)
        await self.kafka.start()
        self.task = asyncio.create_task(self.consume())

    async def stop(self):
        self.task.cancel()
        await self.kafka.stop()

    async def consume(self):
        async for m in self.kafka:
            await self.handle(json.loads(m.value))

    async def handle(self, event):
        raise NotImplementedError


class CancellationConsumer(Consumer):
    topic = "cancelled"

    async def handle(self, event):
        async with self.db.session() as s:
            r = await s.get(Reservation, event["id"])
            r.close()
            await s.commit()


class ArrivalConsumer(Consumer):
    topic = "arrived"

    async def handle(self, event):
        async with self.db.session() as s:
            (await s.get(Reservation, event["id"])).open()
            await s.commit()


class ReservationRepository:
    def __init__(self, session):
        self.session = session

    async def load(self, id):
        return await self.session.get(Reservation, id)

    async def add(self, r):
        self.session.add(r)
