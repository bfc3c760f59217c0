"""What is tried again, how often, and after how long."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from purveyor.errors import InvalidInputError, MissingExtraError, OperationTimeoutError
from purveyor.policy import Breaker, Policy
from purveyor.policy.retry import LONGEST_DELAY
from purveyor.testing import FakeClock
from tests.policy.conftest import COROUTINE, World


class Backend:
    """Fails as it is told, then answers."""

    def __init__(self, *errors: BaseException) -> None:
        self.errors = list(errors)
        self.calls: list[float] = []

    async def get(self, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
        self.calls.append(asyncio.get_running_loop().time())
        await asyncio.sleep(0)
        if self.errors:
            raise self.errors.pop(0)
        return (*args, *kwargs.items())


@pytest.fixture
def longest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every delay is as long as it can be."""
    monkeypatch.setattr(random, "uniform", lambda low, high: high)


async def run(clock: FakeClock, call: Callable[..., Any], *args: Any, seconds: float = 60, **kwargs: Any) -> Any:
    task = asyncio.ensure_future(call(*args, **kwargs))
    await clock.advance(seconds)
    assert task.done()
    return await task


async def test_a_failure_of_the_backend_is_tried_again(world: World, clock: FakeClock, longest: None) -> None:
    backend = Backend(OSError("down"), TimeoutError(), RuntimeError("closed"))
    get = world.govern(backend.get, retries=3)
    assert await run(clock, get, 1, b=2) == (1, ("b", 2))
    first = backend.calls[0]
    assert [at - first for at in backend.calls] == pytest.approx([0, 0.1, 0.3, 0.7])
    assert world.told() == [
        ("OperationRetried", "get", 1, 0.1, "OSError: down"),
        ("OperationRetried", "get", 2, 0.2, "TimeoutError"),
        ("OperationRetried", "get", 3, 0.4, "RuntimeError: closed"),
    ]
    assert world.count("provider_retries", name="notes", type="memory", operation="get") == 3


async def test_the_last_failure_is_raised_as_it_is(world: World, clock: FakeClock) -> None:
    last = OSError("still down")
    backend = Backend(OSError("down"), OSError("down"), last, OSError("not tried"))
    with pytest.raises(OSError, match="still down") as caught:
        await run(clock, world.govern(backend.get, retries=2))
    assert caught.value is last
    assert len(backend.calls) == 3


async def test_delays_are_drawn_from_all_of_a_window_that_doubles(world: World, clock: FakeClock) -> None:
    """Full jitter: callers that failed together do not come back together."""
    backend = Backend(*[OSError()] * 400)
    get = world.govern(backend.get, retries=1)
    tasks = [asyncio.ensure_future(get()) for _ in range(200)]
    await clock.advance(1)
    await asyncio.gather(*tasks, return_exceptions=True)
    delays = [event[3] for event in world.told()]
    assert len(delays) == 200
    assert min(delays) < 0.02
    assert 0.08 < max(delays) <= 0.1


async def test_the_window_has_an_end(world: World, clock: FakeClock, longest: None) -> None:
    get = world.govern(Backend(*[OSError()] * 20).get, retries=20)
    await run(clock, get, seconds=1000)
    assert max(event[3] for event in world.told()) == LONGEST_DELAY


@pytest.mark.parametrize(
    "error", [InvalidInputError("key", "is empty"), KeyError("a"), asyncio.CancelledError()], ids=repr
)
@pytest.mark.parametrize("before", [0, 1])
async def test_what_is_no_failure_of_the_backend_is_not(
    world: World, clock: FakeClock, error: BaseException, before: int
) -> None:
    backend = Backend(*[OSError()] * before, error)
    with pytest.raises(type(error)):
        await run(clock, world.govern(backend.get, retries=5))
    assert len(backend.calls) == 1 + before


async def test_what_is_not_idempotent_is_never_tried_again(world: World, clock: FakeClock) -> None:
    backend = Backend(OSError("was it done?"))
    info = replace(COROUTINE, idempotent=False)
    assert world.govern(backend.get, info=info, retries=5) == backend.get
    with pytest.raises(OSError, match="was it done"):
        await run(clock, world.govern(backend.get, info=info, timeout=10))
    assert len(backend.calls) == 1


