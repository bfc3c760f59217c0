"""Leases: what an operation holds while it runs, so that a provider is never closed under it.

A `Gate` stands before each instance that a manager runs. An operation enters it and leaves it; a reload or
a stop shuts it, waits until everyone who is inside has left (drains it), does its work and opens it again,
or ends it. Where a reload puts another instance in its place, the gate sends newcomers there.

The count of leases is kept in one cell a thread, so that it is exact without a lock: a thread adds its lease
*before* it looks whether the gate is shut, and the one who drains shuts the gate *before* it adds up the cells,
so that one of the two always sees the other.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from contextlib import suppress
from contextvars import ContextVar
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from purveyor.errors import ProviderNotReadyError
from purveyor.metadata import ProviderStatus

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType

    from purveyor.provider import Provider

__all__ = ["UNREGISTERED", "Gate", "Generation", "Succession", "gates_on_stack", "own_generation"]

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
    REPLACED = "replaced"  # as draining, but new ones go to the instance that serves instead
    RETIRED = "retired"  # all go there
    ENDED = "ended"  # turned away for good

    __hash__ = object.__hash__  # members are singletons; Enum's own is Python code


_CLOSED = frozenset({_Phase.DOWN, _Phase.ENDED})
_WAITING = frozenset({_Phase.DRAINING, _Phase.BUSY})
_INSIDE_GO_ON = frozenset({_Phase.DRAINING, _Phase.REFUSING, _Phase.REPLACED})

#: Of gates that no operation has met yet; never written to.
_NO_CELLS: dict[int, list[int]] = {}

#: For changes of any gate: they are rare, and a lock of its own would make each provider larger.
_lock = threading.Lock()


class Succession(Protocol):
    """Which instance serves a registration now, of all that have or will."""

    @property
    def provider(self) -> Provider[Any]:
        """The instance."""
        ...


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
    """Admits operations to one instance of a provider, and knows how many are inside.

    Args:
        name: The provider's name, for the errors of those who are turned away.
        succession: Where those go who come after it was replaced.
    """

    __slots__ = ("_holders", "_idle", "_openings", "_phase", "_status", "cells", "name", "shut", "succession")

    def __init__(self, name: str, succession: Succession | None = None) -> None:
        self.name = name
        self.succession = succession
        self.shut = True
        self.cells = _NO_CELLS  # by thread identifier, so that a dead thread's cell is reused
        self._phase = _Phase.BUSY
        self._status = ProviderStatus.STARTING
        self._openings: list[Callable[[], object]] | None = None
        self._idle: Callable[[], object] | None = None
        self._holders: dict[asyncio.Task[object] | None, int] | None = None

    @property
    def held(self) -> int:
        """How many leases are out."""
        return sum(cell[0] for cell in list(self.cells.values())) if self.cells else 0

    @property
    def in_use(self) -> bool:
        """Whether the instance belongs to a registration that is not over."""
        return self is not UNREGISTERED and self._phase not in (_Phase.ENDED, _Phase.RETIRED)

    @property
    def retired(self) -> bool:
        """Whether another instance has taken over for good."""
        return self._phase is _Phase.RETIRED

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

    def make_wait(self) -> None:
        """Let nobody new in until the next change, while those inside finish: a reload has begun."""
        self._change(_Phase.DRAINING, ProviderStatus.RELOADING)

    def turn_away(self) -> None:
        """Turn newcomers away, while those inside finish: a stop has begun."""
        self._change(_Phase.REFUSING, ProviderStatus.STOPPING)

    def replace(self) -> None:
        """Send newcomers to the instance that serves instead, while those inside finish."""
        self._change(_Phase.REPLACED, ProviderStatus.STOPPED)

    def retire(self) -> None:
        """Send everyone there; this instance is over."""
        self._change(_Phase.RETIRED, ProviderStatus.STOPPED)

    async def drain(self, timeout: float, until: Callable[[], bool] = lambda: False) -> int:
        """Wait until everyone inside has left; the gate was shut before.

        Args:
            timeout: How long to wait, in seconds.
            until: Whether to wait no longer; asked when someone has left, and at each `look_again`.

        Returns:
            How many were still inside when the time was up; 0 if all left.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while self.held and not until() and (remaining := deadline - loop.time()) > 0:
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

    def look_again(self) -> None:
        """Have the one who drains ask whether to go on."""
        if self._idle is not None:
            self._idle()

    # --- for operations -----------------------------------------------------------------------------

    def cell(self, thread: int) -> list[int]:
        """A thread's count of leases; only that thread may write to it."""
        try:
            return self.cells[thread]
        except KeyError:
            with _lock:
                if self.cells is _NO_CELLS:
                    self.cells = {}
                cell = self.cells[thread] = [0]
            return cell

    async def admit(self, lease: list[int]) -> bool:
        """Enter the gate, waiting if need be.

        Args:
            lease: The calling thread's cell.

        Returns:
            Whether the lease is held; else the instance was replaced, and the one that serves is to be asked.

        Raises:
            ProviderNotReadyError: The provider was stopped, or its last start or reload failed.
        """
        while (entered := self._may_enter(lease)) is None:
            loop = asyncio.get_running_loop()
            opened = asyncio.Event()
            wake = partial(loop.call_soon_threadsafe, opened.set)
            self._on_opening(wake)
            try:
                await opened.wait()
            finally:
                self._forget_opening(wake)
        return entered

    def admit_thread(self, lease: list[int]) -> bool:
        """As `admit`, for a plain function: its thread waits, unless an event loop runs in it.

        Raises:
            ProviderNotReadyError: As for `admit`, and where waiting would stall an event loop.
        """
        while (entered := self._may_enter(lease)) is None:
            if asyncio._get_running_loop() is not None:
                raise ProviderNotReadyError(self.name, self._status)
            opened = threading.Event()
            self._on_opening(opened.set)
            opened.wait()
        return entered

    def left(self) -> None:
        """Tell the one who drains, after a lease was given back to a gate that is shut."""
        idle = self._idle
        if idle is not None and not self.held:
            idle()

    def hold(self) -> asyncio.Task[object] | None:
        """Note that this task holds a lease across its own steps, as the reader of an async generator does."""
        task = asyncio.current_task() if asyncio._get_running_loop() is not None else None
        with _lock:
            if self._holders is None:
                self._holders = {}
            self._holders[task] = self._holders.get(task, 0) + 1
        return task

    def release(self, task: asyncio.Task[object] | None) -> None:
        """Undo `hold`."""
        with _lock:
            assert self._holders is not None
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
        if self._holders and asyncio._get_running_loop() is not None and self.holds(asyncio.current_task()):
            return True
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            if frame.f_code in wrapper_codes and frame.f_locals.get("gate") is self:
                wrappers -= 1
                if not wrappers:
                    return True
            frame = frame.f_back
        return False

    def holds(self, task: asyncio.Task[object] | None) -> bool:
        """Whether a task holds a lease across its own steps."""
        holders = self._holders
        return bool(holders) and task in holders  # type: ignore[operator]

    def __reduce__(self) -> Any:
        return _unregistered, ()  # what a manager runs is not copied with it

    # --- inside -------------------------------------------------------------------------------------

    def _change(self, phase: _Phase, status: ProviderStatus) -> None:
        self._phase = phase
        self._status = status
        self.shut = phase is not _Phase.OPEN
        # Those who are to wait put themselves down first and look at the phase then, so that none is overlooked.
        if self._openings is None:
            return
        with _lock:
            woken, self._openings = self._openings, None
        for wake in woken or ():
            with suppress(RuntimeError):  # the event loop of one who waited is closed: nobody waits there
                wake()

    def _may_enter(self, lease: list[int]) -> bool | None:
        """Whether the lease is held now; None if the caller is to wait, False if it is to go elsewhere."""
        lease[0] += 1
        if not self.shut:
            return True
        phase = self._phase
        if phase not in _CLOSED and phase is not _Phase.RETIRED:
            if self.is_own():
                return True
            # The first wrapper on the stack is the operation that asks; the second one is inside.
            if phase in _INSIDE_GO_ON and self.is_inside(wrappers=2):
                return True
        lease[0] -= 1
        self.left()
        if phase is _Phase.REFUSING or phase in _CLOSED:
            raise ProviderNotReadyError(self.name, self._status)
        return False if phase in (_Phase.REPLACED, _Phase.RETIRED) else None

    def _on_opening(self, wake: Callable[[], object]) -> None:
        """Have `wake` called at the next change, or now if it has just happened."""
        with _lock:
            if self._openings is None:
                self._openings = []
            self._openings.append(wake)
        if self._phase not in _WAITING:
            self._forget_opening(wake)
            wake()

    def _forget_opening(self, wake: Callable[[], object]) -> None:
        with _lock:
            if self._openings and wake in self._openings:
                self._openings.remove(wake)


def _unregistered() -> Gate:
    return UNREGISTERED


def gates_on_stack() -> set[Gate]:
    """The gates that are held by operations further out on the stack."""
    found: set[Gate] = set()
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code in wrapper_codes and isinstance(gate := frame.f_locals.get("gate"), Gate):
            found.add(gate)
        frame = frame.f_back
    return found


#: The gate of providers that no manager has registered: always open.
UNREGISTERED = Gate("")
UNREGISTERED.open()
