"""The faulty provider: every fault, at every step, as often as it was told, and counted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest

from purveyor.errors import InvalidInputError, ProviderTimeoutError
from purveyor.manager import ProviderManager
from purveyor.metadata import Health, HealthState, ProviderType
from purveyor.policy import Policy
from purveyor.testing import Block, Fail, FakeClock, FaultyProvider, Hang, RefuseCancellation, Slow

STEPS = ["validate", "initialize", "cleanup", "reload", "check", "read", "write", "stream"]


async def _call(provider: FaultyProvider, step: str) -> None:
    if step in ("read", "write"):
        await provider.initialize()
    if step == "stream":
        await provider.initialize()
        assert [number async for number in provider.stream()] == [0, 1, 2]
    else:
        await cast("Callable[[], Awaitable[Any]]", getattr(provider, step))()


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("error", [OSError("down"), OSError, SystemExit(3)], ids=repr)
async def test_each_step_can_fail(step: str, error: Any) -> None:
    provider = FaultyProvider("db", **{step: Fail(error)})  # type: ignore[arg-type]
    kind = error if isinstance(error, type) else type(error)
    for _ in range(2):
        with pytest.raises(kind):
            await _call(provider, step)
    assert provider.calls[step] == 2
    provider.script(cast("Any", step))
    await _call(provider, step)


@pytest.mark.parametrize("step", STEPS)
async def test_each_step_works_if_nothing_is_wrong_with_it(step: str) -> None:
    provider = FaultyProvider()
    await _call(provider, step)
    assert provider.calls[step] == 1


async def test_a_fault_strikes_as_often_as_it_was_told() -> None:
    provider = FaultyProvider("db", validate=Fail(OSError("down"), times=2))
    for _ in range(2):
        with pytest.raises(OSError, match="down"):
            await provider.validate()
    await provider.validate()
    provider.script("validate", Fail(KeyError, times=1))  # counted from now
    with pytest.raises(KeyError):
        await provider.validate()
    await provider.validate()


async def test_faults_of_one_step_come_one_after_the_other() -> None:
    provider = FaultyProvider("db", initialize=[Slow(10), Fail(OSError("down"))])
    with FakeClock(auto=True) as clock:
        with pytest.raises(OSError, match="down"):
            await provider.initialize()
        assert clock.elapsed == 10


async def test_one_that_hangs_lets_a_cancellation_pass_or_is_released() -> None:
    provider = FaultyProvider(check=Hang())
    first, second = asyncio.create_task(provider.check()), asyncio.create_task(provider.check())
    await asyncio.sleep(0)
    first.cancel()
    provider.release()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert (await second).state is HealthState.HEALTHY
    await provider.check()  # from now on nothing hangs


async def test_one_that_refuses_cancellation_does_so_until_it_is_released() -> None:
    provider = FaultyProvider(validate=RefuseCancellation())
    task = asyncio.create_task(provider.validate())
    for _ in range(10):
        await asyncio.sleep(0)
        task.cancel()
    await asyncio.sleep(0)
    assert not task.done()
    provider.release()
    await task


async def test_one_that_refuses_so_many_cancellations() -> None:
    provider = FaultyProvider(validate=RefuseCancellation(2))
    task = asyncio.create_task(provider.validate())
    for _ in range(2):
        await asyncio.sleep(0)
        task.cancel()
    await asyncio.sleep(0)
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_one_that_blocks_stops_the_whole_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    await FaultyProvider(validate=Block(0.5)).validate()
    assert slept == [0.5]


async def test_resources_are_counted() -> None:
    provider = FaultyProvider(initialize=Fail(OSError("down"), times=1), cleanup=Fail(OSError("busy"), times=1))
    with pytest.raises(OSError, match="down"):
        await provider.initialize()
    assert provider.open == 1  # half-way
    await provider.initialize()
    assert provider.open == 1
    with pytest.raises(OSError, match="busy"):
        await provider.cleanup()
    assert provider.open == 1
    for _ in range(2):
        await provider.cleanup()
        assert provider.open == 0


async def test_an_operation_on_a_closed_provider_is_noticed() -> None:
    provider = FaultyProvider(read=Hang())
    with pytest.raises(AssertionError, match="read ran on a provider that is not open"):
        await provider.read()
    await provider.initialize()
    task = asyncio.create_task(provider.read())
    await asyncio.sleep(0)
    await provider.cleanup()
    provider.release()
    with pytest.raises(AssertionError, match="closed while read ran"):
        await task


async def test_its_health_is_what_it_was_told() -> None:
    provider = FaultyProvider()
    provider.condition = Health.degraded("slow disk")
    assert await provider.check() == Health.degraded("slow disk")


async def test_generations_share_faults_and_counts() -> None:
    provider = FaultyProvider("db", capabilities=["store"], type=ProviderType.MEMORY, config=1)
    follower = provider.next_generation(2)
    assert (follower.config, follower.metadata) == (2, provider.metadata)
    await provider.initialize()
    await follower.initialize()
    assert provider.open == follower.open == 2
    provider.script("validate", Fail(OSError, times=1))
    with pytest.raises(OSError):
        await follower.validate()
    await provider.validate()
    assert provider.calls["validate"] == 2
    await provider.cleanup()
    with pytest.raises(AssertionError):
        await provider.read()
    assert await follower.write("there") == "there"


async def test_a_manager_takes_it_as_it_is() -> None:
    provider = FaultyProvider("db", capabilities=["store"], initialize=Fail(OSError("down"), times=1))
    async with ProviderManager() as manager:
        with pytest.raises(OSError, match="down"):
            await manager.register(provider)
        assert provider.open == 0
        await manager.register(provider)
        assert manager.get_providers_by_capability("store") == [provider]
        await manager.reload_provider("db")
        assert provider.calls["reload"] == 1
        assert await provider.read(3) == 3
    assert provider.open == 0


async def test_an_unknown_step_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="use one of validate, initialize"):
        FaultyProvider().script("initialise", Hang())  # type: ignore[arg-type]


async def test_a_swap_has_two_of_them_for_a_while() -> None:
    provider = FaultyProvider("db", cleanup=Hang())
    async with ProviderManager() as manager:
        await manager.register(provider, policy=Policy(reload="swap"))
        reading = asyncio.create_task(manager.reload_provider("db", config={"port": 2}))
        while not provider.calls["cleanup"]:
            await asyncio.sleep(0)
        assert provider.open == 2
        assert provider.calls["reload"] == 0
        assert await provider.read("by the new one") == "by the new one"
        provider.release()
        await reading
        assert manager.get("db").config == {"port": 2}
        assert provider.open == 1
    assert provider.open == 0


async def test_a_start_that_refuses_cancellation_is_abandoned_in_no_time() -> None:
    provider = FaultyProvider("db", initialize=RefuseCancellation())
    async with ProviderManager(start_timeout=600) as manager:
        with FakeClock(auto=True) as clock:
            with pytest.raises(ProviderTimeoutError) as raised:
                await manager.register(provider)
            assert raised.value.abandoned
            assert clock.elapsed >= 600
        provider.release()
        while provider.open:
            await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (OSError("x"), r"read: is a OSError, not a fault.*wrap it: Fail\(OSError\(\.\.\.\)\)"),
        (OSError, r"read: is OSError, not a fault.*wrap it: Fail\(OSError\)"),
        (3, "read: is a int, not a fault.*use Fail, Hang"),
        ([Hang(), OSError("x")], "wrap it"),
    ],
)
async def test_what_is_no_fault_is_refused(fault: Any, text: str) -> None:
    with pytest.raises(InvalidInputError, match=f"(?s){text}"):
        FaultyProvider("db", read=fault)
    with pytest.raises(InvalidInputError, match=f"(?s){text}"):
        FaultyProvider("db").script("read", *(fault if isinstance(fault, list) else [fault]))
