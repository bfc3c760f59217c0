from __future__ import annotations

import abc
import contextlib
from typing import Generic, Iterator, Protocol, TypeVar

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

M = TypeVar("M")


class Repository(Generic[M]):
    model: type[M]

    def __init__(self, session: AsyncSession):
        self.session = session

    async def get(self, pk) -> M | None:
        return await self.session.get(self.model, pk)

    async def add(self, obj: M) -> None:
        self.session.add(obj)


class AccountRepository(Repository["Account"]):
    async def by_iban(self, iban):
        ...


class UnitOfWork:
    """async with db.begin() as uow"""

    def __init__(self, factory):
        self._factory = factory

    async def __aenter__(self):
        self.session = self._factory()
        self.accounts = AccountRepository(self.session)
        return self

    async def __aexit__(self, et, e, tb):
        if et:
            await self.session.rollback()
        else:
            await self.session.commit()
        await self.session.close()


class Database:
    def __init__(self, url: str, *, echo: bool = False) -> None:
        self._url = url
        self._echo = echo
        self._engine: AsyncEngine | None = None

    async def connect(self) -> None:
        self._engine = create_async_engine(self._url, echo=self._echo)
        self._factory = async_sessionmaker(self._engine, expire_on_commit=False)
        async with self._engine.connect() as c:
            await c.exec_driver_sql("select 1")

    async def disconnect(self) -> None:
        if self._engine is not None:
            await self._engine.dispose()
            self._engine = None

    def begin(self) -> UnitOfWork:
        return UnitOfWork(self._factory)


class Outbox:
    """Relays committed events to the broker."""

    def __init__(self, db: Database, broker):
        self.db = db
        self.broker = broker
        self._scope = None

    async def __aenter__(self):
        import anyio
        self._tg = anyio.create_task_group()
        await self._tg.__aenter__()
        self._tg.start_soon(self._relay)
        return self

    async def __aexit__(self, *exc):
        self._tg.cancel_scope.cancel()
        return await self._tg.__aexit__(*exc)

    async def _relay(self):
        import anyio
        while True:
            async with self.db.begin() as uow:
                for ev in await uow.session.scalars("select * from outbox"):
                    await self.broker.publish(ev)
            await anyio.sleep(1)
