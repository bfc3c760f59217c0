"""Leases: what an operation holds while it runs, so that a provider is never closed under it.

A `Gate` stands before each registered provider. An operation enters it and leaves it; a reload or a stop
shuts it, waits until everyone who is inside has left (drains it), does its work and opens it again, or
ends it. The count of leases is kept in one cell a thread, so that it is exact without a lock: a thread
adds its lease *before* it looks whether the gate is shut, and the one who drains shuts the gate *before*
it adds up the cells, so that one of the two always sees the other.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from contextlib import suppress
from contextvars import ContextVar
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING

from purveyor.errors import ProviderNotReadyError
from purveyor.metadata import ProviderStatus

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType

__all__ = ["UNREGISTERED", "Gate", "Generation", "own_generation"]

#: The generation that this context belongs to, if a provider's lifecycle runs in it or a task that it started.
own_generation: ContextVar[Generation | None] = ContextVar("own_generation", default=None)

#: The code of operation wrappers; a frame of one, further out on the stack, holds a lease.
wrapper_codes: set[CodeType] = set()


class _Phase(Enum):
    OPEN = "open"
    DRAINING = "draining"  # operations inside may still call each other; new ones wait
    BUSY = "busy"  # initialize or cleanup is at work; new operations wait
    REFUSING = "refusing"  # the way to the end: as draining, but new ones are turned away
    DOWN = "down"  # the last start or reload failed; turned away until another succeeds
    ENDED = "ended"  # turned away for good


_CLOSED = frozenset({_Phase.DOWN, _Phase.ENDED})


class Generation:
    """One incarnation of a provider, from its initialize to its cleanup.

    Its own calls, and those of the tasks that it started, never wait at its gate: they would wait for themselves.
    That ends with its cleanup: what it has left running then is a caller like any other.

    Args:
        gate: The gate of the provider.
    """

    __slots__ = ("gate", "over")

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.over = False


class Gate:
    """Admits operations to one provider, and knows how many are inside.

    Args:
        name: The provider's name, for the errors of those who are turned away.
    """

    __slots__ = ("_holders", "_idle", "_lock", "_openings", "_phase", "_status", "cells", "name", "shut")

    def __init__(self, name: str) -> None:
        self.name = name
        self.shut = True
        self.cells: dict[int, list[int]] = {}  # by thread identifier, so that a dead thread's cell is reused
        self._phase = _Phase.BUSY
        self._status = ProviderStatus.STARTING
        self._lock = threading.Lock()
        self._openings: list[Callable[[], object]] = []
        self._idle: Callable[[], object] | None = None
        self._holders: dict[asyncio.Task[object] | None, int] = {}

    @property
    def held(self) -> int:
        """How many leases are out."""
        return sum(cell[0] for cell in list(self.cells.values()))

    @property
    def in_use(self) -> bool:
        """Whether it belongs to a registration that is not over."""
        return self is not UNREGISTERED and self._phase is not _Phase.ENDED

    # --- for the one who reloads or stops -----------------------------------------------------------

    def open(self) -> None:
        """Let everyone in."""
        self._change(_Phase.OPEN, ProviderStatus.READY)

    def close(self, status: ProviderStatus) -> None:
        """Let nobody in while the lifecycle works; who comes waits."""
        self._change(_Phase.BUSY, status)

    def refuse(self, status: ProviderStatus) -> None:
        """Turn everyone away with `ProviderNotReadyError` until the next change, those who wait included."""
        self._change(_Phase.DOWN, status)

    def end(self, status: ProviderStatus) -> None:
        """Turn everyone away for good."""
        self._change(_Phase.ENDED, status)

    async def drain(self, timeout: float, *, for_good: bool) -> int:
        """Let nobody new in, and wait until everyone inside has left.

        Args:
            timeout: How long to wait, in seconds.
            for_good: Whether newcomers are turned away rather than asked to wait.

        Returns:
            How many were still inside when the time was up; 0 if all left.
        """
        if for_good:
            self._change(_Phase.REFUSING, ProviderStatus.STOPPING)
        else:
            self._change(_Phase.DRAINING, ProviderStatus.RELOADING)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while self.held and (remaining := deadline - loop.time()) > 0:
            changed = asyncio.Event()
            self._idle = partial(loop.call_soon_threadsafe, changed.set)
            self.left()  # the last one may have left before the callback stood
            alarm = loop.call_later(remaining, changed.set)
            try:
                await changed.wait()
            finally:
                alarm.cancel()
                self._idle = None
        return self.held

    # --- for operations -----------------------------------------------------------------------------

    def cell(self, thread: int) -> list[int]:
        """A thread's count of leases; only that thread may write to it."""
        try:
            return self.cells[thread]
        except KeyError:
            cell = self.cells[thread] = [0]
            return cell

    async def admit(self, lease: list[int]) -> None:
        """Enter the gate, waiting if need be; the lease is held on return.

        Args:
            lease: The calling thread's cell.

        Raises:
            ProviderNotReadyError: The provider was stopped, or its last start or reload failed.
        """
        while not self._may_enter(lease):
            loop = asyncio.get_running_loop()
            opened = asyncio.Event()
            wake = partial(loop.call_soon_threadsafe, opened.set)
            self._on_opening(wake)
            try:
                await opened.wait()
            finally:
                self._forget_opening(wake)

    def admit_thread(self, lease: list[int]) -> None:
        """As `admit`, for a plain function: its thread waits, unless an event loop runs in it.

        Raises:
            ProviderNotReadyError: As for `admit`, and where waiting would stall an event loop.
        """
        while not self._may_enter(lease):
            if asyncio._get_running_loop() is not None:
                raise ProviderNotReadyError(self.name, self._status)
            opened = threading.Event()
            self._on_opening(opened.set)
            opened.wait()

    def left(self) -> None:
        """Tell the one who drains, after a lease was given back to a gate that is shut."""
        idle = self._idle
        if idle is not None and not self.held:
            idle()

    def hold(self) -> asyncio.Task[object] | None:
        """Note that this task holds a lease across its own steps, as the reader of an async generator does."""
        task = asyncio.current_task()
        with self._lock:
            self._holders[task] = self._holders.get(task, 0) + 1
        return task

    def release(self, task: asyncio.Task[object] | None) -> None:
        """Undo `hold`."""
        with self._lock:
            if self._holders[task] == 1:
                del self._holders[task]
            else:
                self._holders[task] -= 1

    def is_own(self) -> bool:
        """Whether the caller belongs to the provider's own lifecycle."""
        generation = own_generation.get()
        return generation is not None and generation.gate is self and not generation.over

    def is_inside(self, *, wrappers: int = 1) -> bool:
        """Whether the caller holds a lease: to make it wait until all leases are back would be a deadlock.

        Looked up on the stack, and only when it matters: to note every holder would cost each operation a
        context variable.

        Args:
            wrappers: How many wrappers of operations must be on the stack.
        """
        if asyncio._get_running_loop() is not None and asyncio.current_task() in self._holders:
            return True
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            if frame.f_code in wrapper_codes and frame.f_locals.get("gate") is self:
                wrappers -= 1
                if not wrappers:
                    return True
            frame = frame.f_back
        return False

    # --- inside -------------------------------------------------------------------------------------

    def _change(self, phase: _Phase, status: ProviderStatus) -> None:
        with self._lock:
            self._phase = phase
            self._status = status
            self.shut = phase is not _Phase.OPEN
            woken, self._openings = self._openings, []
        for wake in woken:
            with suppress(RuntimeError):  # the event loop of one who waited is closed: nobody waits there
                wake()

    def _may_enter(self, lease: list[int]) -> bool:
        lease[0] += 1
        if not self.shut:
            return True
        phase = self._phase
        if phase not in _CLOSED:
            if self.is_own():
                return True
            # The first wrapper on the stack is the operation that asks; the second one is inside.
            if phase in (_Phase.DRAINING, _Phase.REFUSING) and self.is_inside(wrappers=2):
                return True
        lease[0] -= 1
        self.left()
        if phase is _Phase.REFUSING or phase in _CLOSED:
            raise ProviderNotReadyError(self.name, self._status)
        return False

    def _on_opening(self, wake: Callable[[], object]) -> None:
        """Have `wake` called at the next change, or now if it has just happened."""
        with self._lock:
            if self.shut and self._phase not in _CLOSED:
                self._openings.append(wake)
                return
        wake()

    def _forget_opening(self, wake: Callable[[], object]) -> None:
        with self._lock:
            if wake in self._openings:
                self._openings.remove(wake)


#: The gate of providers that no manager has registered: always open.
UNREGISTERED = Gate("")
UNREGISTERED.open()
