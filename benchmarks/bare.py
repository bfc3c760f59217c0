"""The floor under memory.sqlite: the same statements, from as little code as shares a commit between callers."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

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

        connection = schema.connect("bare", path, create=True, synchronous="full", wait=lambda _: True)
        self.close = connection.close
        self._execute: Callable[..., Any] = connection.cursor().execute
        self._put, self._index, self._reserve = database._PUT, database._INDEX, database._RESERVE
        self._read = database._READ

    def write(self, puts: list[tuple[str, str, str]]) -> list[int]:
        """Store keys, values as JSON and the words in them, in one transaction."""
        execute = self._execute
        execute("BEGIN IMMEDIATE")
        now = time.time()
        ((version,),) = execute(self._reserve, (len(puts),)).fetchall()
        words = {}
        for key, value, text in puts:
            version += 1
            row = (b"", key, version, now, now, None, "{}", value, now, False)
            ((number, _),) = execute(self._put, row).fetchall()
            words[number] = text
        for entry in words.items():
            execute(self._index, entry)
        execute("COMMIT")
        return [version] * len(puts)

    def read(self, keys: list[str]) -> list[Any]:
        """The values of keys, in one transaction."""
        execute = self._execute
        execute("BEGIN")
        now = time.time()
        rows = [execute(self._read, (b"", key, now)).fetchall() for key in keys]
        execute("ROLLBACK")
        return [json.loads(row[0][2]) for row in rows]


class BareStore:
    """Statements on a thread, which takes all that is queued into one transaction and wakes the loop once.

    Args:
        path: The database.
        verb: ``"write"`` or ``"read"``.
    """

    def __init__(self, path: Path, verb: str) -> None:
        self._queue: SimpleQueue[tuple[Any, asyncio.Future[Any]] | None] = SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._serve, args=(path, verb))
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

    def _serve(self, path: Path, verb: str) -> None:
        statements = Statements(path)
        work: Callable[[list[Any]], list[Any]] = getattr(statements, verb)
        while (job := self._queue.get()) is not None:
            jobs = [job]
            try:
                while (another := self._queue.get_nowait()) is not None:
                    jobs.append(another)
            except Empty:
                pass
            answers = work([request for request, _ in jobs])
            self._loop.call_soon_threadsafe(_settle, [future for _, future in jobs], answers)
        statements.close()


def _settle(futures: list[asyncio.Future[Any]], answers: list[Any]) -> None:
    for future, answer in zip(futures, answers, strict=True):
        if not future.done():
            future.set_result(answer)
