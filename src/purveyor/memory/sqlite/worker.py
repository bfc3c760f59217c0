"""A thread with a database connection, and the queue that feeds it."""

from __future__ import annotations

import asyncio
import logging
import threading
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from purveyor.errors import StoreClosedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from purveyor.memory.sqlite.database import Database

__all__ = ["Worker"]

_logger = logging.getLogger(__name__)

#: How long to wait before the next portion is purged while there is more, in seconds.
_PURGE_PAUSE = 0.05

_Verb: TypeAlias = Literal["read", "write", "query", "check"]


class _Job(NamedTuple):
    verb: _Verb
    argument: Any
    future: asyncio.Future[Any]


class Worker:
    """Runs jobs on a thread of its own, which opens the connection, uses it and closes it.

    Args:
        store: What errors call the store.
        role: What the thread is there for.
        open_database: Opens the connection; its argument is set when the worker is to stop.
        purge_interval: How often to remove what has expired, in seconds; None for never.
    """

    def __init__(
        self,
        store: str,
        role: str,
        open_database: Callable[[threading.Event], Database],
        purge_interval: float | None = None,
    ) -> None:
        self._store = store
        self._role = role
        self._open_database = open_database
        self._purge_interval = purge_interval
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    async def start(self) -> None:
        """Start the thread, and wait until the connection is open."""
        started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        # A daemon, since a provider that is never cleaned up must not keep the interpreter from ending; what
        # has been answered is committed.
        self._thread = threading.Thread(
            target=self._run, args=(started,), name=f"purveyor {self._store} {self._role}", daemon=True
        )
        self._thread.start()
        await started

    def submit(self, verb: _Verb, argument: Any) -> asyncio.Future[Any]:
        """Queue a job; the future, of the running loop, has its answer.

        Raises:
            StoreClosedError: The worker is not running.
        """
        self.check_running()
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._jobs.put(_Job(verb, argument, future))
        return future

    def is_running(self) -> bool:
        """Whether the thread takes jobs."""
        return self._thread is not None and self._thread.is_alive() and not self._stopping.is_set()

    def check_running(self) -> None:
        """Refuse to go on with a worker that takes no jobs.

        Raises:
            StoreClosedError: The worker is not running.
        """
        if not self.is_running():
            raise self._closed()

    def stop(self) -> None:
        """Let the thread end after the writes that are queued; a query that runs is broken off."""
        self._stopping.set()
        self._jobs.put(None)

    async def stopped(self) -> None:
        """Wait until the thread has ended."""
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)

    # --- On the thread --------------------------------------------------------------------------------

    def _run(self, started: asyncio.Future[None]) -> None:
        try:
            self._serve(started)
        finally:
            self._refuse_the_rest()

    def _serve(self, started: asyncio.Future[None]) -> None:
        try:
            database = self._open_database(self._stopping)
        except Exception as error:
            _deliver([(started, error)])
            return
        try:
            _deliver([(started, None)])
            self._work(database)
        finally:
            database.close()

    def _work(self, database: Database) -> None:
        interval = self._purge_interval
        due = None if interval is None else monotonic() + interval
        while (jobs := self._next(due)) is not None:
            if writes := [job for job in jobs if job.verb == "write"]:
                self._write(database, writes)
            for job in jobs:
                if job.verb != "write" and not job.future.cancelled():
                    _deliver([(job.future, self._answer(database, job))])
            if interval is not None and due is not None and monotonic() >= due:
                due = monotonic() + (_PURGE_PAUSE if self._purge(database) else interval)

    def _next(self, due: float | None) -> list[_Job] | None:
        """All that is queued, none if the time is due, None for the end."""
        jobs: list[_Job] = []
        try:
            job = self._jobs.get(timeout=None if due is None else max(0.0, due - monotonic()))
            while job is not None:
                jobs.append(job)
                job = self._jobs.get_nowait()
        except Empty:
            return jobs
        # The end: what came before it is served, and then it comes again.
        if jobs:
            self._jobs.put(None)
            return jobs
        return None

    def _write(self, database: Database, jobs: list[_Job]) -> None:
        """Many callers' mutations, one transaction, one wake of the loop."""
        try:
            answers: Iterable[Any] = database.write([job.argument for job in jobs])
        except Exception as error:
            answers = [error] * len(jobs)
        _deliver((job.future, answer) for job, answer in zip(jobs, answers, strict=True))

    def _answer(self, database: Database, job: _Job) -> object:
        try:
            if job.verb == "read":
                return database.read(job.argument)
            if job.verb == "check":
                return database.check()
            return database.query(job.argument, job.future.cancelled)
        except Exception as error:
            return self._closed() if self._stopping.is_set() else error

    def _purge(self, database: Database) -> bool:
        try:
            return database.purge()
        except Exception as error:  # it is tried again, and nobody waits for it
            _logger.warning(
                "Could not remove expired items",
                extra={"provider_store": self._store, "provider_error": str(error)},
            )
            return False

    def _refuse_the_rest(self) -> None:
        self._stopping.set()
        while not self._jobs.empty():
            if (job := self._jobs.get()) is not None:
                _deliver([(job.future, self._closed())])

    def _closed(self) -> StoreClosedError:
        return StoreClosedError(self._store, "is not open", "initialize the provider first")


def _deliver(answers: Iterable[tuple[asyncio.Future[Any], object]]) -> None:
    """Hand answers to the loops of their futures, waking each once."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], object]]] = {}
    for future, answer in answers:
        by_loop.setdefault(future.get_loop(), []).append((future, answer))
    for loop, settled in by_loop.items():
        try:
            loop.call_soon_threadsafe(_settle, settled)
        except RuntimeError:  # the loop is closed: nobody waits any more
            _logger.debug("The event loop ended before %d answers came", len(settled))


def _settle(answers: list[tuple[asyncio.Future[Any], object]]) -> None:
    for future, answer in answers:
        if not future.done():
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)
