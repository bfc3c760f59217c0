"""The floor under memory.sqlite: the same statements, from as little code as shares a commit between callers."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["BareStore", "Statements"]


class Statements:
    """Purveyor's own SQL on one connection, without everything around it.

    Args:
        path: The database, made if it is not there.
    """

    def __init__(self, path: Path) -> None:
        from purveyor.memory.sqlite import database, schema

        self._connection = schema.connect("bare", path, create=True, synchronous="full", wait=lambda _: True)
        self._execute: Callable[..., Any] = self._connection.cursor().execute
        self._sql = database  # whose statements are read where they are used, to be the same whatever they become

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def write(self, puts: list[tuple[str, str, str]]) -> list[int]:
        """Store keys, values as JSON and the words in them, in one transaction."""
        execute, sql = self._execute, self._sql
        execute("BEGIN IMMEDIATE")
        now = time.time()
        ((version,),) = execute(sql._RESERVE, (len(puts),)).fetchall()
        words: dict[int, str] = {}
        for key, value, text in puts:
            version += 1
            row, _, created, _ = next(execute(sql._FIND, (b"", key)), sql._NOT_FOUND)
            if row is not None:
                execute(sql._UPDATE, (version, created, now, None, "{}", value, row))
            else:
                execute(sql._INSERT, (version, now, now, None, "{}", value, b"", key))
                row = self._connection.last_insert_rowid()
            words[row] = text
        for entry in words.items():
            execute(sql._INDEX, entry)
        execute("COMMIT")
        return [version] * len(puts)

    def read(self, keys: list[str]) -> list[Any]:
        """The values of keys, in one transaction."""
        execute = self._execute
        execute("BEGIN")
        now = time.time()
        rows = [execute(self._sql._READ, (b"", key, now)).fetchall() for key in keys]
        execute("ROLLBACK")
        return [json.loads(row[0][2]) for row in rows]


class BareStore:
    """Statements on a thread, which takes all that is queued into one transaction and wakes the loop once.

    Args:
        path: The database.
        verb: What it does.
    """

    def __init__(self, path: Path, verb: Literal["write", "read"]) -> None:
        self._queue: SimpleQueue[tuple[Any, asyncio.Future[Any]] | None] = SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._statements = Statements(path)
        self._work: Callable[[list[Any]], list[Any]] = getattr(self._statements, verb)
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def submit(self, request: Any) -> asyncio.Future[Any]:
        """Have one thing written or read."""
        future = self._loop.create_future()
        self._queue.put((request, future))
        return future

    def close(self) -> None:
        """End the thread."""
        self._queue.put(None)
        self._thread.join()
        self._statements.close()

    def _serve(self) -> None:
        while (job := self._queue.get()) is not None:
            jobs = [job]
            try:
                while (another := self._queue.get_nowait()) is not None:
                    jobs.append(another)
            except Empty:
                pass
            futures = [future for _, future in jobs]
            try:
                answers = self._work([request for request, _ in jobs])
            except Exception as error:
                self._loop.call_soon_threadsafe(_fail, futures, error)
            else:
                self._loop.call_soon_threadsafe(_settle, futures, answers)


def _settle(futures: list[asyncio.Future[Any]], answers: list[Any]) -> None:
    for future, answer in zip(futures, answers, strict=True):
        if not future.done():
            future.set_result(answer)


def _fail(futures: list[asyncio.Future[Any]], error: Exception) -> None:
    for future in futures:
        if not future.done():
            future.set_exception(error)
