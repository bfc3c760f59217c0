"""The manager: lookups, lifecycle under concurrency and cancellation, misuse."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import inspect
import logging
import os
import threading
import warnings
from contextvars import copy_context
from typing import Any, ClassVar

import pytest

from purveyor.errors import (
    InvalidMetadataError,
    ManagerClosingError,
    ProviderExistsError,
    ProviderNotFoundError,
    ProviderNotReadyError,
    ProviderTypeError,
    ReentrantLifecycleError,
    RegistrationAbortedError,
    StrayCancellationError,
    WrongEventLoopError,
)
from purveyor.lifecycle.owner import KEEP
from purveyor.manager import ProviderManager
from purveyor.metadata import ProviderMetadata, ProviderStatus, ProviderType
from purveyor.operations import operation
from purveyor.provider import Provider
from tests.providers import Scripted, metadata, raising, waiting

# --- Lookups ----------------------------------------------------------------------------------------


async def test_typed_lookup() -> None:
    async with ProviderManager() as manager:
        provider = Scripted("notes")
        await manager.register(provider)
        for cls in (Scripted, Provider, Scripted):  # the second time from the cache
            assert manager.get("notes", cls) is provider
        assert manager.get("notes") is provider
        assert manager.get_provider("notes") is provider
        assert "notes" in manager
        assert len(manager) == 1
        assert manager.names() == ("notes",)


async def test_typed_lookup_names_near_misses() -> None:
    async with ProviderManager() as manager:
        await manager.register(Scripted("notes"))
        with pytest.raises(ProviderNotFoundError) as raised:
            manager.get("Note")
        assert raised.value.suggestions == ("notes",)
        assert "did you mean 'notes'?" in str(raised.value)
        with pytest.raises(LookupError):
            manager.get("zzz")
        with pytest.raises(ProviderNotFoundError):
            manager.status("zzz")


async def test_typed_lookup_refuses_another_class() -> None:
    class Other(Scripted):
        pass

    async with ProviderManager() as manager:
        await manager.register(Scripted("notes"))
        with pytest.raises(ProviderTypeError, match="Provider notes is a Scripted, not a .*Other") as raised:
            manager.get("notes", Other)
        assert (raised.value.actual, raised.value.expected) == (Scripted, Other)


async def test_a_typed_lookup_forgets_who_was_unregistered() -> None:
    async with ProviderManager() as manager:
        await manager.register(Scripted("notes"))
        assert manager.get("notes", Scripted)
        await manager.unregister("notes")
        with pytest.raises(ProviderNotFoundError):
            manager.get("notes", Scripted)
        again = Scripted("notes")
        await manager.register(again)
        assert manager.get("notes", Scripted) is again


async def test_indexes_keep_what_was_registered_and_count_a_repeated_word_once() -> None:
    async with ProviderManager() as manager:
        provider = Scripted("one", "store", "store")
        await manager.register(provider)
        provider.metadata.capabilities.append("later")
        assert manager.get_providers_by_capability("store") == [provider]
        assert manager.get_providers_by_capability("later") == []
        await manager.unregister("one")
        assert manager.get_providers_by_capability("store") == []


# --- Misuse -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", None),
        ("name", 3),
        ("type", "memory"),
        ("capabilities", "store"),
        ("capabilities", [1]),
    ],
)
async def test_metadata_that_cannot_be_registered(field: str, value: Any) -> None:
    provider = Scripted()
    setattr(provider.metadata, field, value)
    with pytest.raises(InvalidMetadataError) as raised:
        await ProviderManager().register(provider)
    assert raised.value.field == field
    assert f"metadata.{field}: " in str(raised.value)
    assert provider.calls == []


@pytest.mark.parametrize("thing", [object(), None, "notes", Scripted])
async def test_what_is_no_provider_cannot_be_registered(thing: Any) -> None:
    with pytest.raises(ProviderTypeError):
        await ProviderManager().register(thing)


async def test_one_object_cannot_be_registered_twice_in_two_managers() -> None:
    """Trap 35."""
    provider = Scripted()
    async with ProviderManager() as one, ProviderManager() as two:
        await one.register(provider)
        with pytest.raises(ProviderExistsError):
            await two.register(provider)
        provider.steps["initialize"] = raising(RuntimeError("down"))
        with pytest.raises(RuntimeError):
            await one.reload_provider("one")
        with pytest.raises(ProviderExistsError):  # it is down, but it is still registered
            await two.register(provider)
        await one.unregister("one")
        provider.steps.clear()
        await two.register(provider)
        assert await provider.echo(1) == 1


def test_another_event_loop_is_refused_while_providers_run() -> None:
    """Trap 24."""
    manager = ProviderManager()
    first = asyncio.new_event_loop()
    first.run_until_complete(manager.register(Scripted()))

    async def elsewhere() -> None:
        for call in (manager.register(Scripted("two")), manager.reload_provider("one"), manager.cleanup()):
            with pytest.raises(WrongEventLoopError):
                await call

    asyncio.run(elsewhere())
    first.run_until_complete(manager.cleanup())
    first.close()

    async def anew() -> None:
        await manager.register(Scripted("two"))
        await manager.cleanup()

    asyncio.run(anew())


def test_a_fork_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trap 25."""

    async def main() -> None:
        async with ProviderManager() as manager:
            await manager.register(Scripted())
            with monkeypatch.context() as patch:
                patch.setattr(os, "getpid", lambda: -1)
                with pytest.raises(WrongEventLoopError):
                    await manager.unregister("one")

    asyncio.run(main())


