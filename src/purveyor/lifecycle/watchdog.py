"""`Watchdog`: names the provider that blocks the event loop, while it does.

A provider that computes or waits without an `await` in its initialize or cleanup cannot be interrupted, and
nothing on its event loop can say so, no deadline either. A thread can: it asks the loop for an answer again and
again while lifecycle steps are under way, and if none comes it looks what the loop's thread is at.

It sees what Python sees. An extension that keeps the interpreter's lock stops the watchdog as well; one that
gives it back, as all blocking calls of the standard library do, does not.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
from contextlib import suppress
from contextvars import Context
from time import monotonic, sleep, time
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary, WeakSet

from purveyor.events import Event, LoopBlocked

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType

__all__ = ["WATCHDOG", "Watchdog", "runs_for"]

#: What a provider's author writes, and a lifecycle runs.
_STEPS = frozenset({"validate", "initialize", "cleanup", "reload", "check", "on_need_reloaded", "next_generation"})

#: What the names of tasks begin with in which a provider's lifecycle runs; its name follows, if nothing else does.
_OWNED = "purveyor:"

#: Whose lifecycle runs in the tasks whose names say more than that.
_providers: WeakKeyDictionary[asyncio.Task[Any], str] = WeakKeyDictionary()

#: How often a loop is asked for an answer in the time that it has for it.
_BEATS = 4

_logger = logging.getLogger(__name__)


def runs_for(task: asyncio.Task[Any], provider: str) -> None:
    """Have what a task blocks be that provider's doing, whatever the task is called."""
    _providers[task] = provider


class Watchdog:
    """Watches event loops from one thread, which starts with the first of them and sleeps while there is none.

    Args:
        patience: How long a single callback or step of a task may hold up the loop, in seconds.
    """

    def __init__(self, patience: float = 1.0) -> None:
        self.patience = patience
        self._reset()
        _watchdogs.add(self)

    def watching(self, loop: asyncio.AbstractEventLoop, publish: Callable[[Event], None]) -> Watching:
        """Watch a loop, from whose thread this is called, for as long as a ``with`` block lasts.

        A warning is logged as soon as the patience is at an end. When the loop answers again, `LoopBlocked` is
        published, on the loop's thread. Cheap, so that it may be entered for a single step.

        Args:
            loop: The running event loop.
            publish: Where `LoopBlocked` goes. If several watch the same loop, all of theirs get it.
        """
        return Watching(self, loop, publish)

    def _reset(self) -> None:
        """Begin anew; after a fork there is no thread in the child, and its locks may be held for ever."""
        self._watched: set[Watching] = set()  # added to and taken from without a lock, and copied before use
        self._pulses: dict[asyncio.AbstractEventLoop, _Pulse] = {}
        self._awake = False
        self._bell = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def _enter(self, watching: Watching) -> None:
        self._watched.add(watching)
        if not self._awake:
            self._bell.set()
            if self._thread is None:
                self._start()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="purveyor watchdog", daemon=True)
                with suppress(RuntimeError):  # the interpreter ends, or has no threads: then nobody watches
                    thread.start()
                    self._thread = thread

    # --- on the thread --------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            self._bell.clear()
            self._awake = True
            while self._watched:
                since = monotonic()
                sleep(self.patience / _BEATS)
                # A process that was stopped has not been blocked; so what the thread has overslept does not count.
                self._look(min(monotonic() - since, 2 * self.patience / _BEATS))
            self._pulses.clear()
            self._awake = False
            if not self._watched:  # who comes later sees that it has to ring
                self._bell.wait()

    def _look(self, passed: float) -> None:
        """Ask every loop for an answer, or find out what keeps it from giving one.

        Args:
            passed: The seconds since the last look.
        """
        by_loop: dict[asyncio.AbstractEventLoop, list[Watching]] = {}
        for watching in self._watched.copy():
            by_loop.setdefault(watching.loop, []).append(watching)
        pulses, self._pulses = self._pulses, {}
        for loop, watched in by_loop.items():
            pulse = pulses.get(loop)
            if not loop.is_running():
                continue
            if pulse is None or pulse.has_passed():
                pulse = _Pulse(loop, watched[0].thread)
                with suppress(RuntimeError):  # the loop was closed just now
                    loop.call_soon_threadsafe(pulse.answer, context=Context())
            elif pulse.is_overdue(passed, self.patience):
                pulse.report([watching.publish for watching in watched])
            self._pulses[loop] = pulse


