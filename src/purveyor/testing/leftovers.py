"""`Leftovers`: what was opened and is still open."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
import warnings
from typing import TYPE_CHECKING, Any, Self, TextIO

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Leftovers"]

#: Where the system lists the files that this process has open. Elsewhere than on Linux they are not looked at.
_OPEN_FILES = "/proc/self/fd"


class Leftovers:
    """Notes what is open in this process, and tells later what has been opened since and not closed.

    That is: tasks of the running event loop, threads, file descriptors; and what Python reports by itself:
    resource warnings, coroutines that nobody awaited, errors that nobody took. The threads of the loop's default
    executor stay for others to use, and do not count.
    """

    def __init__(self) -> None:
        self._loop: Any = asyncio.get_running_loop()
        self._reports: list[str] = []
        self._warnings = warnings.catch_warnings()
        self._open: dict[object, str] = {}

    def note(self) -> None:
        """Take what is open now for granted."""
        gc.collect()
        gc.freeze()
        self._reports.clear()
        self._open = self._look()

    async def remaining(self, patience: float) -> list[str]:
        """What is left, once all is gone or the patience is at an end.

        Args:
            patience: How long to wait for what is about to end, such as a thread, in seconds.
        """
        deadline = self._loop.time() + patience
        while left := [text for key, text in self._look().items() if key not in self._open]:
            if self._loop.time() >= deadline:
                break
            await asyncio.sleep(0.001)  # of threads and files nobody can be told when they end
        gc.collect()
        await asyncio.sleep(0)  # for errors that are reported through the loop
        return left + self._reports

    def __enter__(self) -> Self:
        # What lives now is looked through no more: collections are quick, and others' garbage is not reported.
        gc.freeze()
        self._handler = self._loop.get_exception_handler()
        self._loop.set_exception_handler(self._report_error)
        self._warnings.__enter__()
        self._show = warnings.showwarning
        warnings.showwarning = self._report_warning
        warnings.simplefilter("always", ResourceWarning)
        warnings.filterwarnings("always", "coroutine .* was never awaited", RuntimeWarning)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        gc.collect()
        gc.unfreeze()
        self._warnings.__exit__(kind, error, traceback)
        self._loop.set_exception_handler(self._handler)

    def _look(self) -> dict[object, str]:
        executor = self._loop._default_executor
        pool = executor._threads if executor else ()
        found: dict[object, str] = {
            task: f"the task {task.get_name()!r}: {task.get_coro()!r}" for task in asyncio.all_tasks(self._loop)
        }
        for thread in threading.enumerate():
            if thread not in pool:
                found[thread] = f"the thread {thread.name!r}"
        return found | _open_files()

    def _report_error(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self._reports.append(f"{context['message']}: {context.get('exception')!r}")

    def _report_warning(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        if issubclass(category, ResourceWarning) or "was never awaited" in str(message):
            self._reports.append(f"{category.__name__}: {message}")
        else:
            self._show(message, category, filename, lineno, file, line)


def _open_files() -> dict[object, str]:
    found: dict[object, str] = {}
    try:
        descriptors = os.listdir(_OPEN_FILES)  # noqa: PTH208 - names
    except OSError:
        return found
    for descriptor in descriptors:
        try:
            target = os.readlink(f"{_OPEN_FILES}/{descriptor}")  # noqa: PTH115 - a name
        except OSError:  # it was the one that listed them
            continue
        found[descriptor, target] = f"the file descriptor {descriptor}: {target}"
    return found
