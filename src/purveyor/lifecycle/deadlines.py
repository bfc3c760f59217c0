"""`Deadlines`: many of them at the price of few timers."""

from __future__ import annotations

from contextvars import Context
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import asyncio

__all__ = ["Deadlines", "Timed"]


class Timed(Protocol):
    """What a deadline is set for; compared by identity."""

    def due(self) -> None:
        """The deadline has passed."""


class Deadlines:
    """Calls those back whose time is up.

    Deadlines of one length fall due in the order in which they were set, so that they stand in a queue, and only
    the first one in it needs a timer: to set one and to clear it costs a dictionary access each.
    """

    __slots__ = ("_loop", "_queues")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._queues: dict[float, dict[Timed, float]] = {}

    def set(self, who: Timed, seconds: float) -> None:
        """Have `who` called when the time is up, unless that is cleared before.

        Args:
            who: Whom to call.
            seconds: How long from now.
        """
        queue = self._queues.get(seconds)
        if queue is None:
            queue = self._queues[seconds] = {}
            self._loop.call_later(seconds, self._ring, seconds, context=Context())
        queue.pop(who, None)  # to stand at the end
        queue[who] = self._loop.time() + seconds

    def clear(self, who: Timed, seconds: float) -> None:
        """Forget the deadline of this length that was set for `who`, if it has not passed."""
        queue = self._queues.get(seconds)
        if queue is not None:
            queue.pop(who, None)

    def _ring(self, seconds: float) -> None:
        queue = self._queues[seconds]
        try:
            while queue:
                who, when = next(iter(queue.items()))
                if when > self._loop.time():
                    break
                del queue[who]
                who.due()
        except Exception as error:
            message = f"what was to happen at a deadline of {seconds:g} s failed"
            self._loop.call_exception_handler({"message": message, "exception": error})
        finally:  # the others have theirs, whatever became of this one
            if queue:
                self._loop.call_at(next(iter(queue.values())), self._ring, seconds, context=Context())
            else:
                del self._queues[seconds]  # nobody waits: no timer is left running
