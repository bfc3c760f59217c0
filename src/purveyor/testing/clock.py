"""`FakeClock`: the time of the running event loop, in the hands of a test."""

from __future__ import annotations

import asyncio
import math
import threading
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any, Self

from purveyor.errors import FakeClockError, InvalidInputError, UnsupportedError

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["FakeClock"]

#: A thread of Purveyor's own that wakes the loop, but never has an answer for it.
_WATCHDOG = "purveyor watchdog"


class FakeClock:
    """Fakes the time of the running event loop: ``loop.time()``, and with it all that waits by it.

    Inside the ``with`` block `asyncio.sleep`, `asyncio.timeout`, ``loop.call_later`` and what is built on them
    follow this clock. It stands still until the test says otherwise:

    .. code-block:: python

        import asyncio
        from purveyor.testing import FakeClock

        async def main() -> None:
            with FakeClock() as clock:
                nap = asyncio.create_task(asyncio.sleep(30))
                await clock.advance(29)
                assert not nap.done()
                await clock.advance(1)
                assert nap.done()

            with FakeClock(auto=True) as clock:  # jumps ahead whenever there is nothing else to do
                await asyncio.sleep(600)
                assert clock.elapsed == 600

        asyncio.run(main())

    **What is real stays real.** Sockets and ``call_soon_threadsafe`` wake the loop as ever. Before time moves,

    - the loop has nothing left to run;
    - the calls that run in its executors (`asyncio.to_thread`, ``loop.run_in_executor``) are over;
    - if other threads live, or the loop watches sockets or child processes, none of them has woken the loop for
      `settle` seconds of real time. Whether such a thread works or is idle cannot be known, so one that works
      for longer may find that time has passed. Raise `settle` where that matters, or advance by hand.

    Only the loop's time is faked: `time.time`, `time.monotonic`, `time.sleep` and the waits of threads are not.

    When the block ends, the loop has its own time again. Timers that are left over keep what remains to them; a
    moment that was read from ``loop.time()`` inside means nothing outside.

    Args:
        auto: Whether time jumps to the next timer whenever the loop has nothing else to do.
        settle: How long threads and sockets have to be silent before time moves, in seconds of real time.
        patience: How long the loop may go on waiting while time stands still, in seconds of real time. A test
            that waits for a time that never comes fails with `FakeClockError` instead of hanging.

    Raises:
        InvalidInputError: `settle` or `patience` is no number of seconds.
    """

    def __init__(self, *, auto: bool = False, settle: float = 0.01, patience: float = 30.0) -> None:
        self._auto = auto
        self._settle = _seconds("settle", settle)
        self._patience = _seconds("patience", patience)
        self._loop: Any = None
        self._poll: Any = None  # the selector's own select
        self._resolution = 0.0
        self._start = self._now = 0.0
        self._moved = 0.0  # when it was, in real time
        self._goals: list[_Goal] = []
        self._calls: set[asyncio.Future[Any]] = set()  # that run in executors

    @property
    def elapsed(self) -> float:
        """How much time has passed inside the block, in seconds (whole ones and their halves are exact)."""
        return self._now - self._start

    def time(self) -> float:
        """What ``loop.time()`` says, in seconds; for code that takes a clock. Any thread may ask."""
        return self._now

    async def advance(self, seconds: float, *, wait: bool = True) -> None:
        """Let time pass, and everything happen that falls due on the way, each at its time and in order.

        What that starts in turn is run too, before this returns.

        Args:
            seconds: How much; 0 runs what is due now.
            wait: Whether time waits for calls in executors; False to go past one that hangs.

        Raises:
            InvalidInputError: `seconds` is no number from 0.
            FakeClockError: The clock does not run, or runs on another event loop.
        """
        _seconds("seconds", seconds)
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            raise FakeClockError("advance() was called outside of the clock's block", "call it inside `with`")
        goal = _Goal(self._now + seconds, wait, loop.create_future())
        self._goals.append(goal)
        try:
            await goal.reached
        finally:
            self._goals.remove(goal)

    def __enter__(self) -> Self:
        """Take over the time of the running event loop.

        Raises:
            RuntimeError: No event loop runs.
            UnsupportedError: It is not asyncio's own (uvloop's time cannot be faked).
            FakeClockError: It has a fake clock already.
        """
        running = asyncio.get_running_loop()
        if not isinstance(running, asyncio.SelectorEventLoop):
            kind = type(running).__qualname__
            raise UnsupportedError("FakeClock", f"the event loop {kind}", "asyncio's SelectorEventLoop")
        loop: Any = running  # what follows is not in its public interface
        if self._loop is not None or "time" in vars(loop):
            raise FakeClockError("this event loop has a fake clock already", "use that one")
        # A binary fraction, so that seconds and their halves can be added and taken off without rounding.
        self._start = self._now = math.ceil(loop.time() * 1024) / 1024
        self._loop = loop
        self._resolution = loop._clock_resolution
        self._poll = loop._selector.select
        self._run_in_executor = loop.run_in_executor
        loop.time = self.time
        loop.run_in_executor = self._call_in_executor
        loop._selector.select = self._select
        self._move(self._start)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._restore()

    # --- Inside the event loop ------------------------------------------------------------------------

    def _select(self, timeout: float | None) -> list[Any]:
        """Stands in for the selector's `select`, which the loop calls once in each of its turns.

        Args:
            timeout: How long the loop would wait: 0 while it has something to run.
        """
        events: list[Any] = self._poll(0)
        if events or timeout == 0:
            return events
        goal = min(self._goals, key=lambda goal: goal.when, default=None)
        timer = self._loop._scheduled[0]._when if self._loop._scheduled else math.inf
        until = goal.when if goal else timer if self._auto else math.inf
        if until == math.inf or (self._calls and (goal is None or goal.wait)):
            return self._stand_still()
        if self._has_company():
            events = self._poll(self._settle)
            if events:
                if not self._patience_left():
                    raise self._give_up("threads or sockets wake the loop all the time", "lower settle")
                return events
        self._move(min(until, timer))
        if goal and timer > goal.when:
            goal.reached.set_result(None)
        return []

    def _stand_still(self) -> list[Any]:
        """Wait for a thread or a socket."""
        events: list[Any] = self._poll(self._patience_left())
        if events and self._patience_left():
            return events
        if self._calls:
            raise self._give_up(
                f"time waits for {len(self._calls)} calls that run in threads",
                "end them, or go past them with advance(seconds, wait=False)",
            )
        if self._loop._scheduled:
            seconds = self._loop._scheduled[0].when() - self._now
            raise self._give_up(
                f"the next timer is due in {seconds:g} s",
                "await clock.advance(seconds), or use FakeClock(auto=True)",
            )
        raise self._give_up("no timer is set that could end the waiting", "find out what the test waits for")

    def _patience_left(self) -> float:
        return max(0.0, self._moved + self._patience - monotonic())

    def _give_up(self, problem: str, advice: str) -> FakeClockError:
        self._restore()  # so that the test can be torn down
        return FakeClockError(f"time stood still for {self._patience:g} s of real time: {problem}", advice)

    def _move(self, when: float) -> None:
        self._now = max(self._now, when)
        self._moved = monotonic()
        # The loop runs timers that are due before now + resolution, which must not be lost to rounding.
        self._loop._clock_resolution = max(self._resolution, 2 * math.ulp(self._now))

    def _has_company(self) -> bool:
        """Whether something lives that may have an answer for the loop which was not announced."""
        executor = self._loop._default_executor
        known = {threading.current_thread(), *(executor._threads if executor else ())}
        others = [thread for thread in threading.enumerate() if thread not in known and thread.name != _WATCHDOG]
        return bool(others) or len(self._loop._selector.get_map()) > 1

    def _call_in_executor(self, executor: Any, function: Any, *arguments: Any) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = self._run_in_executor(executor, function, *arguments)
        self._calls.add(future)
        future.add_done_callback(self._calls.discard)
        return future

    def _restore(self) -> None:
        loop, self._loop = self._loop, None
        if loop is None:
            return  # it gave up before
        del loop.time, loop.run_in_executor, loop._selector.select
        loop._clock_resolution = self._resolution
        ahead = self._now - loop.time()
        for handle in loop._scheduled:  # all by the same amount, so the heap stays one
            handle._when -= ahead


@dataclass(slots=True, eq=False)
class _Goal:
    when: float
    wait: bool
    reached: asyncio.Future[None]


def _seconds(argument: str, value: float) -> float:
    if not (math.isfinite(value) and value >= 0):
        raise InvalidInputError(argument, f"is {value!r}, not a number of seconds from 0")
    return value
