"""`SQLiteMemory`, its configuration, and its store."""

from __future__ import annotations

import os
import time
import warnings
from dataclasses import dataclass
from functools import partial
from math import isfinite
from pathlib import Path  # noqa: TC003 - a configuration's types are read when it is validated
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypeVar, cast

from purveyor.errors import InvalidInputError, StoreError, WrongEventLoopError
from purveyor.memory.provider import MemoryProvider
from purveyor.memory.sqlite.database import Database
from purveyor.memory.sqlite.worker import Worker
from purveyor.memory.values import check_text
from purveyor.metadata import Health

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Sequence

    from purveyor.memory.store import Address, Item, Mutation, Outcome, Query
    from purveyor.metadata import ProviderMetadata

__all__ = ["SQLiteConfig", "SQLiteMemory"]

R = TypeVar("R")

#: Longer values do not fit into a row of SQLite with what else is in it.
_MOST_VALUE_BYTES = 500 * 1024 * 1024


@dataclass(frozen=True)
class SQLiteConfig:
    """The configuration of `SQLiteMemory`."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "use_attribute_docstrings": True}

    path: Path | Literal[":memory:"]
    """The database file; it is made, with its folder, if it is not there. ":memory:" keeps it in memory only."""

    synchronous: Literal["full", "normal"] = "full"
    """When a write is done: "full" once it is safe from a loss of power, "normal" once it is safe from a crash
    of this process."""

    busy_timeout: float = 30.0
    """How long to wait, in seconds, while another process holds the database's lock."""

    purge_interval: float = 60.0
    """How often, in seconds, expired items are removed from the file. (They are absent as soon as they expire.)"""

    max_value_bytes: int = 16 * 1024 * 1024
    """How long a value may be, in bytes of JSON."""

    search: bool = True
    """Whether items can be found by text. Off, a put costs about two thirds. When a file that was
    used with it off is opened with it on, the index is made anew first, and others that write to it wait."""

    def __post_init__(self) -> None:
        if isinstance(self.path, str) and self.path != ":memory:":
            raise InvalidInputError(
                "path", f"is the string {self.path!r}", f"use Path({self.path!r}) or ':memory:'"
            )
        if "\0" in check_text(str(self.path), "path"):
            raise InvalidInputError("path", "holds a NUL character")
        if self.synchronous not in ("full", "normal"):
            raise InvalidInputError("synchronous", f"is {self.synchronous!r}", 'use "full" or "normal"')
        if not (isfinite(self.busy_timeout) and self.busy_timeout >= 0):
            raise InvalidInputError("busy_timeout", f"is {self.busy_timeout!r}, not a number of seconds from 0")
        if not (isfinite(self.purge_interval) and self.purge_interval > 0):
            raise InvalidInputError(
                "purge_interval", f"is {self.purge_interval!r}, not a number of seconds above 0"
            )
        if not 0 < self.max_value_bytes <= _MOST_VALUE_BYTES:
            raise InvalidInputError(
                "max_value_bytes", f"is {self.max_value_bytes!r}, not a size from 1 to {_MOST_VALUE_BYTES:,} bytes"
            )
        if self.search not in (True, False):
            raise InvalidInputError("search", f"is {self.search!r}", "use True or False")


class SQLiteMemory(MemoryProvider[SQLiteConfig]):
    """Keeps items in a SQLite file, durably, and finds them by text.

    Other processes on the same machine may use the file at the same time; it must not lie on a network file
    system. A write is answered when it is committed, and many writes share a commit.

    Args:
        metadata: Who the provider is.
        config: Its configuration.
        clock: Gives the time in seconds since the epoch.
    """

    provider_version = "1"
    provider_capabilities = ("store", "retrieve", "list", "search")
    provider_reload = "swap"

    def __init__(
        self, metadata: ProviderMetadata, config: SQLiteConfig, *, clock: Callable[[], float] = time.time
    ) -> None:
        super().__init__(metadata, config)
        self._clock = clock

    def next_generation(self, config: SQLiteConfig) -> Self:
        """Build the instance that follows in a reload; of a database in memory, it begins empty."""
        return type(self)(self.metadata, config, clock=self._clock)

    async def _initialize_store(self) -> None:
        self.max_value_bytes = self.config.max_value_bytes
        self._store = await SQLiteStore.open(self.config, self._clock)

    async def check(self) -> Health:
        """Whether the database can be read and is still where it was; its size, in bytes."""
        store: SQLiteStore | None = self._store
        if store is None:
            return Health.unhealthy("it is not open")
        try:
            return Health.healthy(path=str(self.config.path), bytes=await store.check())
        except StoreError as error:
            return Health.unhealthy(str(error))

    async def _cleanup_store(self) -> None:
        store: SQLiteStore = self._store
        self._store = None
        await store.close()