async def test_a_cancellation_ends_the_waiting_for_another_try(
    world: World, clock: FakeClock, longest: None
) -> None:
    backend = Backend(OSError(), OSError())
    task = asyncio.ensure_future(world.govern(backend.get, retries=3)())
    await clock.advance(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await clock.advance(60)
    assert len(backend.calls) == 2


async def test_the_deadline_is_that_of_all_tries_together(world: World, clock: FakeClock) -> None:
    backend = Backend(OSError())

    async def get() -> None:
        if not backend.errors:
            await asyncio.sleep(60)
        await backend.get()

    task = asyncio.ensure_future(world.govern(get, timeout=3, retries=3)())
    await clock.advance(2.9)
    assert not task.done()
    await clock.advance(0.1)
    with pytest.raises(OperationTimeoutError, match=r"notes.get: it was not over after 3 s"):
        await task


async def test_no_try_is_waited_for_that_the_deadline_would_cut_off(
    world: World, clock: FakeClock, longest: None
) -> None:
    """An error that is known says more than a timeout to come."""
    backend = Backend(*[OSError("down")] * 9)
    began = asyncio.get_running_loop().time()
    with pytest.raises(OSError, match="down"):
        await run(clock, world.govern(backend.get, timeout=0.6, retries=9), seconds=0.5)
    assert [at - began for at in backend.calls] == pytest.approx([0, 0.1, 0.3])
    assert world.count("provider_timeouts") == 0


async def test_nobody_tries_again_once_the_breaker_has_opened(
    world: World, clock: FakeClock, longest: None
) -> None:
    backend, other = Backend(*[OSError()] * 9), Backend(*[OSError()] * 2)
    world.new_governor(Policy(retries=5, breaker=Breaker(2, 30)))
    get, broken = world.govern(backend.get), world.govern(other.get, info=replace(COROUTINE, idempotent=False))
    task = asyncio.ensure_future(get())
    await clock.advance(0.15)
    for _ in range(2):
        with pytest.raises(OSError):
            await broken()
    await clock.advance(60)
    with pytest.raises(OSError):
        await task
    assert len(backend.calls) == 3  # the one under way when it opened was the last


async def test_a_probe_is_one_try(world: World, clock: FakeClock) -> None:
    backend = Backend(*[OSError()] * 9)
    get = world.govern(backend.get, retries=3, breaker=Breaker(1, 30))
    with pytest.raises(OSError):
        await run(clock, get)
    assert len(backend.calls) == 4
    with pytest.raises(OSError):
        await run(clock, get)
    assert len(backend.calls) == 5


@pytest.mark.parametrize("by", ["configuration", "change", "decorator"])
def test_a_missing_extra_is_named(world: World, monkeypatch: pytest.MonkeyPatch, by: str) -> None:
    monkeypatch.setitem(sys.modules, "tenacity", None)
    world.governor.policy = Policy(retries=0, timeout=3)
    with pytest.raises(MissingExtraError) as caught:
        if by == "configuration":
            world.new_governor(Policy(retries=1))
        elif by == "change":
            world.governor.policy = Policy(retries=1)
        else:
            world.new_governor(Policy()).govern(replace(COROUTINE, retries=1), Backend().get)
    assert "pip install 'purveyor[policy]'" in str(caught.value)
    assert world.governor.policy in (Policy(retries=0, timeout=3), Policy())


async def test_a_call_that_is_not_retried_does_without_tenacity(
    world: World, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    get = world.govern(Backend(KeyError()).get, retries=3)
    monkeypatch.setitem(sys.modules, "tenacity", None)
    with pytest.raises(KeyError):
        await run(clock, get)
    assert await run(clock, get, 1) == (1,)


async def test_an_error_without_a_text_is_tried_again(world: World, clock: FakeClock, longest: None) -> None:
    class MuteError(OSError):
        def __str__(self) -> str:
            raise RuntimeError("nothing to say")

    get = world.govern(Backend(MuteError()).get, retries=1)
    assert await run(clock, get, 1) == (1,)
    assert world.told() == [("OperationRetried", "get", 1, 0.1, "MuteError")]
