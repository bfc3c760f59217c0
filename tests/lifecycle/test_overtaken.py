"""What one call has begun and another one overtakes: stops, drains, policies, hooks, generations."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Annotated, Any

import pytest

from purveyor import Needs, Policy, ProviderManager, Registration
from purveyor.errors import (
    InvalidMetadataError,
    MissingExtraError,
    ProviderNotFoundError,
    ProviderNotReadyError,
    ReentrantLifecycleError,
)
from purveyor.lifecycle.reload import Change
from purveyor.metadata import ProviderStatus
from purveyor.monitor.metrics import MetricsManager
from purveyor.operations import operation
from purveyor.testing import FakeClock
from tests.providers import Scripted, metadata, raising, waiting


class Dependant(Scripted):
    other: Annotated[Scripted, Needs("other")]


async def test_a_cascade_that_another_stop_overtakes_comes_to_its_end(manager: ProviderManager) -> None:
    go = asyncio.Event()
    base, top = Scripted("base"), Dependant("top", cleanup=waiting(go))
    await manager.register_all([base, Registration(top, {"other": "base"})])
    cascade = asyncio.create_task(manager.unregister("base", cascade=True))
    await asyncio.sleep(0.01)
    with pytest.raises(ProviderNotFoundError):  # it goes, though its turn has not come
        await manager.reload_provider("base")
    cleanup = asyncio.create_task(manager.cleanup())
    await asyncio.sleep(0.01)
    go.set()
    await asyncio.gather(cascade, cleanup)
    assert manager.registered_names() == ()


async def test_a_stop_ends_the_drain_of_a_reload_in_place(manager: ProviderManager) -> None:
    provider = Scripted()
    await manager.register(provider)
    go = asyncio.Event()
    held = asyncio.create_task(provider.hold(go))
    await asyncio.sleep(0)
    reload = asyncio.create_task(manager.reload_provider("one"))
    await asyncio.sleep(0.01)
    late = asyncio.create_task(provider.echo(1))
    await asyncio.sleep(0.01)
    assert not late.done()
    stop = asyncio.create_task(manager.unregister("one"))
    with pytest.raises(ProviderNotReadyError, match="stopping"):
        await late  # at once, rather than when the drain is over
    with pytest.raises(ProviderNotReadyError, match="stopping"):
        await reload
    assert not stop.done()
    go.set()
    await asyncio.gather(stop, held)
    assert provider.calls == ["validate", "initialize", "cleanup"]


async def test_the_time_for_all_holds_also_while_a_reload_drains() -> None:
    with FakeClock(auto=True) as clock:
        manager = ProviderManager(supervision=None)
        provider = Scripted()
        await manager.register(provider)
        held = asyncio.create_task(provider.hold(asyncio.Event()))
        reload = asyncio.create_task(manager.reload_provider("one"))
        await asyncio.sleep(0.1)
        await manager.cleanup(timeout=0.5)
        assert clock.elapsed < 1
        held.cancel()
        await asyncio.gather(held, reload, return_exceptions=True)


@pytest.mark.parametrize("capabilities", [7, [["unhashable"]]])
async def test_a_generation_with_wrong_metadata_changes_nothing(
    manager: ProviderManager, capabilities: Any
) -> None:
    class Wrong(Scripted):
        provider_reload = "swap"

        def next_generation(self, config: Any) -> Any:
            following = Scripted("one")
            following.metadata.capabilities = capabilities
            return following

    provider = Wrong()
    await manager.register(provider)
    with pytest.raises(InvalidMetadataError, match="capabilities"):
        await manager.reload_provider("one")
    assert manager.get_provider("one") is provider
    assert manager.status("one") is ProviderStatus.READY
    assert await provider.echo(1) == 1


class Limited(Scripted):
    @operation
    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


async def test_a_policy_that_comes_alone_is_not_undone_by_a_reload_that_fails(manager: ProviderManager) -> None:
    provider = Scripted(type=metadata().type)
    await manager.register(provider, policy=Policy(timeout=1))
    go = asyncio.Event()

    async def fail_later() -> None:
        await go.wait()
        raise OSError("down")

    provider.steps["initialize"] = fail_later
    reload = asyncio.create_task(manager.reload_provider("one", config={"n": 1}, policy=Policy(timeout=2)))
    await asyncio.sleep(0.01)
    await manager.reload_provider("one", policy=Policy(timeout=3))
    go.set()
    with pytest.raises(OSError, match="down"):
        await reload
    assert manager._runners["one"].policy == Policy(timeout=3)


async def test_a_policy_that_comes_alone_holds_over_one_that_waits_for_its_reload(
    manager: ProviderManager,
) -> None:
    provider = Scripted()
    await manager.register(provider)
    reload = asyncio.create_task(manager.reload_provider("one", config={}, policy=Policy(timeout=5)))
    alone = asyncio.create_task(manager.reload_provider("one", policy=Policy(timeout=6)))
    await asyncio.gather(reload, alone)
    assert manager._runners["one"].policy == Policy(timeout=6)


async def test_a_policy_that_fails_with_its_reload_is_undone(manager: ProviderManager) -> None:
    provider = Scripted()
    await manager.register(provider, policy=Policy(timeout=1))
    provider.steps["initialize"] = raising(OSError("down"))
    with pytest.raises(OSError, match="down"):
        await manager.reload_provider("one", config={"n": 1}, policy=Policy(timeout=2))
    assert manager._runners["one"].policy == Policy(timeout=1)


async def test_a_policy_set_during_an_override_holds_for_what_comes_back(manager: ProviderManager) -> None:
    provider = Limited()
    await manager.register(provider)
    async with manager.override("one", Limited("one")):
        await manager.reload_provider("one", policy=Policy(timeout=0.01))
    with pytest.raises(TimeoutError):
        await provider.sleep(60)


async def test_a_hook_that_reloads_what_it_is_told_of_is_told_so(manager: ProviderManager) -> None:
    seen: list[BaseException] = []

    class Asking(Dependant):
        async def on_need_reloaded(self, role: str, provider: Any) -> None:
            try:
                await manager.reload_provider("base")
            except ReentrantLifecycleError as error:
                seen.append(error)

    await manager.register_all([Scripted("base"), Registration(Asking("top"), {"other": "base"})])
    await manager.reload_provider("base")
    assert len(seen) == 1


async def test_a_reload_is_known_before_its_task_runs(manager: ProviderManager) -> None:
    """An eager task factory runs the first step of a task as it is made."""

    def eager(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> Any:
        raise AssertionError("the loop's factory was asked")

    provider = Scripted()
    await manager.register(provider)
    loop = asyncio.get_running_loop()
    loop.set_task_factory(eager)
    try:
        await manager.reload_provider("one")
    finally:
        loop.set_task_factory(None)
    assert provider.calls == ["validate", "initialize", "cleanup", "initialize"]


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt()])
async def test_a_fake_that_wants_to_end_the_program_tells_the_caller_alone(
    manager: ProviderManager, error: BaseException
) -> None:
    provider = Scripted()
    await manager.register(provider)
    with pytest.raises(type(error)):
        async with manager.override("one", Scripted(initialize=raising(error))):
            pass
    assert manager.get_provider("one") is provider
    assert await provider.echo(1) == 1


async def test_a_fake_with_wrong_metadata_is_refused(manager: ProviderManager) -> None:
    provider, fake = Scripted(), Scripted()
    fake.metadata.capabilities = 7  # type: ignore[assignment]
    await manager.register(provider)
    with pytest.raises(InvalidMetadataError):
        async with manager.override("one", fake):
            pass
    assert await provider.echo(1) == 1


def test_a_loop_that_is_closed_while_a_stop_is_under_way_gives_its_providers_up() -> None:
    manager = ProviderManager(supervision=None)
    loop = asyncio.new_event_loop()

    async def begin_to_stop() -> None:
        await manager.register(Scripted(cleanup=waiting(asyncio.Event())))
        stop = asyncio.create_task(manager.unregister("one"))
        await asyncio.sleep(0.01)
        stop.cancel()
        await asyncio.sleep(0.01)
        stop.cancel()
        await asyncio.gather(stop, return_exceptions=True)

    loop.run_until_complete(begin_to_stop())
    tasks = asyncio.all_tasks(loop)
    loop.close()

    async def again() -> None:
        with pytest.warns(ResourceWarning, match="closed before their cleanup"):
            await manager.register(Scripted())
        await manager.cleanup()

    asyncio.run(again())
    for task in tasks:
        with contextlib.suppress(RuntimeError):
            task.get_coro().close()


class Both(Scripted):
    """Needs two others, one of which it can do without."""

    other: Annotated[Scripted, Needs("other")]
    extra: Annotated[Scripted | None, Needs("extra")]


async def test_who_waits_for_its_turn_is_not_told_of_a_reload(manager: ProviderManager) -> None:
    go = asyncio.Event()
    base, slow = Scripted("base"), Scripted("slow", initialize=waiting(go))
    registration = asyncio.create_task(
        manager.register_all([base, slow, Registration(Both("both"), {"other": "base", "extra": "slow"})])
    )
    await asyncio.sleep(0.01)
    await manager.reload_provider("base", replacement=Scripted("base"))
    go.set()
    await registration
    both = manager.get("both", Both)
    assert both.other is manager.get("base")


async def test_a_generation_does_without_what_is_down(manager: ProviderManager) -> None:
    down = Scripted("down", initialize=raising(ValueError("no")))
    both = Registration(Both("both"), {"other": "base", "extra": "down"}, Policy(reload="swap"))
    await manager.register_all([Scripted("base"), Registration(down, required=False), both])
    await manager.reload_provider("both", replacement=Both("both"))
    assert manager.get("both", Both).extra is None
    down.steps.clear()
    await manager.reload_provider("down", replacement=Scripted("down"))
    assert manager.get("both", Both).extra is manager.get("down")


async def test_a_runner_that_stops_takes_no_reload(manager: ProviderManager) -> None:
    go = asyncio.Event()
    await manager.register(Scripted(cleanup=waiting(go)))
    stop = asyncio.create_task(manager.unregister("one"))
    await asyncio.sleep(0.01)
    with pytest.raises(ProviderNotReadyError, match="stopping"):
        manager._runners["one"].reload(Change())
    go.set()
    await stop


async def test_a_stop_meets_one_that_is_given_up(manager: ProviderManager) -> None:
    go = asyncio.Event()
    await manager.register(Scripted(cleanup=waiting(go)))
    manager._runners["one"].give_up(3, 60.0, "it is sick")
    await asyncio.sleep(0.01)
    assert manager.status("one") is ProviderStatus.FAILED
    stop = asyncio.create_task(manager.unregister("one"))
    await asyncio.sleep(0.01)
    go.set()
    await stop
    assert manager.registered_names() == ()


async def test_nobody_is_registered_if_one_asks_for_what_is_not_installed(
    manager: ProviderManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> None:
        raise MissingExtraError("retries", "tenacity", "purveyor[policy]")

    monkeypatch.setattr("purveyor.policy.governor.require_retries", missing)
    first, second = Scripted("first"), Scripted("second")
    with pytest.raises(MissingExtraError):
        await manager.register_all([first, Registration(second, policy=Policy(retries=2))])
    await manager.register_all([first, second])
    assert manager.names() == ("first", "second")


def test_what_is_down_is_given_up_with_its_event_loop() -> None:
    manager = ProviderManager(supervision=None)
    loop = asyncio.new_event_loop()
    down = Registration(Scripted("down", initialize=raising(ValueError("no"))), required=False)
    loop.run_until_complete(manager.register_all([down]))
    loop.close()

    async def again() -> None:
        with pytest.warns(ResourceWarning, match="closed before their cleanup"):
            await manager.register(Scripted("down"))
        await manager.cleanup()

    asyncio.run(again())


class Other(Scripted):
    """Of another class, with operations of the same names and kinds."""

    @operation
    async def count_to(self, n: int) -> Any:
        raise OSError(f"cannot count to {n}")
        yield

    @operation
    def plain(self, value: Any) -> Any:
        raise OSError(f"not {value}")


async def test_a_failure_of_who_took_over_is_counted_once(manager: ProviderManager) -> None:
    MetricsManager._instance = None
    old = Scripted()
    await manager.register(old)
    await manager.reload_provider("one", replacement=Other())
    with pytest.raises(OSError, match="not 1"):
        old.plain(1)
    with pytest.raises(OSError, match="cannot count"):
        _ = [each async for each in old.count_to(3)]
    records = MetricsManager.get_instance()
    assert [records.operation(name, "custom", "one").failures for name in ("plain", "count_to")] == [1, 1]


def test_policies_that_an_operation_cannot_have() -> None:
    async def coroutine(self: Any) -> None: ...

    def plain(self: Any) -> None: ...

    with pytest.raises(TypeError, match="not marked idempotent"):
        operation(retries=2)(coroutine)
    with pytest.raises(TypeError, match="a plain function"):
        operation(timeout=2)(plain)


def test_who_has_no_manager_has_no_status() -> None:
    assert (Scripted().status, Scripted().health) == (None, None)


async def test_of_several_reloads_that_are_one_the_last_wiring_holds(manager: ProviderManager) -> None:
    await manager.register_all([Scripted("x"), Scripted("y"), Registration(Dependant("top"), {"other": "x"})])
    first = asyncio.create_task(manager.reload_provider("top"))
    second = asyncio.create_task(manager.reload_provider("top", needs={"other": "y"}))
    await asyncio.gather(first, second)
    assert manager.get("top", Dependant).other is manager.get("y")


async def test_of_several_reloads_that_are_one_the_last_policy_holds(manager: ProviderManager) -> None:
    await manager.register(Scripted())
    reloads = [manager.reload_provider("one", config={"n": n}, policy=Policy(timeout=n)) for n in (1, 2)]
    await asyncio.gather(*reloads)
    assert manager._runners["one"].policy == Policy(timeout=2)