class SQLiteStore:
    """The `MemoryStore` of a SQLite file: each verb on a thread of its own, so that none waits for another.

    A database in memory belongs to one connection, and so has one thread for all three.
    """

    def __init__(
        self, name: str, capabilities: frozenset[str], writer: Worker, reader: Worker, querier: Worker
    ) -> None:
        self.capabilities = capabilities
        self._name = name
        self._writer = writer
        self._reader = reader
        self._querier = querier
        self._pid = os.getpid()

    @classmethod
    async def open(cls, config: SQLiteConfig, clock: Callable[[], float] = time.time) -> SQLiteStore:
        """Open the file, or make it.

        Args:
            config: Where it is, and how to treat it.
            clock: Gives the time in seconds since the epoch.

        Raises:
            StoreCorruptError: It is no database of Purveyor's, or a newer one's, or damaged; it is left as it is.
            StorePermissionError: The file or its folder cannot be read, written or made.
            StoreFullError: There is no room for it.
            StoreBusyError: Another process did not let go of its lock in time.
        """
        name = f"memory.sqlite {config.path}"
        opener = partial(
            Database,
            name,
            config.path,
            clock=clock,
            synchronous=config.synchronous,
            busy_timeout=config.busy_timeout,
            search=config.search,
        )
        writer = Worker(name, "writer", partial(opener, create=True), config.purge_interval)
        alone = config.path == ":memory:"
        reader = writer if alone else Worker(name, "reader", opener)
        querier = writer if alone else Worker(name, "querier", opener)
        store = cls(name, frozenset({"text"} if config.search else ()), writer, reader, querier)
        try:
            for worker in store._workers():
                await worker.start()
        except BaseException:
            await store.close()
            raise
        return store

    async def close(self) -> None:
        """End the threads: what was submitted for writing is written first, other work is broken off."""
        workers = self._workers()
        for worker in workers[1:]:
            worker.stop()
        try:
            # The writer closes its connection last, and so leaves one file behind.
            for worker in reversed(workers):
                worker.stop()
                await worker.stopped()
        finally:
            self._writer.stop()  # who is cancelled waits no longer, but its thread ends all the same

    def __del__(self) -> None:
        if self._writer.is_running():
            warnings.warn(f"{self._name} was never closed", ResourceWarning, source=self, stacklevel=2)
            for worker in self._workers():
                worker.stop()

    async def read(self, addresses: Sequence[Address]) -> list[Item | None]:
        """The items at these addresses, as they are at one moment."""
        return cast("list[Item | None]", await self._ask(self._reader, "read", addresses))

    async def write(self, mutations: Sequence[Mutation[Any]]) -> list[Outcome | Exception]:
        """Apply the mutations and commit; other calls may share the transaction."""
        return cast("list[Outcome | Exception]", await self._ask(self._writer, "write", mutations))

    async def query(self, query: Query[R]) -> R:
        """Answer the question, as of one moment."""
        return cast("R", await self._ask(self._querier, "query", query))

    async def check(self) -> int:
        """See that what is open can be read and is still where it was; how many bytes it takes.

        Raises:
            StoreCorruptError: The file was removed or replaced.
            StoreClosedError: A thread has ended.
        """
        for worker in self._workers():
            worker.check_running()
        # Not of those threads on which a check would wait for a long query, or for another process's lock.
        return cast("int", await self._ask(self._reader, "check", None))

    def _ask(
        self, worker: Worker, verb: Literal["read", "write", "query", "check"], argument: object
    ) -> asyncio.Future[object]:
        if os.getpid() != self._pid:  # the threads have stayed in the parent
            raise WrongEventLoopError
        return worker.submit(verb, argument)

    def _workers(self) -> list[Worker]:
        return list(dict.fromkeys((self._writer, self._reader, self._querier)))
