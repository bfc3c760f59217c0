"""Plays calls on a class, and tells after each what there was to see."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import inspect
import logging
import os
import re
import threading
import warnings
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from purveyor.migrate.verify.child.specs import label, make, resolve

if TYPE_CHECKING:
    from collections.abc import Callable

    from purveyor.migrate.verify.child.canonical import Canon
    from purveyor.migrate.verify.child.channel import Channel
    from purveyor.migrate.verify.child.frozen import Frozen
    from purveyor.migrate.verify.child.guard import Guard
    from purveyor.migrate.verify.child.sandbox import Files, Printed

__all__ = ["Heard", "Player", "Witness"]

#: Elements of a generator that are taken.
_BOUND = 100
#: Loggers whose records say how things run, and not what the project does.
_UNHEARD = ("asyncio", "purveyor")


class Heard(logging.Handler):
    """Collects log records."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.records: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one, as a line."""
        if record.name.partition(".")[0] in _UNHEARD:
            return
        try:
            message = record.getMessage()
        except Exception as error:  # arguments that do not fit, or a project's own __str__
            message = f"<{type(error).__name__}> {record.msg!r}"
        self.records.append(f"{record.levelname} {record.name}: {message}")


class Witness:
    """Sees what a step does besides its result, and tells it.

    Args:
        channel: To whom.
        canon: How values are told.
        clock: What stands still meanwhile.
        files: Whose changes are seen.
        printed: What is printed.
        guard: What refuses.
    """

    def __init__(
        self, channel: Channel, canon: Canon, clock: Frozen, files: Files, printed: Printed, guard: Guard
    ) -> None:
        self.canon = canon
        self._channel = channel
        self._clock = clock
        self._files = files
        self._printed = printed
        self._guard = guard
        self._heard = Heard()
        logging.getLogger().addHandler(self._heard)
        logging.getLogger().setLevel(logging.INFO)

    def begin(self, play: int, step: int, text: str, times: int = 1) -> None:
        """A step begins.

        Args:
            play: The play's number; -1 for the import.
            step: The step's in it.
            text: The step, for people.
            times: How many times as long as usual it may take.
        """
        self._channel.send("begin", play=play, step=step, label=text, times=times)
        self._clock.step(1_000 * play + step)

    def end(self, outcome: str, told: Any) -> None:
        """It has ended.

        Args:
            outcome: ``"value"``, ``"error"`` or ``"timeout"``.
            told: The value or the error as a tree.
        """
        records, self._heard.records = self._heard.records, []
        refused, self._guard.refused = self._guard.refused, []
        self._channel.send(
            "end",
            outcome=outcome,
            told=told,
            files=self._files.changes(),
            log=[self.canon.text(line) for line in records],
            stdout=self.canon.text(self._printed.take()),
            outside=[self.canon.text(line) for line in refused],
        )


class Player:
    """Plays.

    Args:
        witness: Who sees it.
        folder: Where each play gets a folder of its own.
        timeout: How long a step may take, in seconds. Steps that cannot be cancelled are ended from outside.
    """

    def __init__(self, witness: Witness, folder: str, timeout: float) -> None:
        self._witness = witness
        self._folder = folder
        self._timeout = timeout

    def play(self, number: int, play: dict[str, Any]) -> None:
        """Build an object and make the calls on it; then tell what is left of it.

        Args:
            number: The play's.
            play: ``class``, ``build``, ``calls``, and as ``context`` whether they are made in an event loop.
        """
        folder = os.path.join(self._folder, f"play-{number}")  # noqa: PTH118 - texts are what is needed
        os.makedirs(folder, exist_ok=True)  # noqa: PTH103 - as above
        threads = set(threading.enumerate())
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        scene = _Scene(self._witness, number, folder, loop, self._timeout if play["context"] == "async" else None)
        try:
            if scene.timeout is None:
                _run_by_hand(scene.calls(play))
            else:
                loop.run_until_complete(scene.calls(play))
            self._witness.begin(number, len(play["calls"]) + 1, "left behind")
            left = loop.run_until_complete(_left(threads))
            self._witness.end("value", left)
        finally:
            asyncio.set_event_loop(None)
            loop.close()


