"""Stores in a file that callers on an event loop put into and get from: Purveyor's, the floor, and peers'."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from benchmarks.bare import BareStore

__all__ = ["Note", "Opener", "Store", "aiosqlite_store", "bare_reader", "bare_writer", "diskcache_store", "folder",
           "key_value_store", "langgraph_store", "purveyor_plain_store", "purveyor_store"]  # fmt: skip

_ROOT = Path(__file__).parent / "results"

Note: TypeAlias = dict[str, Any]


class Store(NamedTuple):
    """What can be done with one."""

    put: Callable[[str, Note], Awaitable[object]]
    get: Callable[[str], Awaitable[object]]


#: Opens one in a folder, which is empty.
Opener: TypeAlias = Callable[[Path], AbstractAsyncContextManager[Store]]


@contextmanager
def folder() -> Iterator[Path]:
    """An empty folder on the disk that the project is on; one for temporary files may be in memory, where a
    sync costs nothing.
    """
    _ROOT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="data-", dir=_ROOT) as path:
        yield Path(path)


@asynccontextmanager
async def purveyor_store(folder: Path, *, search: bool = True) -> AsyncIterator[Store]:
    """Registered with a manager, so that every operation is leased and counted, as in an application."""
    from purveyor.manager import ProviderManager
    from purveyor.memory.sqlite import SQLiteConfig, SQLiteMemory
    from purveyor.metadata import ProviderMetadata, ProviderType

    metadata = ProviderMetadata("notes", ProviderType.MEMORY, "notes", "1", ["store"])
    notes = SQLiteMemory(metadata, SQLiteConfig(folder / "notes.db", search=search))
    async with ProviderManager() as manager:
        await manager.register(notes)
        yield Store(notes.put, notes.get)


#: The same without its index of words.
purveyor_plain_store: Opener = partial(purveyor_store, search=False)


@asynccontextmanager
async def bare_writer(folder: Path) -> AsyncIterator[Store]:
    store = BareStore(folder / "notes.db", "write")
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

    async def put(key: str, value: Note) -> object:
        return await store.submit((key, encode(value), value["text"]))

    yield Store(put, _no_get)
    store.close()


@asynccontextmanager
async def bare_reader(folder: Path) -> AsyncIterator[Store]:
    async with bare_writer(folder) as writer:
        store = BareStore(folder / "notes.db", "read")

        async def get(key: str) -> object:
            return await store.submit(key)

        yield Store(writer.put, get)
        store.close()


@asynccontextmanager
async def aiosqlite_store(folder: Path) -> AsyncIterator[Store]:
    """With less to do than the others: one plain table, no text index."""
    import aiosqlite

    async with aiosqlite.connect(folder / "notes.db", isolation_level=None) as connection:
        for pragma in ("journal_mode = WAL", "synchronous = FULL"):
            await connection.execute(f"PRAGMA {pragma}")
        await connection.execute("CREATE TABLE items (key TEXT PRIMARY KEY, value TEXT NOT NULL, updated REAL)")

        async def put(key: str, value: Note) -> None:
            await connection.execute(
                "INSERT INTO items VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET"
                " value = excluded.value, updated = excluded.updated",
                (key, json.dumps(value), time.time()),
            )

        async def get(key: str) -> object:
            ((value,),) = await connection.execute_fetchall("SELECT value FROM items WHERE key = ?", (key,))
            return json.loads(value)

        yield Store(put, get)


@asynccontextmanager
async def aiosqlite_indexed_store(folder: Path) -> AsyncIterator[Store]:
    """Doing what Purveyor does: the row and its words in one transaction, one at a time, since the statements of
    other callers would fall into it.
    """
    import aiosqlite

    lock = asyncio.Lock()
    async with aiosqlite.connect(folder / "notes.db", isolation_level=None) as connection:
        for pragma in ("journal_mode = WAL", "synchronous = FULL"):
            await connection.execute(f"PRAGMA {pragma}")
        await connection.execute(
            "CREATE TABLE items"
            " (id INTEGER PRIMARY KEY, key TEXT UNIQUE NOT NULL, value TEXT NOT NULL, updated REAL)"
        )
        await connection.execute(
            "CREATE VIRTUAL TABLE words USING fts5 (body, tokenize = 'porter unicode61 remove_diacritics 2')"
        )

        async def put(key: str, value: Note) -> None:
            async with lock:
                await connection.execute("BEGIN IMMEDIATE")
                ((row,),) = await connection.execute_fetchall(
                    "INSERT INTO items (key, value, updated) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET"
                    " value = excluded.value, updated = excluded.updated RETURNING id",
                    (key, json.dumps(value), time.time()),
                )
                await connection.execute(
                    "INSERT OR REPLACE INTO words (rowid, body) VALUES (?, ?)", (row, value["text"])
                )
                await connection.execute("COMMIT")

        yield Store(put, _no_get)


@asynccontextmanager
async def langgraph_store(folder: Path) -> AsyncIterator[Store]:
    from langgraph.store.sqlite.aio import AsyncSqliteStore

    async with AsyncSqliteStore.from_conn_string(str(folder / "notes.db")) as store:
        await store.setup()
        yield Store(partial(store.aput, ("notes",)), partial(store.aget, ("notes",)))


@asynccontextmanager
async def diskcache_store(folder: Path) -> AsyncIterator[Store]:
    import diskcache

    with diskcache.Cache(str(folder)) as cache:

        async def put(key: str, value: Note) -> object:
            return await asyncio.to_thread(cache.set, key, json.dumps(value))

        async def get(key: str) -> object:
            return json.loads(await asyncio.to_thread(cache.get, key))

        yield Store(put, get)


@asynccontextmanager
async def key_value_store(folder: Path) -> AsyncIterator[Store]:
    from key_value.aio.stores.disk import DiskStore

    async with DiskStore(directory=folder) as store:
        yield Store(store.put, store.get)


async def _no_get(key: str) -> object:
    raise NotImplementedError(key)
