"""Cancelled at its n-th await, for every n: a start, a reload, a plan, a stop, and an open that is followed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

import purveyor
from purveyor.app import System
from purveyor.metadata import ProviderStatus
from purveyor.testing.interruption import Interruption, cancel
from tests.app.test_reload import NEEDY
from tests.app.things import Thing, calls

Write = Callable[..., Path]

#: More awaits than any of them has.
MOST = 60


async def interrupted(call: Callable[[], Coroutine[Any, Any, Any]], at: int) -> bool:
    """Whether there was an n-th await to be cancelled at."""

    async def run() -> bool:
        interruption = Interruption(call(), at, cancel)
        try:
            await interruption
        finally:
            places.append(interruption.place)
        return interruption.place is not None

    places: list[str | None] = []
    (outcome,) = await asyncio.gather(asyncio.create_task(run()), return_exceptions=True)
    if isinstance(outcome, BaseException) and not isinstance(outcome, asyncio.CancelledError):
        raise outcome
    return places[0] is not None


def left_over() -> set[str]:
    return {task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()}


def balanced() -> bool:
    """Whether all that was initialized was cleaned up."""
    opened = sorted(call.removeprefix("initialize ") for call in calls if call.startswith("initialize"))
    closed = sorted(call.removeprefix("cleanup ") for call in calls if call.startswith("cleanup"))
    return opened == closed


async def every_await(attempt: Callable[[int], Coroutine[Any, Any, bool]]) -> None:
    for at in range(1, MOST):
        if not await attempt(at):
            assert at > 1
            return
        assert balanced(), f"at await {at}: {calls}"
        for _ in range(3):
            await asyncio.sleep(0)
        assert not left_over(), f"at await {at}"
        calls.clear()
    pytest.fail("it has more awaits than that")


async def test_a_start(write: Write) -> None:
    file = write(a=NEEDY % "b", b="", c="required = false; fail = 'initialize'")

    async def attempt(at: int) -> bool:
        system = System(file)
        came = await interrupted(system.start, at)
        if came and not system._started:
            assert system.manager.registered_names() == ()
        await system.stop()
        return came

    await every_await(attempt)


async def test_a_reload(write: Write) -> None:
    async def attempt(at: int) -> bool:
        system = System(write(a=NEEDY % "b", b="value = 1", c=""))
        await system.start()
        write(a=NEEDY % "b" + "; value = 2", b="value = 2", d="")
        came = await interrupted(system.reload, at)
        names = {*system.manager.names()}
        assert names == {"a", "b", "d"}, "it was left half-way"
        assert {system.manager.status(name) for name in names} == {ProviderStatus.READY}
        assert await system.manager.get("a", Thing).value() == 2
        assert not system._reloads
        assert not system._lock.locked()
        await system.stop()
        return came

    await every_await(attempt)


async def test_a_plan_and_a_stop(write: Write) -> None:
    async def plan(at: int) -> bool:
        async with System(write(a="")) as system:
            came = await interrupted(system.plan, at)
            assert not await system.plan()
        return came

    async def stop(at: int) -> bool:
        system = System(write(a=NEEDY % "b", b=""))
        await system.start()
        came = await interrupted(system.stop, at)
        assert system.manager.registered_names() == ()
        return came

    await every_await(plan)
    await every_await(stop)


async def test_an_open_that_follows_its_file(write: Write) -> None:
    file = write(a=NEEDY % "b", b="")

    async def follow() -> None:
        async with purveyor.open(file, watch=True) as providers:
            assert providers.names()
            for _ in range(5):
                await asyncio.sleep(0)

    async def attempt(at: int) -> bool:
        return await interrupted(follow, at)

    await every_await(attempt)
