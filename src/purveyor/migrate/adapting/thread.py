"""`Lane`: one thread on which everything happens that a blocking object does, one thing after another."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator
from concurrent.futures import Future
from contextlib import suppress
from contextvars import Context, copy_context
from functools import partial
from queue import SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from purveyor.errors import LaneBusyError, StoreClosedError
from purveyor.lease import wrapper_codes

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import GeneratorType

    from purveyor.lease import Gate

__all__ = ["PATIENCE", "Lane", "LaneGenerator"]

R = TypeVar("R")

#: How long a plain call waits for its turn on a thread that runs an event loop, in seconds.
PATIENCE = 5.0


class _Job(NamedTuple):
    function: Callable[[], Any]
    context: Context
    future: Future[Any]
    begun: threading.Event


class Lane:
    """A thread that begins with its first job, and ends with `end`.

    It is a daemon: a job that never ends keeps neither the event loop nor the end of the process waiting.

    Args:
        name: What the thread is called, and who errors are about.
        gate: The gate that stands before the provider now; a job belongs to who holds its lease.
    """

    def __init__(self, name: str, gate: Callable[[], Gate]) -> None:
        self._name = name
        self._gate = gate
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.RLock()  # which a collection may need once more. Nothing is put behind the end
        self._ended = False
        self._waiting = 0  # jobs that were given and are not over
        self._since = 0.0

    @property
    def busy(self) -> float | None:
        """For how many seconds it has not been idle; None if it is."""
        return monotonic() - self._since if self._waiting else None

    def wait(self, function: Callable[[], R]) -> R:
        """Run a function on the thread, and wait for it; a job of the thread's own runs it where it is.

        On a thread that runs an event loop it waits `PATIENCE` seconds for its turn and no longer: what it waits
        for may wait for the loop. Once it has begun it is waited for.

        Raises:
            LaneBusyError: Its turn did not come; it was not run.
            StoreClosedError: The thread has ended.
        """
        if threading.current_thread() is self._thread:
            return function()
        job = self._give(function)
        if asyncio._get_running_loop() is not None and not job.begun.wait(PATIENCE) and job.future.cancel():
            raise LaneBusyError(self._name, PATIENCE)
        result: R = job.future.result()
        return result

    async def run(self, function: Callable[[], R], *, needed: bool = False) -> R:
        """Run a function on the thread, and await it.

        A thread cannot be interrupted: a caller that is cancelled gets `CancelledError` when the function is over.
        If it has not begun, it never does.

        Args:
            function: What to run.
            needed: Run it even if the caller is cancelled before it has begun.

        Raises:
            StoreClosedError: The thread has ended.
        """
        future = self._give(function).future
        over = asyncio.Event()
        # Not asyncio.wrap_future: it never ends if the function raises StopIteration.
        future.add_done_callback(partial(_tell, asyncio.get_running_loop(), over))
        cancelled: asyncio.CancelledError | None = None
        while not over.is_set():
            try:
                await over.wait()
            except asyncio.CancelledError as error:
                if not needed and future.cancel():
                    raise
                cancelled = error
        if cancelled is not None:
            raise cancelled from future.exception()
        return future.result()  # type: ignore[no-any-return]

    def leave(self, function: Callable[[], object]) -> None:
        """Have a function run on the thread some time; if that has ended, it is not run."""
        with suppress(StoreClosedError):
            self._give(function)

    def end(self) -> None:
        """Have the thread end when the jobs that it has are over; if there are none, it has ended on return."""
        with self._lock:
            self._ended = True
            idle = not self._waiting
            self._jobs.put(None)
        if self._thread is not None and idle:
            self._thread.join()

    # --- inside -------------------------------------------------------------------------------------

    def _give(self, function: Callable[[], Any]) -> _Job:
        job = _Job(function, copy_context(), Future(), threading.Event())
        with self._lock:
            if self._ended:
                raise StoreClosedError(self._name, "has ended its thread", "initialize the provider first")
            if not self._waiting:
                self._since = monotonic()
            self._waiting += 1
            self._jobs.put(job)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name=f"purveyor:{self._name}", daemon=True)
                self._thread.start()
        return job

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            outcome: Callable[[], None] | None = None
            if job.future.set_running_or_notify_cancel():
                job.begun.set()
                outcome = self._do(job)
            with self._lock:
                self._waiting -= 1
                self._since = monotonic()
            if outcome is not None:
                outcome()  # after the count: who waits for it finds the thread idle
            del job, outcome  # an idle thread keeps nothing alive

    def _do(self, job: _Job) -> Callable[[], None]:
        try:
            result = job.context.run(_inside, self._gate(), job.function)
        except BaseException as error:
            return partial(job.future.set_exception, error)
        return partial(job.future.set_result, result)


class LaneGenerator(Generator[Any, Any, Any]):
    """A generator, each step of which runs on the thread.

    Args:
        lane: The thread.
        generator: The generator.
    """

    def __init__(self, lane: Lane, generator: GeneratorType[Any, Any, Any]) -> None:
        self._lane = lane
        self._generator = generator

    def send(self, value: Any, /) -> Any:
        """Go on to the next item."""
        return self._lane.wait(partial(self._generator.send, value))

    def throw(self, *error: Any) -> Any:
        """Raise something where it stands."""
        return self._lane.wait(partial(self._generator.throw, *error))

    def close(self) -> None:
        """End it early."""
        self._lane.wait(self._generator.close)

    def __del__(self) -> None:
        if self._generator.gi_frame is not None:  # else it has come to its end
            self._lane.leave(self._generator.close)


def _inside(gate: Gate, function: Callable[[], R]) -> R:
    """Run a job as what it is: the rest of a call that holds a lease."""
    return function()


wrapper_codes.add(_inside.__code__)


def _tell(loop: asyncio.AbstractEventLoop, over: asyncio.Event, _: Future[Any]) -> None:
    with suppress(RuntimeError):  # the loop is closed: nobody waits any more
        loop.call_soon_threadsafe(over.set)
