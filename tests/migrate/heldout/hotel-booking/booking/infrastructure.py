import logging
from contextlib import asynccontextmanager
from typing import Callable

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from dependency_injector import containers, providers
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

log = logging.getLogger(__name__)


class Base(DeclarativeBase):
    pass


class Reservation(Base):
    __tablename__ = "reservation"
    id: Mapped[int] = mapped_column(primary_key=True)
    room: Mapped[str]
    state: Mapped[str]

    def open(self):
        self.state = "open"

    def close(self):
        self.state = "closed"


class Database:
    def __init__(self, url: str) -> None:
        self._url = url
        self._engine = None

    async def connect(self) -> None:
        self._engine = create_async_engine(self._url)
        self._factory = async_sessionmaker(self._engine)

    async def dispose(self) -> None:
        await self._engine.dispose()

    @asynccontextmanager
    async def session(self):
        async with self._factory() as s:
            yield s


class EventBus:
    def __init__(self, servers: str):
        self._servers = servers

    async def start(self):
        self._producer = AIOKafkaProducer(bootstrap_servers=self._servers)
        await self._producer.start()

    async def stop(self):
        await self._producer.stop()

    async def publish(self, topic, body):
        await self._producer.send_and_wait(topic, body)


class UnitOfWork:
    """One transaction of one request."""

    def __init__(self, factory: Callable[[], AsyncSession]):
        self._factory = factory

    async def __aenter__(self):
        self.session = self._factory()
        return self

    async def __aexit__(self, t, e, tb):
        if t:
            await self.session.rollback()
        else:
            await self.session.commit()


class Container(containers.DeclarativeContainer):
    config = providers.Configuration()
    db = providers.Singleton(Database, url=config.db.url)
    bus = providers.Singleton(EventBus, servers=config.kafka)
