"""How to wait for what must not be left half-way."""

from __future__ import annotations

import asyncio
from typing import Any

from purveyor.lease import own_generation

__all__ = ["retrieve", "see_through"]


async def see_through(task: asyncio.Future[Any]) -> None:
    """Wait for a task that must not be left half-way, also when the caller is cancelled.

    The first cancellation is kept until the task is done, and raised then. A second one is raised at once;
    the task goes on by itself. A task of a provider's own leaves at the first one, since it may be that very
    cleanup which cancels it, and waits for it to end.
    """
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            if cancelled is not None or own_generation.get() is not None:
                raise
            cancelled = error
    if cancelled is not None:
        raise cancelled


def retrieve(future: asyncio.Future[Any]) -> None:
    """Have the exception count as seen, even if every caller has left."""
    if not future.cancelled():
        future.exception()
