"""`Deadlines`: many of them at the price of few timers."""

from __future__ import annotations

import asyncio
from typing import Protocol

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

    __slots__ = ("_queues", "_set")

    def __init__(self) -> None:
        self._queues: dict[float, dict[Timed, float]] = {}
        self._set: dict[Timed, float] = {}

    def set(self, who: Timed, seconds: float) -> None:
        """Have `who` called when the time is up; an earlier deadline of its is forgotten.

        Args:
            who: Whom to call.
            seconds: How long from now.
        """
        self.clear(who)
        loop = asyncio.get_running_loop()
        queue = self._queues.get(seconds)
        if queue is None:
            queue = self._queues[seconds] = {}
            loop.call_later(seconds, self._ring, loop, seconds)
        queue[who] = loop.time() + seconds
        self._set[who] = seconds

    def clear(self, who: Timed) -> None:
        """Forget the deadline of `who`, if it has one."""
        seconds = self._set.pop(who, None)
        if seconds is not None:
            del self._queues[seconds][who]

    def _ring(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        queue = self._queues[seconds]
        while queue:
            who, when = next(iter(queue.items()))
            if when > loop.time():
                loop.call_at(when, self._ring, loop, seconds)
                return
            self.clear(who)
            who.due()
        del self._queues[seconds]  # nobody waits: no timer is left running