def test_a_fork_in_which_no_event_loop_runs_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A coroutine that forks goes on in the child, where its loop does not count as running."""
    manager = ProviderManager(supervision=None)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(manager.register(Scripted()))
    with pytest.raises(RuntimeError, match="no running event loop"):
        manager.unregister("one").send(None)
    with monkeypatch.context() as patch:
        patch.setattr(os, "getpid", lambda: -1)
        for call in (manager.register(Scripted("two")), manager.unregister("one"), manager.cleanup()):
            with pytest.raises(WrongEventLoopError):
                call.send(None)
    loop.run_until_complete(manager.cleanup())
    loop.close()


def test_providers_are_cleaned_up_when_the_event_loop_is_shut_down() -> None:
    """Traps 9 and 24."""
    provider = Scripted()
    manager = ProviderManager()
    asyncio.run(manager.register(provider))
    assert provider.calls == ["validate", "initialize", "cleanup"]
    assert manager.names() == ()
    asyncio.run(manager.register(provider))  # nothing of it is left


def test_a_manager_that_is_dropped_warns() -> None:
    """Trap 40."""
    loop = asyncio.new_event_loop()
    manager = ProviderManager()
    loop.run_until_complete(manager.register(Scripted("left")))
    with pytest.warns(ResourceWarning, match="dropped while left ran"):
        manager.__del__()
    loop.run_until_complete(manager.cleanup())
    loop.close()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        del manager
        gc.collect()


# --- The owner task ---------------------------------------------------------------------------------


async def test_the_whole_lifecycle_runs_in_one_task_of_the_providers_own() -> None:
    manager = ProviderManager()
    one, two = Scripted("one"), Scripted("two")
    await manager.register(one)
    await manager.register(two)
    await asyncio.create_task(manager.reload_provider("one"))
    await asyncio.create_task(manager.cleanup())
    assert len(one.tasks) == len(two.tasks) == 1
    assert one.tasks.isdisjoint(two.tasks | {asyncio.current_task()})


async def test_a_task_group_entered_in_initialize_is_left_in_cleanup() -> None:
    """Trap 23."""

    class Grouped(Scripted):
        async def initialize(self) -> None:
            self.group = await asyncio.TaskGroup().__aenter__()
            self.timeout = asyncio.timeout(60)
            await self.timeout.__aenter__()
            self.beat = self.group.create_task(asyncio.sleep(60))
            self.resources = 1

        async def cleanup(self) -> None:
            self.beat.cancel()
            await self.timeout.__aexit__(None, None, None)
            await self.group.__aexit__(None, None, None)

    async with ProviderManager() as manager:
        await manager.register(Grouped())
        await manager.reload_provider("one")


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt()])
async def test_a_base_exception_of_initialize_is_the_callers(error: BaseException) -> None:
    async with ProviderManager() as manager:
        with pytest.raises(type(error)):
            await manager.register(Scripted(initialize=raising(error)))
        await manager.register(Scripted())


async def test_a_base_exception_of_cleanup_comes_after_the_others_had_their_chance() -> None:
    """Trap 8."""
    manager = ProviderManager()
    first = Scripted("first")
    await manager.register(first)
    await manager.register(Scripted("second", cleanup=raising(SystemExit(3))))
    with pytest.raises(SystemExit):
        await manager.cleanup()
    assert first.calls[-1] == "cleanup"


async def test_a_failure_of_the_cleanup_after_a_failed_start_is_noted() -> None:
    """Trap 7."""
    error = RuntimeError("start")
    provider = Scripted(initialize=raising(error), cleanup=raising(OSError("cleanup")))
    async with ProviderManager() as manager:
        with pytest.raises(RuntimeError):
            await manager.register(provider)
    assert error.__notes__ == ["cleaning up after it failed as well: OSError('cleanup')"]


async def test_the_block_of_the_manager_keeps_its_own_error() -> None:
    """Trap 7."""
    with pytest.raises(KeyError) as raised:
        async with ProviderManager() as manager:
            await manager.register(Scripted(cleanup=raising(OSError("cleanup"))))
            raise KeyError("mine")
    assert "OSError('cleanup')" in raised.value.__notes__[0]
    with pytest.raises(ExceptionGroup):
        async with ProviderManager() as manager:
            await manager.register(Scripted(cleanup=raising(OSError("cleanup"))))


# --- Reload -----------------------------------------------------------------------------------------


async def test_no_operation_fails_because_of_a_reload() -> None:
    async with ProviderManager() as manager:
        provider = Scripted(cleanup=lambda: asyncio.sleep(0.001), initialize=lambda: asyncio.sleep(0.001))
        await manager.register(provider)
        done = False

        async def caller() -> int:
            calls = 0
            while not done:
                assert await provider.echo(calls) == calls
                assert [i async for i in provider.count_to(2)] == [0, 1]
                calls += 1
            return calls

        callers = [asyncio.create_task(caller()) for _ in range(32)]
        for _ in range(20):
            await manager.reload_provider("one")
            await asyncio.sleep(0.002)
        done = True
        counts = await asyncio.gather(*callers)
        assert min(counts) > 0
        assert provider.calls.count("initialize") == 21


async def test_a_reload_waits_for_operations_that_run() -> None:
    async with ProviderManager() as manager:
        provider = Scripted()
        await manager.register(provider)
        go = asyncio.Event()
        held = asyncio.create_task(provider.hold(go))
        await asyncio.sleep(0)
        reload = asyncio.create_task(manager.reload_provider("one"))
        await asyncio.sleep(0.01)
        assert manager.status("one") is ProviderStatus.RELOADING
        assert "cleanup" not in provider.calls
        go.set()
        await reload
        assert held.done()
        assert provider.calls[-2:] == ["cleanup", "initialize"]


async def test_an_operation_that_overstays_the_drain_does_not_hold_the_reload_up(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with ProviderManager(drain_timeout=0.01) as manager:
        provider = Scripted()
        await manager.register(provider)
        go = asyncio.Event()
        held = asyncio.create_task(provider.hold(go))
        await asyncio.sleep(0)
        await manager.reload_provider("one")
        assert provider.calls[-1] == "initialize"
        assert "1 operations unfinished" in caplog.text
        go.set()
        assert await held == "held"


async def test_operations_that_call_each_other_pass_a_reload_that_waits_for_them() -> None:
    async with ProviderManager() as manager:
        provider = Scripted()
        await manager.register(provider)
        go = asyncio.Event()
        nested = asyncio.create_task(provider.nested(go))
        await asyncio.sleep(0)
        reload = asyncio.create_task(manager.reload_provider("one"))
        await asyncio.sleep(0.01)
        outside = asyncio.create_task(provider.echo("outside"))
        await asyncio.sleep(0.01)
        assert not outside.done()
        go.set()
        assert await nested == "nested"
        await reload
        assert await outside == "outside"


async def test_a_reader_of_a_generator_may_call_on_while_a_reload_waits_for_it() -> None:
    async with ProviderManager() as manager:
        provider = Scripted()
        await manager.register(provider)
        seen = []
        async for i in provider.count_to(3):
            if i == 0:
                reload = asyncio.create_task(manager.reload_provider("one"))
                await asyncio.sleep(0.01)
            seen.append(await provider.echo(i))
            async for j in provider.count_to(1):
                seen.append(j)
        await reload
        assert seen == [0, 0, 1, 0, 2, 0]


async def test_a_provider_may_use_its_own_operations_in_its_lifecycle() -> None:
    provider = Scripted()

    async def use() -> None:
        assert await provider.echo("own") == "own"
        assert provider.plain(1) == 1

    provider.steps.update(initialize=use, cleanup=use)
    async with ProviderManager() as manager:
        await manager.register(provider)
        await manager.reload_provider("one")
    assert provider.calls == ["validate", "initialize", "cleanup", "initialize", "cleanup"]


async def test_a_new_config_takes_effect_between_cleanup_and_initialize() -> None:
    class Noting(Scripted):
        async def _run(self, step: str) -> None:
            await super()._run(f"{step} {self.config.get('n')}")

    async with ProviderManager() as manager:
        provider = Noting()
        await manager.register(provider)
        go = asyncio.Event()
        held = asyncio.create_task(provider.hold(go))
        await asyncio.sleep(0)
        reloads = [asyncio.create_task(manager.reload_provider("one", config={"n": n})) for n in (1, 2)]
        reloads.append(asyncio.create_task(manager.reload_provider("one")))
        await asyncio.sleep(0.01)
        assert provider.config == {}  # an operation still runs on the old one
        go.set()
        await asyncio.gather(held, *reloads)
        assert provider.calls[2:] == ["cleanup None", "initialize 2"]


async def test_a_new_config_is_there_for_a_reload_of_the_classs_own() -> None:
    class Own(Scripted):
        async def reload(self) -> None:
            self.calls.append(f"reload {self.config['n']}")

    async with ProviderManager() as manager:
        provider = Own()
        await manager.register(provider)
        await manager.reload_provider("one", config={"n": 1})
        assert provider.calls[-1] == "reload 1"


async def test_a_provider_that_is_down_can_be_given_another_config() -> None:
    async with ProviderManager() as manager:
        provider = Scripted()
        await manager.register(provider)
        provider.steps["initialize"] = raising(OSError("down"))
        with pytest.raises(OSError, match="down"):
            await manager.reload_provider("one", config={"n": 1})
        provider.steps.clear()
        await manager.reload_provider("one", config={"n": 2})
        assert provider.config == {"n": 2}
        assert provider.calls.count("cleanup") == 3  # the old config was tried as well


async def test_concurrent_reloads_coalesce() -> None:
    async with ProviderManager() as manager:
        go = asyncio.Event()
        provider = Scripted()
        await manager.register(provider)
        provider.steps["initialize"] = waiting(go)
        first = asyncio.create_task(manager.reload_provider("one"))
        await asyncio.sleep(0.01)  # it has begun: those that come now want what is newer
        later = [asyncio.create_task(manager.reload_provider("one")) for _ in range(5)]
        await asyncio.sleep(0.01)
        go.set()
        await asyncio.gather(first, *later)
        assert provider.calls.count("initialize") == 3


async def test_a_failed_reload_is_visible_and_can_be_repeated() -> None:
    async with ProviderManager() as manager:
        provider = Scripted()
        await manager.register(provider)
        provider.steps["initialize"] = raising(OSError("down"))
        waiting_call = asyncio.gather(manager.reload_provider("one"), provider.echo(1), return_exceptions=True)
        outcomes = await waiting_call
        assert isinstance(outcomes[0], OSError)
        assert manager.status("one") is ProviderStatus.FAILED
        assert manager.get_provider("one") is provider
        assert provider.resources == 0
        with pytest.raises(ProviderNotReadyError, match="Provider one is failed") as raised:
            await provider.echo(1)
        assert raised.value.status is ProviderStatus.FAILED
        provider.steps.clear()
        await manager.reload_provider("one")
        assert manager.status("one") is ProviderStatus.READY
        assert await provider.echo(1) == 1


async def test_an_operation_that_waits_for_a_reload_learns_of_its_failure() -> None:
    async with ProviderManager() as manager:
        provider = Scripted()
        await manager.register(provider)
        go = asyncio.Event()

        async def fail_later() -> None:
            await go.wait()
            raise OSError("down")

        provider.steps["initialize"] = fail_later
        reload = asyncio.create_task(manager.reload_provider("one"))
        await asyncio.sleep(0.01)
        waiter = asyncio.create_task(provider.echo(1))
        await asyncio.sleep(0.01)
        assert not waiter.done()
        go.set()
        with pytest.raises(ProviderNotReadyError):
            await waiter
        with pytest.raises(OSError, match="down"):
            await reload


async def test_a_provider_that_is_down_is_not_cleaned_up_twice() -> None:
    manager = ProviderManager()
    provider = Scripted()
    await manager.register(provider)
    provider.steps["initialize"] = raising(OSError("down"))
    with pytest.raises(OSError, match="down"):
        await manager.reload_provider("one")
    assert provider.calls.count("cleanup") == 2
    await manager.cleanup()
    assert provider.calls.count("cleanup") == 2


async def test_a_caller_that_gives_up_a_reload_does_not_stop_it() -> None:
    async with ProviderManager() as manager:
        go = asyncio.Event()
        provider = Scripted()
        await manager.register(provider)
        provider.steps["initialize"] = waiting(go)
        reload = asyncio.create_task(manager.reload_provider("one"))
        await asyncio.sleep(0.01)
        reload.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reload
        assert manager.status("one") is ProviderStatus.RELOADING
        go.set()
        assert await provider.echo(1) == 1


async def test_a_reload_that_nobody_waits_for_may_fail(caplog: pytest.LogCaptureFixture) -> None:
    """Trap 26."""
    async with ProviderManager() as manager:
        provider = Scripted()
        await manager.register(provider)
        provider.steps["initialize"] = raising(OSError("down"))
        reload = asyncio.create_task(manager.reload_provider("one"))
        await asyncio.sleep(0)
        reload.cancel()
        await asyncio.gather(reload, return_exceptions=True)
        await asyncio.sleep(0.01)
        gc.collect()
        assert manager.status("one") is ProviderStatus.FAILED
        assert "never retrieved" not in caplog.text


# --- Stop -------------------------------------------------------------------------------------------


async def test_a_stop_waits_for_operations_and_turns_new_ones_away() -> None:
    manager = ProviderManager()
    provider = Scripted()
    await manager.register(provider)
    go = asyncio.Event()
    nested = asyncio.create_task(provider.nested(go))
    await asyncio.sleep(0)
    stop = asyncio.create_task(manager.unregister("one"))
    await asyncio.sleep(0.01)
    assert manager.get_provider("one") is None
    assert manager.status("one") is ProviderStatus.STOPPING
    with pytest.raises(ProviderNotReadyError, match="stopping"):
        await provider.echo(1)
    with pytest.raises(ProviderExistsError):  # the name is taken until it is over
        await manager.register(Scripted())
    go.set()
    await stop
    assert await nested == "nested"
    with pytest.raises(ProviderNotReadyError, match="stopped"):
        await provider.echo(1)
    with pytest.raises(ProviderNotReadyError, match="stopped"):
        provider.plain(1)
    await manager.register(Scripted())
    await manager.cleanup()


async def test_several_callers_share_one_stop() -> None:
    """Trap 39."""
    manager = ProviderManager()
    go = asyncio.Event()
    provider = Scripted(cleanup=waiting(go))
    await manager.register(provider)
    calls = [asyncio.create_task(manager.unregister("one")) for _ in range(3)]
    calls += [asyncio.create_task(manager.cleanup()) for _ in range(2)]
    await asyncio.sleep(0.01)
    go.set()
    await asyncio.gather(*calls)
    assert provider.calls.count("cleanup") == 1


async def test_stop_wins_over_a_reload_that_waits() -> None:
    """Trap 16."""
    manager = ProviderManager()
    provider = Scripted()
    await manager.register(provider)
    go = asyncio.Event()
    held = asyncio.create_task(provider.hold(go))
    await asyncio.sleep(0)
    first = asyncio.create_task(manager.reload_provider("one"))
    await asyncio.sleep(0.01)
    second = asyncio.create_task(manager.reload_provider("one"))
    await asyncio.sleep(0.01)
    stop = asyncio.create_task(manager.unregister("one"))
    await asyncio.sleep(0.01)
    with pytest.raises(ProviderNotFoundError):
        await manager.reload_provider("one")
    go.set()
    await asyncio.gather(held, stop)
    for reload in (first, second):
        with pytest.raises(ProviderNotReadyError, match="stopping"):
            await reload
    assert provider.calls == ["validate", "initialize", "cleanup"]


async def test_cleanup_aborts_registrations_that_are_under_way() -> None:
    manager = ProviderManager()
    never = asyncio.Event()
    provider = Scripted("slow", initialize=waiting(never))
    registration = asyncio.create_task(manager.register(provider))
    unstarted = asyncio.create_task(manager.register(Scripted("unstarted")))
    await asyncio.sleep(0.01)
    latest = asyncio.create_task(manager.register(Scripted("latest", initialize=waiting(never))))
    await asyncio.sleep(0)
    await manager.cleanup()
    with pytest.raises(RegistrationAbortedError, match="slow"):
        await registration
    with pytest.raises(RegistrationAbortedError, match="latest"):
        await latest
    await unstarted
    assert provider.calls == ["validate", "initialize", "cleanup"]
    assert manager.names() == ()


async def test_unregister_aborts_a_registration_that_is_under_way() -> None:
    manager = ProviderManager()
    registration = asyncio.create_task(manager.register(Scripted(initialize=waiting(asyncio.Event()))))
    await asyncio.sleep(0.01)
    await manager.unregister("one")
    with pytest.raises(RegistrationAbortedError):
        await registration
    assert manager.names() == ()


async def test_a_registration_can_be_aborted_before_its_first_step() -> None:
    manager = ProviderManager()
    provider = Scripted()
    registration = asyncio.create_task(manager.register(provider))
    stop = asyncio.create_task(manager.unregister("one"))
    await stop
    with pytest.raises(RegistrationAbortedError):
        await registration
    assert provider.calls == []
    await manager.register(provider)
    assert await provider.echo(1) == 1
    await manager.cleanup()


async def test_a_start_that_swallows_its_cancellation_is_stopped_all_the_same() -> None:
    async def stubborn() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        await asyncio.sleep(0)

    manager = ProviderManager()
    for stop in (lambda task: task.cancel(), lambda task: manager.cleanup()):
        provider = Scripted(initialize=stubborn)
        registration = asyncio.create_task(manager.register(provider))
        await asyncio.sleep(0.01)
        outcome = stop(registration)
        if asyncio.iscoroutine(outcome):
            await outcome
        with pytest.raises((asyncio.CancelledError, RegistrationAbortedError)):
            await registration
        assert provider.calls == ["validate", "initialize", "cleanup"]
        assert manager.names() == ()


async def test_an_owner_task_that_is_cancelled_from_outside_cleans_up() -> None:
    """As happens to every task when `asyncio.run` ends."""
    manager = ProviderManager()
    go = asyncio.Event()
    provider = Scripted(cleanup=waiting(go))
    await manager.register(provider)
    owner = next(iter(provider.tasks))
    assert owner is not None
    owner.cancel()
    await asyncio.sleep(0.01)
    assert manager.status("one") is ProviderStatus.STOPPING
    with pytest.raises(ProviderNotFoundError):
        await manager.reload_provider("one")
    go.set()
    await asyncio.gather(owner, return_exceptions=True)
    assert manager.names() == ()
    assert provider.resources == 0


async def test_an_owner_task_that_is_cancelled_during_a_reload_disposes_of_it() -> None:
    manager = ProviderManager()
    provider = Scripted()
    await manager.register(provider)
    provider.steps["initialize"] = waiting(asyncio.Event())
    reload = asyncio.create_task(manager.reload_provider("one"))
    await asyncio.sleep(0.01)
    owner = next(iter(provider.tasks))
    assert owner is not None
    owner.cancel()
    await asyncio.gather(owner, reload, return_exceptions=True)
    assert provider.resources == 0
    assert manager.names() == ()


async def test_nothing_is_registered_while_the_manager_cleans_up() -> None:
    manager = ProviderManager()
    go = asyncio.Event()
    await manager.register(Scripted(cleanup=waiting(go)))
    cleanup = asyncio.create_task(manager.cleanup())
    await asyncio.sleep(0.01)
    with pytest.raises(ManagerClosingError):
        await manager.register(Scripted("two"))
    go.set()
    await cleanup
    await manager.register(Scripted("two"))
    await manager.cleanup()


async def test_cancelling_a_cleanup_skips_nobody() -> None:
    """Trap 6."""
    manager = ProviderManager()
    go = asyncio.Event()
    providers = [Scripted(name, cleanup=waiting(go)) for name in "abc"]
    for provider in providers:
        await manager.register(provider)
    cleanup = asyncio.create_task(manager.cleanup())
    await asyncio.sleep(0.01)
    cleanup.cancel()
    await asyncio.sleep(0.01)
    assert not cleanup.done()
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await cleanup
    assert [provider.calls[-1] for provider in providers] == ["cleanup"] * 3
    assert manager.names() == ()


async def test_a_second_cancellation_leaves_the_cleanup_to_itself() -> None:
    """Trap 6."""
    manager = ProviderManager()
    go = asyncio.Event()
    provider = Scripted(cleanup=waiting(go))
    await manager.register(provider)
    cleanup = asyncio.create_task(manager.cleanup())
    for _ in range(2):
        await asyncio.sleep(0.01)
        cleanup.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cleanup
    assert manager.status("one") is ProviderStatus.STOPPING
    go.set()
    await manager.cleanup()
    assert provider.calls.count("cleanup") == 1


async def test_cancelling_a_registration_undoes_it() -> None:
    """Trap 3."""
    manager = ProviderManager()
    provider = Scripted(initialize=waiting(asyncio.Event()))
    registration = asyncio.create_task(manager.register(provider))
    await asyncio.sleep(0.01)
    registration.cancel()
    with pytest.raises(asyncio.CancelledError):
        await registration
    assert provider.calls == ["validate", "initialize", "cleanup"]
    assert provider.resources == 0
    await manager.register(Scripted())
    await manager.cleanup()


async def test_cleaning_up_after_a_failed_start_is_not_interrupted_by_a_stop() -> None:
    manager = ProviderManager()
    go = asyncio.Event()
    provider = Scripted(initialize=raising(OSError("down")), cleanup=waiting(go))
    registration = asyncio.create_task(manager.register(provider))
    await asyncio.sleep(0.01)
    cleanup = asyncio.create_task(manager.cleanup())
    await asyncio.sleep(0.01)
    assert provider.resources == 1
    go.set()
    await cleanup
    assert provider.resources == 0
    with pytest.raises(RegistrationAbortedError):
        await registration


# --- Re-entrancy ------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["initialize", "cleanup"])
@pytest.mark.parametrize("action", ["unregister", "reload_provider"])
async def test_a_provider_that_waits_for_itself_is_told(step: str, action: str) -> None:
    """Trap 19."""
    manager = ProviderManager()
    seen: list[BaseException] = []

    async def call() -> None:
        try:
            await getattr(manager, action)("one")
        except (ReentrantLifecycleError, ProviderNotFoundError) as error:
            seen.append(error)

    provider = Scripted()
    provider.steps[step] = call
    await manager.register(provider)
    if step == "cleanup":
        await manager.unregister("one")
    assert len(seen) == 1
    await manager.cleanup()


async def test_a_provider_that_cleans_everything_up_from_inside_stops_the_others() -> None:
    """Trap 19."""
    manager = ProviderManager()
    other = Scripted("other")
    await manager.register(other)

    async def call() -> None:
        with pytest.raises(ExceptionGroup) as raised:
            await manager.cleanup()
        assert raised.group_contains(ReentrantLifecycleError)

    await manager.register(Scripted("one", initialize=call))
    assert other.calls[-1] == "cleanup"
    assert manager.names() == ("one",)
    await manager.cleanup()


async def test_a_task_of_a_running_provider_may_reload_and_stop_it() -> None:
    manager = ProviderManager()
    go = asyncio.Event()
    tasks: list[asyncio.Task[None]] = []

    async def later() -> None:
        await go.wait()
        await manager.reload_provider("one")
        await manager.unregister("one")

    async def initialize() -> None:
        if not tasks:
            tasks.append(asyncio.create_task(later()))

    provider = Scripted(initialize=initialize)
    await manager.register(provider)
    go.set()
    await tasks[0]
    assert provider.calls == ["validate", "initialize", "cleanup", "initialize", "cleanup"]


async def test_a_provider_may_register_another_from_its_initialize() -> None:
    manager = ProviderManager()
    await manager.register(Scripted("outer", initialize=lambda: manager.register(Scripted("inner"))))
    assert manager.names() == ("outer", "inner")  # in the order of registration, not of readiness
    await manager.cleanup()


# --- Threads ----------------------------------------------------------------------------------------


async def test_a_plain_operation_waits_for_a_reload_in_its_thread_but_not_on_the_loop() -> None:
    async with ProviderManager() as manager:
        go = asyncio.Event()
        provider = Scripted()
        await manager.register(provider)
        provider.steps["initialize"] = waiting(go)
        reload = asyncio.create_task(manager.reload_provider("one"))
        await asyncio.sleep(0.01)
        with pytest.raises(ProviderNotReadyError, match="cannot wait for a reload on the event loop"):
            provider.plain(1)
        in_thread = asyncio.create_task(asyncio.to_thread(provider.plain, 2))
        await asyncio.sleep(0.02)
        assert not in_thread.done()
        go.set()
        assert await in_thread == 2
        await reload


async def test_reloads_and_operations_of_many_threads() -> None:
    async with ProviderManager() as manager:
        provider = Scripted()
        await manager.register(provider)
        done = threading.Event()
        calls = [0] * 4

        def call(i: int) -> None:
            while not done.is_set():
                assert provider.plain(i) == i
                calls[i] += 1

        threads = [threading.Thread(target=call, args=(i,)) for i in range(4)]
        for thread in threads:
            thread.start()
        for _ in range(20):
            await manager.reload_provider("one")
            await asyncio.sleep(0.001)
        done.set()
        for thread in threads:
            await asyncio.to_thread(thread.join)
        assert min(calls) > 0
        assert provider._gate.held == 0


def test_the_manager_is_light(caplog: pytest.LogCaptureFixture) -> None:
    """A thousand providers come and go without a trace."""
    caplog.set_level(logging.CRITICAL)

    async def main() -> None:
        manager = ProviderManager()
        await asyncio.gather(*(manager.register(Scripted(str(i), "store")) for i in range(1000)))
        assert len(manager.get_providers_by_capability("store")) == 1000
        await manager.cleanup()
        assert manager.names() == ()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())


def test_metadata_of_a_provider_without_any() -> None:
    class Bare(Provider[None]):
        def __init__(self) -> None:
            pass

        async def initialize(self) -> None: ...

        async def cleanup(self) -> None: ...

    assert repr(Bare()) == "<test_metadata_of_a_provider_without_any.<locals>.Bare 'Bare'>"
    assert repr(Scripted("notes")) == "<Scripted 'notes'>"
    assert ProviderMetadata("a", ProviderType.CUSTOM, "", "") == metadata("a").__class__(
        "a", ProviderType.CUSTOM, "", ""
    )


async def test_a_subclass_may_look_providers_up_in_its_own_way() -> None:
    class Traced(ProviderManager):
        asked: ClassVar[list[str]] = []

        def get_provider(self, name: str) -> Provider[Any] | None:
            self.asked.append(name)
            return super().get_provider(name)

    async with Traced() as manager:
        provider = Scripted()
        await manager.register(provider)
        assert manager.get_provider("one") is provider
        assert manager.get_provider("two") is None
        assert Traced.asked == ["one", "two"]


# --- Cancellations that nobody asked for ------------------------------------------------------------


async def cancels_itself() -> None:
    """What ``task.cancel(); await task`` without a `suppress` does."""
    task = asyncio.create_task(asyncio.sleep(60))
    task.cancel()
    await task


async def test_a_stray_cancellation_in_the_cleanup_after_a_failed_start_hides_nothing() -> None:
    async with ProviderManager() as manager:
        provider = Scripted(initialize=raising(ValueError("bad config")), cleanup=cancels_itself)
        with pytest.raises(ValueError, match="bad config") as raised:
            await manager.register(provider)
        assert "StrayCancellationError" in raised.value.__notes__[0]
        provider.steps.clear()
        await manager.register(provider)
        assert await provider.echo(1) == 1


async def test_a_stray_cancellation_in_a_reload_is_its_error() -> None:
    async with ProviderManager() as manager:
        provider = Scripted(cleanup=cancels_itself)
        await manager.register(provider)
        with pytest.raises(StrayCancellationError, match="cleanup of provider one raised CancelledError"):
            await manager.reload_provider("one")
        assert manager.status("one") is ProviderStatus.FAILED
        provider.steps.clear()
        await manager.reload_provider("one")
        assert await provider.echo(1) == 1


@pytest.mark.parametrize("step", ["validate", "initialize"])
async def test_a_stray_cancellation_in_a_start_is_its_error(step: str) -> None:
    """Trap 3."""
    async with ProviderManager() as manager:
        provider = Scripted()
        provider.steps[step] = cancels_itself
        with pytest.raises(StrayCancellationError, match=step):
            await manager.register(provider)
        assert manager.names() == ()


async def test_a_stray_cancellation_in_a_cleanup_hides_no_other_error() -> None:
    manager = ProviderManager()
    await manager.register(Scripted("one", cleanup=raising(OSError("disk on fire"))))
    await manager.register(Scripted("two", cleanup=cancels_itself))
    with pytest.raises(ExceptionGroup) as raised:
        await manager.cleanup()
    assert {type(error) for error in raised.value.exceptions} == {OSError, StrayCancellationError}


async def test_an_owner_task_that_is_cancelled_as_a_reload_is_asked_for_answers_it() -> None:
    manager = ProviderManager()
    provider = Scripted()
    await manager.register(provider)
    owner = next(iter(provider.tasks))
    assert owner is not None
    reload = asyncio.create_task(manager.reload_provider("one"))
    await asyncio.sleep(0)
    owner.cancel()  # as at the end of asyncio.run
    with pytest.raises(ProviderNotReadyError):
        await reload
    assert manager.names() == ()
    assert provider.resources == 0


# --- A provider's own tasks and operations ----------------------------------------------------------


class Watched(Scripted):
    """Unregisters itself from a task of its own, which its cleanup cancels and waits for."""

    def __init__(self, manager: ProviderManager, action: str) -> None:
        super().__init__()
        self.manager = manager
        self.action = action

    async def initialize(self) -> None:
        await super().initialize()
        self.dog = asyncio.create_task(self.watch())

    async def watch(self) -> None:
        await asyncio.sleep(0.01)
        await (self.manager.unregister("one") if self.action == "unregister" else self.manager.cleanup())

    async def cleanup(self) -> None:
        self.dog.cancel()
        await asyncio.gather(self.dog, return_exceptions=True)
        await super().cleanup()


@pytest.mark.parametrize("action", ["unregister", "cleanup"])
async def test_a_watchdog_of_a_provider_may_stop_it_and_be_cancelled_by_its_cleanup(action: str) -> None:
    manager = ProviderManager()
    provider = Watched(manager, action)
    await manager.register(provider)
    await asyncio.sleep(0.05)
    await manager.cleanup()
    assert provider.calls[-1] == "cleanup"
    assert manager.names() == ()


async def test_what_an_incarnation_leaves_running_is_a_caller_like_any_other_once_it_is_over() -> None:
    go = asyncio.Event()
    seen: list[str] = []
    left: list[asyncio.Task[None]] = []

    async with ProviderManager() as manager:
        provider = Scripted()

        async def leave_running() -> None:
            await go.wait()
            await provider.echo("left over")
            seen.append("left over")

        async def initialize() -> None:
            if not left:
                left.append(asyncio.create_task(leave_running()))
            else:
                go.set()
                await asyncio.sleep(0.01)
                seen.append("initialized")

        provider.steps["initialize"] = initialize
        await manager.register(provider)
        await manager.reload_provider("one")
        await left[0]
        assert seen == ["initialized", "left over"]


async def test_a_cleanup_that_uses_operations_and_fails_is_tried_again_without_waiting_for_itself() -> None:
    provider = Scripted()

    async def use_and_fail() -> None:
        assert await provider.echo("own") == "own"
        raise OSError("stuck")

    provider.steps["cleanup"] = use_and_fail
    async with ProviderManager() as manager:
        await manager.register(provider)
        with pytest.raises(OSError, match="stuck"):
            await asyncio.wait_for(manager.reload_provider("one"), 10)
        assert provider.calls == ["validate", "initialize", "cleanup", "cleanup"]


@pytest.mark.parametrize("action", ["unregister", "reload_provider", "cleanup"])
async def test_an_operation_cannot_stop_or_reload_its_own_provider(action: str) -> None:
    manager = ProviderManager()

    class Own(Scripted):
        @operation
        async def ask(self) -> None:
            await getattr(manager, action)(*([] if action == "cleanup" else ["one"]))

    provider = Own()
    await manager.register(provider)
    with pytest.raises(ReentrantLifecycleError, match="from inside its own lifecycle or operations"):
        await provider.ask()
    async for _ in provider.count_to(1):
        with pytest.raises(ReentrantLifecycleError):
            await manager.reload_provider("one")
    assert await provider.echo(1) == 1
    await manager.cleanup()


# --- Lookups from threads, and what changes under them ----------------------------------------------


async def test_metadata_that_changes_during_the_start_changes_nothing() -> None:
    async with ProviderManager() as manager:
        provider = Scripted("one", "store")

        async def change() -> None:
            provider.metadata.type = ProviderType.MEMORY
            provider.metadata.capabilities = None  # type: ignore[assignment]
            provider.metadata.name = "two"

        provider.steps["initialize"] = change
        await manager.register(provider)
        assert manager.get_providers_by_type(ProviderType.CUSTOM) == [provider]
        assert manager.get_providers_by_capability("store") == [provider]
        assert manager.get_provider("one") is provider
        await manager.unregister("one")
        assert manager.get_providers_by_type(ProviderType.CUSTOM) == []


async def test_a_late_thread_does_not_put_back_what_was_withdrawn() -> None:
    asked = threading.Event()
    go = threading.Event()

    class Meta(type(Scripted)):  # type: ignore[misc]
        def __instancecheck__(cls, instance: object) -> bool:
            asked.set()
            go.wait()
            return True

    class Slow(Scripted, metaclass=Meta):
        pass

    async with ProviderManager() as manager:
        await manager.register(Scripted())
        lookup = asyncio.create_task(asyncio.to_thread(manager.get, "one", Slow))
        await asyncio.to_thread(asked.wait)
        await manager.unregister("one")
        go.set()
        await lookup
        with pytest.raises(ProviderNotFoundError):
            manager.get("one", Slow)


async def test_lookups_from_threads_while_providers_come_and_go() -> None:
    """Whoever is found is, or has just been, registered; nothing but the worded errors comes out."""
    done = threading.Event()
    failures: list[BaseException] = []
    async with ProviderManager() as manager:

        def look() -> None:
            while not done.is_set():
                try:
                    manager.get_providers_by_capability("store")
                    manager.get_providers_by_type(ProviderType.CUSTOM)
                    manager.get("one", Scripted)
                    manager.get("nobody")
                except ProviderNotFoundError:
                    pass
                except BaseException as error:
                    failures.append(error)
                    return

        threads = [threading.Thread(target=look) for _ in range(3)]
        for thread in threads:
            thread.start()
        for _ in range(150):
            await manager.register(Scripted("one", "store"))
            await manager.unregister("one")
            assert manager.get_providers_by_capability("store") == []
        done.set()
        for thread in threads:
            await asyncio.to_thread(thread.join)
    assert failures == []


def test_providers_whose_event_loop_was_closed_under_them_are_given_up() -> None:
    """Trap 24."""
    manager = ProviderManager()
    provider = Scripted("left", "store")
    loop = asyncio.new_event_loop()
    loop.run_until_complete(manager.register(provider))
    owner = next(iter(provider.tasks))
    assert owner is not None
    owner._log_destroy_pending = False  # type: ignore[attr-defined]
    loop.close()

    async def anew() -> None:
        with pytest.warns(ResourceWarning, match="the event loop of left was closed"):
            await manager.register(Scripted("new"))
        assert manager.names() == ("new",)
        with pytest.raises(ProviderNotReadyError):
            await provider.echo(1)
        await manager.cleanup()

    asyncio.run(anew())
    coroutine = owner.get_coro()
    assert coroutine is not None
    with contextlib.suppress(RuntimeError):
        copy_context().run(coroutine.close)  # which runs a step of it, and that sets a context variable


async def test_lookups_answer_in_the_order_of_registration_whoever_is_ready_first() -> None:
    gates = {name: asyncio.Event() for name in "abc"}
    async with ProviderManager() as manager:
        providers = [Scripted(name, "store", initialize=waiting(gates[name])) for name in "abc"]
        registration = asyncio.create_task(manager.register_all(providers))
        for name in "cab":
            gates[name].set()
            await asyncio.sleep(0.001)
        await registration
        assert manager.names() == manager.registered_names() == ("a", "b", "c")
        assert manager.get_providers_by_type(ProviderType.CUSTOM) == providers
        assert manager.get_providers_by_capability("store") == providers
        replacement = Scripted("a", "store", "search")
        await manager.reload_provider("a", replacement=replacement)
        assert manager.get_providers_by_capability("store") == [replacement, *providers[1:]]
        assert manager.get_providers_by_capability("search") == [replacement]


async def test_to_register_nothing_is_done_at_once() -> None:
    async with ProviderManager() as manager:
        await manager.register_all([])
        assert manager.registered_names() == ()


async def test_a_manager_is_shown_by_names_and_statuses() -> None:
    async with ProviderManager() as manager:
        assert repr(manager) == "<ProviderManager without providers>"
        await manager.register(Scripted("db"))
        assert repr(manager) == "<ProviderManager db: ready>"
        for number in range(20):
            await manager.register(Scripted(f"p{number}"))
        assert repr(manager).endswith("p18: ready, and 1 more>")


def test_the_fast_lookup_takes_its_name_without_a_keyword() -> None:
    class Own(ProviderManager):
        def get_provider(self, name: str, /) -> Any:
            return super().get_provider(name)

    for manager in (ProviderManager(), Own()):
        assert manager.get_provider("nobody") is None
        with pytest.raises(TypeError, match="keyword"):
            manager.get_provider(name="nobody")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="positional-only"):
        ProviderManager.get_provider(ProviderManager(), name="nobody")  # type: ignore[call-arg]


def test_what_a_reload_keeps_reads_so_in_a_signature() -> None:
    assert repr(KEEP) == "KEEP"
    assert "config: 'Any' = KEEP" in str(inspect.signature(ProviderManager.reload_provider))