class Watching:
    """One ``with`` block of `Watchdog.watching`."""

    __slots__ = ("_watchdog", "loop", "publish", "thread")

    def __init__(
        self, watchdog: Watchdog, loop: asyncio.AbstractEventLoop, publish: Callable[[Event], None]
    ) -> None:
        self._watchdog = watchdog
        self.loop = loop
        self.publish = publish
        self.thread = threading.get_ident()

    def __enter__(self) -> None:
        self._watchdog._enter(self)

    def __exit__(self, *_: object) -> None:
        self._watchdog._watched.discard(self)


class _Pulse:
    """One question to a loop, which answers it in its next turn; until then it may be at one and the same step."""

    def __init__(self, loop: asyncio.AbstractEventLoop, thread: int) -> None:
        self._loop = loop
        self._thread = thread
        self._task = asyncio.current_task(loop)
        self._since = monotonic()
        self._until: float | None = None
        self._silent = 0.0
        self._answered = False
        self._unreported = [True]  # whoever takes it out, of the two threads, was first
        self._publish: list[Callable[[Event], None]] = []
        self._culprit = _Culprit("", "", "")

    def has_passed(self) -> bool:
        """Whether the loop has answered, or is at another step at least: many short ones are nobody's fault."""
        if not self._answered and asyncio.current_task(self._loop) is self._task:
            return False
        self._until = monotonic()
        return True

    def is_overdue(self, passed: float, patience: float) -> bool:
        """Whether the loop's time is up, and nobody has been told yet."""
        self._silent += passed
        return self._silent >= patience and bool(self._unreported)

    def report(self, publish: list[Callable[[Event], None]]) -> None:
        self._culprit = culprit = _culprit(self._task, self._thread)
        self._publish = publish
        try:
            self._unreported.pop()
        except IndexError:  # the loop has answered meanwhile: what was seen may be someone else
            return
        _logger.warning(
            "The event loop has been blocked for %.1f s by %s",
            self._silent, culprit.text,
            extra={
                "provider_name": culprit.provider,
                "provider_where": culprit.where,
                "provider_seconds": self._silent,
            },
        )  # fmt: skip

    def answer(self) -> None:
        """Called by the loop."""
        self._answered = True
        try:
            self._unreported.pop()
        except IndexError:
            seconds = (self._until or monotonic()) - self._since
            event = LoopBlocked(self._culprit.provider, time(), seconds, self._culprit.where)
            for publish in dict.fromkeys(self._publish):
                publish(event)


class _Culprit(NamedTuple):
    provider: str  # empty if it is not a provider's lifecycle
    where: str
    text: str


def _culprit(task: asyncio.Task[object] | None, thread: int) -> _Culprit:
    """What a thread is at: the step of a lifecycle, if it is in one, and the line that it has come to."""
    innermost = frame = sys._current_frames().get(thread)
    while frame is not None and frame.f_code.co_name not in _STEPS:
        frame = frame.f_back
    name = "" if task is None else task.get_name()
    if frame is not None and task is not None and name.startswith(_OWNED):
        where = _place(frame)
        if innermost is not None and innermost is not frame:
            where += f", which is in {_place(innermost)}"
        provider = _providers.get(task) or name.removeprefix(_OWNED)
        return _Culprit(provider, where, f"provider {provider} in {where}")
    who = f"task {name}" if name else "a callback"
    where = who if innermost is None else f"{who} in {_place(innermost)}"
    return _Culprit("", where, where)


def _place(frame: FrameType) -> str:
    code: CodeType = frame.f_code
    return f"{code.co_name} ({code.co_filename}:{frame.f_lineno})"


_watchdogs: WeakSet[Watchdog] = WeakSet()

#: The one of this process.
WATCHDOG = Watchdog()


def _begin_anew() -> None:
    for watchdog in _watchdogs:
        watchdog._reset()


os.register_at_fork(after_in_child=_begin_anew)
