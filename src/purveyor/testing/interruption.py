"""`Interruption`: something happens to a coroutine at its n-th await."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator

__all__ = ["Interruption", "cancel", "hold_until", "place_of"]

R = TypeVar("R")

_ASYNCIO = Path(asyncio.__file__).parent


class Interruption(Generic[R]):
    """Awaits a coroutine, and does something when it suspends for the n-th time.

    Args:
        coroutine: What is awaited.
        at: At which suspension, from 1.
        action: What happens there: `cancel`, or `hold_until`.
    """

    def __init__(
        self, coroutine: Coroutine[Any, Any, R], at: int, action: Callable[[], Generator[Any, Any, None]]
    ) -> None:
        self._coroutine = coroutine
        self._at = at
        self._action = action
        self.place: str | None = None  #: where it was when it happened; None if it never came so far

    def __await__(self) -> Generator[Any, Any, R]:
        inner = self._coroutine.__await__()
        resume = partial(inner.send, None)
        suspensions = 0
        while True:
            try:
                waited = resume()
            except StopIteration as end:
                result: R = end.value
                return result
            suspensions += 1
            try:
                if suspensions == self._at:
                    self.place = place_of(self._coroutine)
                    yield from self._action()
                value = yield waited
            except BaseException as error:
                resume = partial(inner.throw, error)
            else:
                resume = partial(inner.send, value)


def cancel() -> Generator[Any, Any, None]:
    """Have the running task cancelled while it waits for what it awaits now."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().call_soon(task.cancel)
    yield from ()


def hold_until(released: asyncio.Event) -> Generator[Any, Any, None]:
    """Keep the coroutine from going on until the event is set."""
    yield from released.wait().__await__()


def place_of(coroutine: Any) -> str:
    """Where a suspended coroutine waits: the innermost line that is not asyncio's own."""
    place = type(coroutine).__name__
    while (frame := getattr(coroutine, "cr_frame", None)) is not None:
        file = Path(frame.f_code.co_filename)
        if file.parent != _ASYNCIO:
            place = f"{file.name}:{frame.f_lineno}, in {frame.f_code.co_name}"
        coroutine = coroutine.cr_await
    return place
