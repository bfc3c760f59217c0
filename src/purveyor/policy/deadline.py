"""Deadlines, by the clock of the event loop."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["now", "within"]

T = TypeVar("T")


def now() -> float:
    """The time of the running event loop; in a thread without one, of the clock that loops go by."""
    loop = asyncio._get_running_loop()
    return monotonic() if loop is None else loop.time()


async def within(until: float | None, step: Awaitable[T], expired: Callable[[], BaseException]) -> T:
    """Await a step, and cancel it if it is not over in time.

    Only this deadline's own end becomes the error that `expired` makes: a `TimeoutError` that comes out of the
    step is
    raised as it is, and a cancellation from outside stays one, also if both come together. A step that
    does not let itself be cancelled is waited for: it holds what only it can let go.

    Args:
        until: When the time is over, in the event loop's time; None for no deadline.
        step: What is awaited.
        expired: Makes the error.
    """
    if until is None:
        return await step
    own = True
    try:
        async with asyncio.timeout_at(until):
            try:
                return await step
            except Exception:
                own = False
                raise
    except TimeoutError as error:
        if not own:
            raise
        raise expired() from error.__cause__  # the cancellation, which shows where the step stood
