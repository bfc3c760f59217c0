"""`Limit`: how many operations may run at the same time, and the queue of those that wait.

`asyncio.Semaphore` belongs to one event loop and its queue has no end; anyio's `CapacityLimiter` likewise.
Operations come from any thread and any loop, and a queue without an end turns overload into memory and latency.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque

__all__ = ["QUEUE", "Limit"]

#: How many may wait for each that may run. Who is let into the queue then waits about this many times as long as
#: an operation takes: longer, and callers have mostly given up by the time it is their turn.
QUEUE = 16


class Limit:
    """Slots, given out first come, first served. Thread-safe.

    A slot that is given back goes at once to who has waited longest, so that no newcomer overtakes. Who is
    cancelled in the moment in which it is given a slot passes it on.

    Args:
        slots: How many there are.
    """

    __slots__ = ("_free", "_lock", "_waiting", "slots")

    def __init__(self, slots: int) -> None:
        self.slots = slots
        self._free = slots  # below zero, after `resize`, while more run than may
        self._waiting: deque[_Waiter] = deque()
        # Reentrant: an abandoned coroutine may be collected, and give its slot back, in the middle of a change.
        self._lock = threading.RLock()

    @property
    def taken(self) -> int:
        """How many slots are out."""
        return self.slots - self._free

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def take(self) -> bool:
        """Take a slot if one is free."""
        with self._lock:
            if self._free <= 0:
                return False
            self._free -= 1
            return True

    async def wait(self) -> bool:
        """Take a slot, waiting for it if need be.

        Returns:
            False if the queue is full: no slot was taken.
        """
        waiter = _Waiter()
        with self._lock:
            if self.take():  # given back meanwhile, by another thread
                return True
            if len(self._waiting) >= QUEUE * self.slots:
                return False
            self._waiting.append(waiter)
        try:
            await waiter.turn
        except BaseException:
            with self._lock:
                if waiter.has_slot:
                    self.give()
                elif waiter in self._waiting:  # it is not, if its loop was closed and it is collected
                    self._waiting.remove(waiter)
            raise
        return True

    def give(self) -> None:
        """Give a slot back."""
        with self._lock:
            self._free += 1
            self._hand_out()

    def resize(self, slots: int) -> None:
        """Change how many slots there are; those that are out stay so."""
        with self._lock:
            self._free += slots - self.slots
            self.slots = slots
            self._hand_out()

    def _hand_out(self) -> None:
        while self._free > 0 and self._waiting:
            waiter = self._waiting.popleft()
            if waiter.wake():
                waiter.has_slot = True
                self._free -= 1


class _Waiter:
    """One who waits for a slot, on its own event loop."""

    __slots__ = ("_loop", "has_slot", "turn")

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.turn: asyncio.Future[None] = self._loop.create_future()
        self.has_slot = False

    def wake(self) -> bool:
        """Have it go on; False if it never will, since its loop is closed."""
        if asyncio._get_running_loop() is self._loop:
            self._go_on()
            return True
        try:
            self._loop.call_soon_threadsafe(self._go_on)
        except RuntimeError:
            return False
        return True

    def _go_on(self) -> None:
        if not self.turn.done():
            self.turn.set_result(None)
