"""The end of a command: what a provider has left at work is not waited for for ever."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Coroutine
    from concurrent.futures import Executor

__all__ = ["end", "end_now", "run"]

T = TypeVar("T")

#: How long tasks may take that had been cancelled before, in seconds: they have had their time to end.
_MOMENT = 1.0

#: The event loops on which something is still at work.
_left: list[asyncio.Runner] = []


def run(main: Coroutine[Any, Any, T]) -> T:
    """As `asyncio.run`, without waiting for ever for tasks that ignore their cancellation, or for busy threads.

    Those are left, and `end` ends the process without them.

    Args:
        main: What is run.
    """
    import asyncio  # noqa: PLC0415 - not every command runs something
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - likewise

    runner = asyncio.Runner()
    threads = ThreadPoolExecutor(thread_name_prefix="asyncio")
    runner.get_loop().set_default_executor(threads)
    over = False
    try:
        return runner.run(main)
    finally:
        try:
            over = runner.run(_wind_up(threads))
        finally:
            if over:
                runner.close()
            else:
                _left.append(runner)


def end(code: int) -> NoReturn:
    """End the process: at once, and never with 0, if something was left at work.

    Args:
        code: The exit code; everything was written.
    """
    if _left:
        end_now(code or 1)
    sys.exit(code)


def end_now(code: int) -> NoReturn:
    """End without cleaning up, and without waiting for threads that are at work."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


async def _wind_up(threads: Executor) -> bool:
    """Cancel all tasks, and let the threads end; whether they do."""
    import asyncio  # noqa: PLC0415 - it is imported already
    import threading  # noqa: PLC0415 - likewise

    from purveyor.lifecycle.owner import GRACE  # noqa: PLC0415 - likewise

    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    fresh = [task for task in tasks if not task.cancelling()]
    for task in tasks:
        task.cancel()
    for some, seconds in ((fresh, GRACE), (tasks, _MOMENT)):
        if some:
            await asyncio.wait(some, timeout=seconds)
    if not all(task.done() for task in tasks):
        return False
    loop, ended = asyncio.get_running_loop(), asyncio.Event()

    def close() -> None:
        threads.shutdown()
        loop.call_soon_threadsafe(ended.set)  # if that comes too late, the loop is left open

    threading.Thread(target=close, name="purveyor:end", daemon=True).start()
    try:
        async with asyncio.timeout(GRACE):
            await ended.wait()
    except TimeoutError:
        return False
    return True