class _Scene:
    """One play: its object, and how a call on it is made."""

    def __init__(
        self, witness: Witness, number: int, folder: str, loop: asyncio.AbstractEventLoop, timeout: float | None
    ) -> None:
        self._witness = witness
        self._number = number
        self._folder = folder
        self._loop = loop
        self.timeout = timeout
        self.steps = 0

    async def calls(self, play: dict[str, Any]) -> None:
        """All steps, in one task: what is entered in a task must be left in it."""
        build = play["build"]
        text = label(play["class"].rpartition(":")[2], build["args"], build["kwargs"])
        built = await self._step(text, lambda: self._call(resolve(play["class"]), build), raw=True)
        if built is None:
            return
        for call in play["calls"]:
            text = label(call["method"], call["args"], call["kwargs"])
            await self._step(text, partial(self._on, built[0], call))

    def _on(self, target: Any, call: dict[str, Any]) -> Any:
        attribute = getattr(target, call["method"])
        return self._call(attribute, call) if callable(attribute) else attribute

    def _call(self, function: Callable[..., Any], call: dict[str, Any]) -> Any:
        return function(*make(call["args"], self._folder), **make(call["kwargs"], self._folder))

    async def _step(self, text: str, call: Callable[[], Any], *, raw: bool = False) -> tuple[Any] | None:
        """Make a call and tell what came of it; its value, if there is one: as it is, or awaited and exhausted."""
        self._witness.begin(self._number, self.steps, text)
        self.steps += 1
        late: asyncio.Timeout | None = None
        value: Any = None
        try:
            if self.timeout is None:
                value = call() if raw else self._wait(call())
            else:
                async with asyncio.timeout(self.timeout) as late:
                    value = call() if raw else await _whole(call())
        except BaseException as error:  # SystemExit, a cancellation, whatever there is
            if late is None or not late.expired():
                self._witness.end("error", self._witness.canon.error(error))
                return None
        if late is not None and late.expired():
            self._witness.end("timeout", None)
            return None
        self._witness.end("value", self._witness.canon.value(value))
        return (value,)

    def _wait(self, value: Any) -> Any:
        if inspect.isawaitable(value) or _is_async_iterator(value):
            return self._loop.run_until_complete(_whole(value))
        return _exhausted(value)


async def _whole(value: Any) -> Any:
    """What a call really gives: awaited, and taken to its end."""
    if inspect.isawaitable(value):
        value = await value
    if not _is_async_iterator(value):
        return _exhausted(value)
    elements: list[Any] = []
    try:
        async for element in value:
            elements.append(element)
            if len(elements) == _BOUND:
                break
    finally:
        if inspect.isasyncgen(value):
            await value.aclose()
    return _Elements(elements)


def _is_async_iterator(value: Any) -> bool:
    return hasattr(type(value), "__anext__")


def _exhausted(value: Any) -> Any:
    """What a generator gives, or an iterator of the language's own; anything else as it is."""
    if not hasattr(type(value), "__next__") or type(value).__module__ not in {"builtins", "itertools"}:
        return value
    try:
        return _Elements(islice(value, _BOUND))
    finally:
        if inspect.isgenerator(value):
            value.close()


class _Elements(list[Any]):
    """What a generator gave."""


def _run_by_hand(steps: Any) -> None:
    """Run a coroutine that never waits, without a loop: synchronous code may want to run one of its own."""
    with contextlib.suppress(StopIteration):
        steps.send(None)


async def _left(before: set[threading.Thread]) -> dict[str, Any]:
    """The tasks and threads that are still there, after they had a moment to end; the tasks are cancelled."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()
    for _ in range(10):
        await asyncio.sleep(0)
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for _ in range(10):
        if not _threads(before):
            break
        await asyncio.sleep(0.02)
    told = {
        "tasks": sorted(_task_name(task) for task in tasks),
        "threads": sorted(map(_name, _threads(before))),
    }
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=1)
    return told


def _threads(before: set[threading.Thread]) -> list[threading.Thread]:
    """Those that are new, without the loop's own pool, which lives as long as the loop."""
    return [each for each in threading.enumerate() if each not in before and not each.name.startswith("asyncio_")]


def _name(thread: threading.Thread) -> str:
    return re.sub(r"\d+", "#", thread.name)


def _task_name(task: asyncio.Task[Any]) -> str:
    coroutine = task.get_coro()
    return str(getattr(coroutine, "__qualname__", type(coroutine).__name__))
