"""A bounded pool of threads whose jobs are over before a cancellation of their caller comes out."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

R = TypeVar("R")


class Workers:
    """Threads for work that blocks.

    Args:
        name: What the threads are called.
        size: How many there are at most.
    """

    def __init__(self, name: str, size: int) -> None:
        self._pool = ThreadPoolExecutor(size, thread_name_prefix=name)
        self._jobs: set[Future[Any]] = set()

    async def run(self, function: Callable[[], R], *, needed: bool = False) -> R:
        """Run a function on one of the threads.

        A caller that is cancelled gets `CancelledError` when the function is over, so that nothing of it happens
        later; if it has not begun, it never does.

        Args:
            function: What to run.
            needed: Run it even if the caller is cancelled before it has begun.
        """
        job = self._pool.submit(function)
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)
        if needed:
            await _over(job)
            return job.result()
        try:
            return await asyncio.wrap_future(job)
        except asyncio.CancelledError:
            if not job.cancel():  # it has begun
                await _over(job)
            raise

    async def close(self, function: Callable[[], object]) -> None:
        """Wait for all jobs, run one last function, and end the threads. No job may be given any more."""
        try:
            await _over(*self._jobs)
        finally:
            try:
                await self.run(function, needed=True)
            finally:
                # All threads are idle by now, so that this waits for nothing.
                self._pool.shutdown()


async def _over(*jobs: Future[Any]) -> None:
    """Wait until jobs are over, also through cancellations; the last of them is raised then."""
    cancelled: asyncio.CancelledError | None = None
    outcomes = [asyncio.wrap_future(job) for job in jobs]
    while pending := [outcome for outcome in outcomes if not outcome.done()]:
        try:
            await asyncio.wait(pending)
        except asyncio.CancelledError as error:
            cancelled = error
    for outcome in outcomes:
        if not outcome.cancelled():
            outcome.exception()  # seen, so that asyncio does not report it
    if cancelled:
        raise cancelled
