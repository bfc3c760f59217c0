"""`Owner`, through a manager: one task an instance, its deadlines, its grace, and what is abandoned."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

import pytest

from purveyor.errors import ProviderNotReadyError, ProviderTimeoutError, RegistrationAbortedError
from purveyor.events import Abandoned, DrainTimedOut, Event
from purveyor.lifecycle.owner import GRACE
from purveyor.manager import ProviderManager, Registration
from purveyor.metadata import ProviderStatus, ProviderType
from purveyor.monitor.metrics import MetricsManager
from purveyor.policy import Policy
from purveyor.testing import Fail, FakeClock, FaultyProvider, Hang, RefuseCancellation, Slow
from tests.providers import Scripted, Step, raising, waiting

S = ProviderStatus
Name = Literal["validate", "initialize", "cleanup"]


@asynccontextmanager
async def managed(**options: Any) -> AsyncIterator[tuple[ProviderManager, FakeClock, list[Event]]]:
    with FakeClock(auto=True) as clock:
        manager = ProviderManager(supervision=None, **options)
        events: list[Event] = []
        manager.subscribe(events.append)
        yield manager, clock, events
        await manager.cleanup()
        await asyncio.sleep(60)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert not manager._host.abandoned


def abandoned(events: list[Event]) -> list[tuple[str, str, float]]:
    return [(event.name, event.step, event.seconds) for event in events if isinstance(event, Abandoned)]


def deaf(until: asyncio.Event, cancellations: int = 1_000) -> Step:
    """A step that takes no notice of so many cancellations."""

    async def step() -> None:
        left = cancellations
        while not until.is_set():
            try:
                await until.wait()
            except asyncio.CancelledError:
                if not left:
                    raise
                left -= 1

    return step


# --- Start ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["validate", "initialize"])
@pytest.mark.parametrize("policy", [None, Policy(start_timeout=3)])
async def test_a_start_has_its_deadline(step: Name, policy: Policy | None) -> None:
    async with managed(start_timeout=7) as (manager, clock, events):
        provider = FaultyProvider("one", **{step: Hang()})  # type: ignore[arg-type]
        with pytest.raises(ProviderTimeoutError) as raised:
            await manager.register(provider, policy=policy)
        seconds = 3 if policy else 7
        assert (raised.value.step, raised.value.seconds, raised.value.abandoned) == ("start", seconds, False)
        assert clock.elapsed == seconds
        assert provider.calls["cleanup"] == (step == "initialize")
        assert provider.open == 0
        assert abandoned(events) == []


async def test_validate_and_initialize_share_one_deadline() -> None:
    async with managed(start_timeout=5) as (manager, clock, _):
        with pytest.raises(ProviderTimeoutError):
            await manager.register(FaultyProvider("one", validate=Slow(3), initialize=Slow(3)))
        assert clock.elapsed == 5
        await manager.register(FaultyProvider("two", validate=Slow(2), initialize=Slow(2)))


async def test_no_deadline_is_none() -> None:
    async with managed(start_timeout=None, stop_timeout=None) as (manager, clock, _):
        await manager.register(FaultyProvider("one", validate=Slow(1e6), initialize=Slow(1e6), cleanup=Slow(1e6)))
        await manager.unregister("one")
        assert clock.elapsed == 3e6


async def test_a_start_that_ends_as_if_it_had_not_been_cancelled_is_late_all_the_same() -> None:
    async with managed(start_timeout=5) as (manager, clock, events):
        provider = FaultyProvider("one", initialize=[RefuseCancellation(1), Slow(1)])
        with pytest.raises(ProviderTimeoutError) as raised:
            start = asyncio.create_task(manager.register(provider))
            await asyncio.sleep(6)
            provider.release()  # within the grace
            await start
        assert not raised.value.abandoned
        assert clock.elapsed == 7
        assert (provider.open, provider.calls["cleanup"]) == (0, 1)
        assert abandoned(events) == []


@pytest.mark.parametrize("step", ["validate", "initialize"])
async def test_a_start_that_cannot_be_cancelled_is_abandoned_and_what_it_ends_as_disposed_of(
    step: Name, caplog: pytest.LogCaptureFixture
) -> None:
    async with managed(start_timeout=5) as (manager, clock, events):
        provider = FaultyProvider("one", **{step: RefuseCancellation()})  # type: ignore[arg-type]
        with pytest.raises(ProviderTimeoutError, match="was abandoned") as raised:
            await manager.register(provider)
        assert raised.value.abandoned
        assert clock.elapsed == 5 + GRACE
        assert abandoned(events) in ([("one", "start", 5)], [])  # the reader may not have had its turn
        assert manager.registered_names() == ()
        gc.collect()  # nobody but the manager has the task
        assert len(manager._host.abandoned) == 1
        await asyncio.sleep(100)
        assert abandoned(events) == [("one", "start", 5)]  # once
        with caplog.at_level(logging.WARNING):
            provider.release()
            await asyncio.sleep(1)
        assert "What was abandoned of provider one has ended" in caplog.text
        assert provider.calls["initialize"] == provider.calls["cleanup"] == (step == "initialize")
        assert provider.open == 0


async def test_what_was_abandoned_and_fails_at_last_is_no_unseen_error() -> None:
    async with managed(start_timeout=5) as (manager, _, _events):
        provider = FaultyProvider("one", initialize=[RefuseCancellation(), Fail(OSError("late"))])
        with pytest.raises(ProviderTimeoutError):
            await manager.register(provider)
        provider.release()
        await asyncio.sleep(1)
        assert provider.calls["cleanup"] == 1


async def test_what_was_abandoned_is_so_once_though_its_cleanup_cannot_be_cancelled_either() -> None:
    async with managed(start_timeout=5, stop_timeout=5) as (manager, _, events):
        started, stopped = asyncio.Event(), asyncio.Event()
        provider = Scripted("one", initialize=deaf(started), cleanup=deaf(stopped))
        with pytest.raises(ProviderTimeoutError):
            await manager.register(provider)
        started.set()
        await asyncio.sleep(100)
        assert provider.calls == ["validate", "initialize", "cleanup"]
        assert abandoned(events) == [("one", "start", 5)]
        stopped.set()
        await asyncio.sleep(0)


async def test_what_was_abandoned_may_be_cancelled_at_last() -> None:
    """As an event loop that ends does, once more."""
    async with managed(start_timeout=5) as (manager, _, events):
        provider = Scripted("one")
        await manager.register(provider)
        until = asyncio.Event()
        provider.steps["initialize"] = deaf(until, cancellations=1)
        with pytest.raises(ProviderTimeoutError, match="was abandoned"):
            await manager.reload_provider("one")
        (task,) = manager._host.abandoned
        task.cancel()
        await asyncio.wait([task])
        assert provider.resources == 0
        assert manager.status("one") is S.FAILED
        assert len(abandoned(events)) == 1
        del provider.steps["initialize"]
        await manager.reload_provider("one")


async def test_a_dispose_that_cannot_be_cancelled_is_abandoned_and_the_reason_is_the_error() -> None:
    async with managed(stop_timeout=4) as (manager, clock, events):
        provider = FaultyProvider("one", initialize=Fail(OSError("down")), cleanup=RefuseCancellation())
        with pytest.raises(OSError, match="down"):
            await manager.register(provider)
        assert clock.elapsed == 4 + GRACE
        assert manager.registered_names() == ()
        await asyncio.sleep(0)
        assert abandoned(events) == [("one", "stop", 4)]
        provider.release()


async def test_the_deadline_of_a_step_does_not_shorten_the_grace() -> None:
    """The start is aborted 3 s before its deadline; it ends 4 s later, which is within the grace."""
    async with managed(start_timeout=10) as (manager, clock, events):
        provider = FaultyProvider("one", initialize=RefuseCancellation())
        start = asyncio.create_task(manager.register(provider))
        await asyncio.sleep(7)
        stop = asyncio.create_task(manager.unregister("one"))
        await asyncio.sleep(4)
        assert not stop.done()
        provider.release()
        await stop
        with pytest.raises(RegistrationAbortedError):
            await start
        assert clock.elapsed == 11
        assert abandoned(events) == []
        assert provider.open == 0


async def test_an_abort_that_is_ignored_is_abandoned_once() -> None:
    """Its own deadline passes later, when nobody waits for it any more."""
    async with managed(start_timeout=20) as (manager, clock, events):
        provider = FaultyProvider("one", initialize=RefuseCancellation())
        with pytest.raises(ProviderTimeoutError) as raised:
            await manager.register_all([provider], timeout=2)
        assert raised.value.step == "start"
        assert clock.elapsed == 2 + GRACE
        await asyncio.sleep(60)
        assert abandoned(events) == [("one", "start", 20)]
        provider.release()


# --- Stop -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", [None, Policy(stop_timeout=3)])
async def test_a_cleanup_has_its_deadline(policy: Policy | None) -> None:
    async with managed(stop_timeout=7) as (manager, clock, events):
        provider = FaultyProvider("one", cleanup=Hang())
        await manager.register(provider, policy=policy)
        with pytest.raises(ProviderTimeoutError) as raised:
            await manager.unregister("one")
        seconds = 3 if policy else 7
        assert (raised.value.step, raised.value.seconds, raised.value.abandoned) == ("stop", seconds, False)
        assert clock.elapsed == seconds
        assert manager.registered_names() == ()
        assert abandoned(events) == []


async def test_a_cleanup_that_cannot_be_cancelled_is_abandoned() -> None:
    async with managed(stop_timeout=7) as (manager, clock, events):
        provider = FaultyProvider("one", cleanup=RefuseCancellation())
        await manager.register(provider)
        with pytest.raises(ProviderTimeoutError, match="was abandoned"):
            await manager.unregister("one")
        assert clock.elapsed == 7 + GRACE
        await manager.register(FaultyProvider("one"))  # the name is free
        with pytest.raises(ProviderNotReadyError):
            await provider.read()
        assert abandoned(events) == [("one", "stop", 7)]
        provider.release()
        await asyncio.sleep(1)
        assert provider.open == 0


@pytest.mark.parametrize("policy", [None, Policy(drain_timeout=3)])
async def test_operations_are_waited_for_until_the_drain_deadline(policy: Policy | None) -> None:
    async with managed(drain_timeout=7) as (manager, clock, events):
        provider = Scripted("one")
        await manager.register(provider, policy=policy)
        call = asyncio.create_task(provider.hold(asyncio.Event()))
        await asyncio.sleep(0)
        await manager.unregister("one")
        seconds = 3 if policy else 7
        assert clock.elapsed == seconds
        await asyncio.sleep(0)
        (event,) = [each for each in events if isinstance(each, DrainTimedOut)]
        assert (event.name, event.operations, event.seconds) == ("one", 1, seconds)
        call.cancel()


async def test_an_owner_that_is_cancelled_while_it_drains_cleans_up_all_the_same() -> None:
    async with managed() as (manager, clock, _):
        provider = Scripted("one")
        await manager.register(provider)
        call = asyncio.create_task(provider.hold(asyncio.Event()))
        await asyncio.sleep(0)
        stop = asyncio.create_task(manager.unregister("one"))
        await asyncio.sleep(2)
        owner = manager._runners["one"].owner
        assert owner is not None
        owner.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await stop
        assert clock.elapsed == 2
        assert provider.resources == 0
        call.cancel()


# --- Reload in place --------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["initialize", "cleanup"])
async def test_a_reload_that_cannot_be_cancelled_is_abandoned_and_nothing_is_started_on_it(step: Name) -> None:
    async with managed(start_timeout=5, stop_timeout=5) as (manager, _, events):
        provider = FaultyProvider("one")
        await manager.register(provider, policy=Policy(reload="in_place"))
        provider.script(step, RefuseCancellation(times=1))
        provider.script("reload")
        with pytest.raises(ProviderTimeoutError, match="was abandoned"):
            await manager.reload_provider("one")
        assert manager.status("one") is S.FAILED
        with pytest.raises(ProviderTimeoutError, match="was abandoned"):  # it is still at it
            await manager.reload_provider("one")
        provider.release()
        await asyncio.sleep(1)
        assert provider.open == 0
        await manager.reload_provider("one")
        assert manager.status("one") is S.READY
        assert await provider.read(1) == 1
        assert provider.open == 1
        assert len(abandoned(events)) == 1


async def test_a_task_that_is_cancelled_before_its_first_step_answers_who_waits() -> None:
    async with managed() as (manager, _, _events):
        start = asyncio.create_task(manager.register_all([Registration(Scripted("one")), Scripted("two")]))
        await asyncio.sleep(0)
        for task in asyncio.all_tasks():
            if task.get_name() == "purveyor:one":
                task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await start
        assert manager.registered_names() == ()


async def test_a_stop_that_is_short_of_time_hurries_what_starts() -> None:
    async with managed() as (manager, clock, _):
        provider = FaultyProvider("one")
        await manager.register(provider, policy=Policy(reload="swap"))
        provider.script("initialize", Hang(times=1))
        reload = asyncio.create_task(manager.reload_provider("one"))
        await asyncio.sleep(1)
        provider.script("cleanup", Hang())
        with pytest.raises(ExceptionGroup):
            await manager.cleanup(timeout=3)
        with pytest.raises(ProviderNotReadyError):
            await reload
        assert clock.elapsed <= 1 + 3 + 2 * GRACE
        provider.release()


async def test_a_name_says_whose_task_it_is() -> None:
    async with managed() as (manager, _, _events):
        start = asyncio.create_task(manager.register(Scripted("one", initialize=waiting(asyncio.Event()))))
        await asyncio.sleep(0)
        assert "purveyor:one" in {task.get_name() for task in asyncio.all_tasks()}
        start.cancel()
        with pytest.raises(asyncio.CancelledError):
            await start


# --- What is thrown away ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "at", ["idle", "validate", "initialize", "cleanup", "drain", "dispose", "reload", "reload again", "own reload"]
)
def test_a_task_that_is_collected_with_its_event_loop_begins_nothing(
    at: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Its loop was closed under it: a cleanup could not await anything, and nobody would know of its end."""
    forever = asyncio.Event()

    class Config(Scripted):
        if at == "own reload":

            async def reload(self) -> None:
                await forever.wait()

    provider = Config("one")

    async def leave_off() -> ProviderManager:
        manager = ProviderManager(supervision=None, stop_timeout=None)
        if at in {"validate", "initialize"}:
            provider.steps[at] = forever.wait  # type: ignore[assignment]
            left = manager.register(provider)
        elif at == "dispose":
            provider.steps |= {"initialize": raising(OSError()), "cleanup": forever.wait}  # type: ignore[dict-item]
            left = manager.register(provider)
        else:
            await manager.register(provider)
            if at in {"cleanup", "drain"}:
                provider.steps["cleanup"] = forever.wait  # type: ignore[assignment]
                left = manager.unregister("one")
            elif at == "reload again":
                outcomes = iter([raising(OSError("new")), forever.wait])

                async def initialize() -> None:
                    await next(outcomes)()

                provider.steps["initialize"] = initialize
                left = manager.reload_provider("one", config={"new": 1})
            else:
                provider.steps["initialize"] = forever.wait  # type: ignore[assignment]
                left = manager.reload_provider("one", config={"new": 1})
        tasks: list[asyncio.Future[Any]] = [asyncio.ensure_future(provider.hold(forever))] if at == "drain" else []
        await asyncio.sleep(0)
        if at != "idle":
            tasks.append(asyncio.ensure_future(left))
        else:
            left.close()
        for _ in range(20):
            await asyncio.sleep(0)
        return manager

    loop = asyncio.new_event_loop()
    manager = loop.run_until_complete(leave_off())
    runner = manager._runners["one"]
    owner = runner.owner or runner._candidate
    assert owner is not None
    others = asyncio.all_tasks(loop) - {owner.task}
    loop.close()
    calls = list(provider.calls)
    caplog.clear()
    for task in (owner.task, *others):  # as the garbage collector does
        task._log_destroy_pending = False  # type: ignore[attr-defined]
        coroutine: Any = task.get_coro()
        with contextlib.nullcontext() if task is owner.task else contextlib.suppress(RuntimeError):
            coroutine.close()
        if task is owner.task:
            assert not caplog.records
            assert manager.registered_names() == ("one",)
        assert provider.calls == calls
    runner.owner = None  # else the manager warns that it was dropped


async def test_steps_count_under_the_type_of_their_own_instance(metrics: MetricsManager) -> None:
    async with managed() as (manager, _, _):
        await manager.register(Scripted("one"))
        other = Scripted("one", type=ProviderType.MEMORY)
        await manager.reload_provider("one", replacement=other, policy=Policy(reload="swap"))
        for kind, cleanups in (("custom", 1), ("memory", 0)):
            records = [metrics.operation(step, kind, "one") for step in ("initialize", "cleanup")]
            assert [record.successes for record in records] == [1, cleanups]
