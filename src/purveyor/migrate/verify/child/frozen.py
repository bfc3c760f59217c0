"""Time, chance and unique identifiers, the same in every run.

The clock stands still for the first second of each step, and goes on after it, so that code that waits for a
moment gets there. `datetime.datetime` reads the clock by itself, and is left alone: a class in its place would not
be the one that type checks and pydantic know. What that leaves different is found by running each side twice.
"""

from __future__ import annotations

import os
import random
import time
from typing import Any

__all__ = ["Frozen"]

#: How long the clock stands still, in seconds.
_STILL = 1.0


class Frozen:
    """Puts itself in the place of the process's clock and its sources of chance.

    Args:
        now: What the clock shows at the beginning, in seconds since the epoch.
    """

    def __init__(self, now: float) -> None:
        self._now = now
        self._monotonic = time.monotonic
        self._began = self._monotonic()
        self._random = random.Random(0)  # noqa: S311 - it is to be foreseeable
        patched: dict[str, Any] = {"time": self._time, "time_ns": lambda: int(self._time() * 1_000_000_000)}
        for name, value in patched.items():
            setattr(time, name, value)
        for module, name in ((os, "urandom"), (random, "_urandom")):
            setattr(module, name, self._urandom)
        import uuid  # noqa: PLC0415 - after os.urandom was replaced, which it may take over

        uuid._generate_time_safe = None  # type: ignore[attr-defined]  # uuid1() then reads the clock in `time`
        self._getnode(uuid)

    def step(self, number: int) -> None:
        """A step begins: another second, and chances of its own, however many were taken before."""
        self._now = max(self._now + 1, self._time())
        self._began = self._monotonic()
        self._random.seed(number)
        random.seed(number)

    def _time(self) -> float:
        return self._now + max(0.0, self._monotonic() - self._began - _STILL)

    def _urandom(self, size: int, /) -> bytes:
        return self._random.randbytes(size)

    @staticmethod
    def _getnode(uuid: Any) -> None:
        uuid._node = 0x020000000001  # and asks no program for the network card's address
