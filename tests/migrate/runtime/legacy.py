"""Legacy classes that stay as they are, of the shapes found in real code."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Awaitable, Iterator
from typing import Any


class Notes:
    """Async, with the commonest names."""

    def __init__(self, config: dict[str, Any] | None = None) -> None:
        self.config = config or {}
        self.calls: list[str] = []
        self.items: dict[str, Any] = {}
        self.open = False

    async def initialize(self) -> None:
        self.calls.append("initialize")
        await asyncio.sleep(0)
        self.open = True

    async def cleanup(self) -> None:
        self.calls.append("cleanup")
        await asyncio.sleep(0)
        self.open = False

    async def put(self, key: str, value: Any) -> None:
        """Keep something."""
        assert self.open
        await asyncio.sleep(0)
        assert self.open, "closed under an operation"
        self.items[key] = value

    async def get(self, key: str) -> Any:
        assert self.open
        return self.items[key]

    async def keys(self, *, more: int = 0) -> AsyncIterator[str]:
        for key in sorted(self.items):
            await asyncio.sleep(0)
            yield key
        for number in range(more):
            yield str(number)

    def size(self) -> int:
        return len(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __contains__(self, key: object) -> bool:
        return key in self.items

    @property
    def count(self) -> int:
        return len(self.items)

    @staticmethod
    def version() -> str:
        return "1"

    async def _private(self) -> None: ...


class Database:
    """Sync throughout, on a connection that only its own thread may use."""

    opened = 0  # how many there are

    def __init__(self, path: str = ":memory:") -> None:
        self.path = path
        self.threads: list[int] = []
        self.connection: sqlite3.Connection | None = None

    def _note(self) -> sqlite3.Connection:
        self.threads.append(threading.get_ident())
        assert self.connection is not None
        return self.connection

    def connect(self) -> None:
        self.threads.append(threading.get_ident())
        self.connection = sqlite3.connect(self.path)
        self.connection.execute("create table if not exists t (k primary key, v)")
        type(self).opened += 1

    def disconnect(self) -> None:
        self._note().close()
        self.connection = None
        type(self).opened -= 1

    def put(self, key: str, value: str) -> None:
        with self._note() as connection:
            connection.execute("insert or replace into t values (?, ?)", (key, value))

    def get(self, key: str) -> str | None:
        row = self._note().execute("select v from t where k = ?", (key,)).fetchone()
        return row and str(row[0])

    def rows(self) -> Iterator[tuple[str, str]]:
        """Steps through a cursor, which belongs to the thread as well."""
        try:
            yield from self._note().execute("select k, v from t order by k")
        finally:
            self._note()

    def all(self) -> Iterator[tuple[str, str]]:
        """The same, from a function that is no generator by itself."""
        return self.rows()

    def fail(self) -> None:
        raise LookupError("no such thing")

    def ping(self) -> bool:
        return bool(self._note().execute("select 1").fetchone() == (1,))


class Late:
    """Its functions are plain; what they give is not."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.closed = 0

    async def start(self) -> None: ...

    async def stop(self) -> None:
        self.closed += 1

    def coroutine(self, value: Any) -> Awaitable[Any]:
        async def later() -> Any:
            await self.go.wait()
            if isinstance(value, BaseException):
                raise value
            return value

        return later()

    def task(self, value: Any) -> asyncio.Task[Any]:
        return asyncio.ensure_future(self.coroutine(value))

    def future(self) -> asyncio.Future[str]:
        return asyncio.get_running_loop().create_future()

    def stream(self, n: int) -> AsyncIterator[int]:
        async def numbers() -> AsyncIterator[int]:
            for i in range(n):
                yield i

        return numbers()

    def echo(self) -> Any:
        async def echo() -> Any:
            sent = None
            while True:
                try:
                    sent = yield sent
                except KeyError as error:
                    sent = error.args[0]

        return echo()

    async def echoing(self) -> Any:
        sent = None
        try:
            while True:
                try:
                    sent = yield sent
                except KeyError as error:
                    sent = error.args[0]
        finally:
            self.closed += 1

    def pages(self, n: int) -> AsyncIterator[int]:
        return Pages(n)

    def bare(self) -> Awaitable[str]:
        return Bare()

    def rich(self) -> Any:
        return Rich()

    def numbers(self, n: int) -> Iterator[int]:
        for i in range(n):
            if i == 3:
                raise ValueError(i)
            yield i

    def plain(self, value: Any = None) -> Any:
        return value


class Pages:
    def __init__(self, n: int) -> None:
        self.left = n

    def __aiter__(self) -> Pages:
        return self

    async def __anext__(self) -> int:
        if not self.left:
            raise StopAsyncIteration
        self.left -= 1
        return self.left


class Bare:
    def __await__(self) -> Any:
        yield from asyncio.sleep(0).__await__()
        return "bare"


class Rich(Bare):
    """An awaitable that is something besides."""

    def rows(self) -> int:
        return 3
