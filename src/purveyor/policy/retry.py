"""Retries, by tenacity: exponential backoff with full jitter.

tenacity and not stamina, which stands on it: stamina's jitter comes on top of the backoff instead of spreading
it (full jitter makes the fewest calls in all,
https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), and it goes by a clock of its own.
"""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from purveyor.errors import MissingExtraError
from purveyor.policy.deadline import now
from purveyor.policy.verdict import Verdict, judge

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tenacity import RetryCallState

__all__ = ["LONGEST_DELAY", "SHORTEST_WINDOW", "require_retries", "retry"]

T = TypeVar("T")

#: The window, in seconds, out of which the first delay is drawn; each further one is twice as wide.
SHORTEST_WINDOW = 0.1
#: The widest window, in seconds.
LONGEST_DELAY = 10.0


def require_retries() -> Any:
    """The module that retries are made with.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        return import_module("tenacity")
    except ModuleNotFoundError as error:
        raise MissingExtraError("retrying operations", "tenacity", "purveyor[policy]") from error


async def retry(
    call: Callable[[], Awaitable[T]],
    retries: int,
    *,
    until: float | None,
    may_go_on: Callable[[], bool],
    retried: Callable[[int, float, BaseException], None],
) -> T:
    """Await a call, and try again where the backend has failed; the last failure is raised as it is.

    It is not tried again if the deadline would pass before: an error that is known says more than a timeout to
    come.

    Args:
        call: What is tried.
        retries: How often it is tried again.
        until: The deadline, in the event loop's time.
        may_go_on: Asked before each retry.
        retried: Told the number of the attempt that failed, the delay in seconds, and the error.
    """
    try:
        return await call()
    except Exception as error:
        if not _is_worthwhile(error):
            raise
        failures = [error]

    async def replay() -> T:
        # tenacity costs every call 40 µs, which is more than most calls take: it only comes in, and is told of the
        # first attempt, once that has failed.
        if failures:
            raise failures.pop()
        return await call()

    def stop(state: RetryCallState) -> bool:
        late = until is not None and now() + state.upcoming_sleep >= until
        return late or state.attempt_number > retries or not may_go_on()

    def report(state: RetryCallState) -> None:
        assert state.outcome is not None
        error = state.outcome.exception()
        assert error is not None
        retried(state.attempt_number, state.upcoming_sleep, error)

    tenacity = require_retries()
    attempts = tenacity.AsyncRetrying(
        stop=stop,
        wait=tenacity.wait_random_exponential(multiplier=SHORTEST_WINDOW, max=LONGEST_DELAY),
        retry=tenacity.retry_if_exception(_is_worthwhile),
        before_sleep=report,
        sleep=asyncio.sleep,
        reraise=True,
    )
    result: T = await attempts(replay)
    return result


def _is_worthwhile(error: BaseException) -> bool:
    return judge(error) is Verdict.FAILED
