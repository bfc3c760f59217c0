"""Reloads among other things that happen at the same time: other reloads, the start, the stop."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

import pytest

from purveyor.errors import LifecycleError, ProviderNotFoundError, ProviderNotReadyError, RegistrationAbortedError
from purveyor.events import Reloaded
from purveyor.manager import ProviderManager
from purveyor.metadata import ProviderStatus
from purveyor.needs import Needs
from purveyor.policy import Policy
from purveyor.testing import FakeClock
from tests.lifecycle.lines import Journal, Member, turns
from tests.providers import Scripted, raising, waiting

Strategy = Literal["swap", "in_place"]
both = pytest.mark.parametrize("strategy", ["swap", "in_place"])


# --- Several at once ------------------------------------------------------------------------------------


@both
async def test_reloads_coalesce_and_the_last_config_wins(manager: ProviderManager, strategy: Strategy) -> None:
    """Trap 16."""
    journal = Journal(manager)
    first = Member()
    await manager.register(first, policy=Policy(reload=strategy))
    go = asyncio.Event()
    first.steps["initialize"] = waiting(go)
    reloads = [asyncio.create_task(manager.reload_provider("one", config={"n": 0}))]
    await turns()  # it has begun: those that come now want what is newer
    reloads += [asyncio.create_task(manager.reload_provider("one", config={"n": n})) for n in range(1, 6)]
    reloads += [asyncio.create_task(manager.reload_provider("one"))]  # which leaves the config alone
    await turns()
    go.set()
    await asyncio.gather(*reloads)
    assert manager.get("one").config == {"n": 5}
    await turns()
    assert len(journal.of(Reloaded)) == 2
    assert sum(calls.count("initialize") for calls in first.line.calls) == 3


async def test_of_a_config_and_a_replacement_the_last_one_counts(manager: ProviderManager) -> None:
    first = Scripted()
    await manager.register(first)
    go = asyncio.Event()
    first.steps["cleanup"] = waiting(go)

    class Other(Scripted):
        pass

    one, two = Other(), Other()
    begun = asyncio.create_task(manager.reload_provider("one"))
    await turns()
    later = [
        asyncio.create_task(manager.reload_provider("one", replacement=one)),
        asyncio.create_task(manager.reload_provider("one", replacement=two)),
    ]
    await turns()
    go.set()
    await asyncio.gather(begun, *later)
    assert manager.get("one") is two
    assert one.calls == []
    assert not one._gate.in_use
    assert manager.graph().nodes["one"].cls is Other


async def test_a_replacement_that_a_later_config_overtakes_leaves_no_trace(manager: ProviderManager) -> None:
    first = Scripted()
    await manager.register(first)
    go = asyncio.Event()
    first.steps["cleanup"] = waiting(go)

    class Other(Scripted):
        pass

    other = Other()
    begun = asyncio.create_task(manager.reload_provider("one"))
    await turns()
    replaced = asyncio.create_task(manager.reload_provider("one", replacement=other))
    await turns()
    changed = asyncio.create_task(manager.reload_provider("one", config={"n": 1}))
    await turns()
    go.set()
    await asyncio.gather(begun, replaced, changed)
    assert manager.get("one") is first
    assert first.config == {"n": 1}
    assert other.calls == []
    assert manager.graph().nodes["one"].cls is type(manager.get("one"))


async def test_wirings_that_fail_together_are_taken_back_together(manager: ProviderManager) -> None:
    class Dependant(Scripted):
        store: Annotated[Member, Needs()]

    for name in "abc":
        await manager.register(Member(name))
    dependant = Dependant("dependant")
    await manager.register(dependant, needs={"store": "a"})
    go = asyncio.Event()
    dependant.steps["cleanup"] = waiting(go)
    reloads = [asyncio.create_task(manager.reload_provider("dependant"))]
    await turns()
    for name in "bc":
        reloads.append(asyncio.create_task(manager.reload_provider("dependant", needs={"store": name})))
        await turns()
        assert dependant.store is manager.get("a")
        assert manager.graph().dependants("a") == ("dependant",)  # until its turn comes

    async def fail_with_c() -> None:
        if dependant.store is manager.get("c"):
            raise OSError("not with c")

    dependant.steps["initialize"] = fail_with_c
    go.set()
    outcomes = await asyncio.gather(*reloads, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [type(None), OSError, OSError]
    assert dependant.store is manager.get("a")
    assert manager.graph().dependants("a") == ("dependant",)
    assert manager.graph().dependants("c") == ()
    assert await dependant.echo(1) == 1


async def test_the_failure_of_one_is_not_that_of_the_next(manager: ProviderManager) -> None:
    first = Member()
    await manager.register(first)
    go = asyncio.Event()

    async def fail() -> None:
        await go.wait()
        first.steps.clear()
        raise OSError("only this time")

    first.steps["initialize"] = fail
    one = asyncio.create_task(manager.reload_provider("one"))
    await turns()
    two = asyncio.create_task(manager.reload_provider("one"))
    await turns()
    go.set()
    with pytest.raises(OSError, match="only this time"):
        await one
    await two
    assert await first.which() == 3
    assert manager.last_reload_error("one") is None


async def test_reloads_of_different_providers_do_not_wait_for_each_other(manager: ProviderManager) -> None:
    """Trap 1: one lock a provider, not one for all."""
    one, two = Member("one"), Member("two")
    await manager.register(one)
    await manager.register(two)
    go = asyncio.Event()
    one.steps["initialize"] = waiting(go)
    slow = asyncio.create_task(manager.reload_provider("one"))
    await turns()
    await manager.reload_provider("two")
    await manager.register(Scripted("three"))
    await manager.unregister("three")
    assert not slow.done()
    go.set()
    await slow


async def test_a_caller_that_leaves_a_shared_reload_takes_nobody_with_it(manager: ProviderManager) -> None:
    """Trap 2."""
    first = Member()
    await manager.register(first)
    go = asyncio.Event()
    first.steps["initialize"] = waiting(go)
    begun = asyncio.create_task(manager.reload_provider("one"))
    await turns()
    waiters = [asyncio.create_task(manager.reload_provider("one")) for _ in range(3)]
    await turns()
    begun.cancel()
    waiters[0].cancel()
    await asyncio.gather(begun, waiters[0], return_exceptions=True)
    assert begun.cancelled()
    assert waiters[0].cancelled()
    go.set()
    await asyncio.gather(*waiters[1:])
    assert await first.which() == 3


# --- During the start -----------------------------------------------------------------------------------


@both
async def test_a_reload_that_comes_during_the_start_follows_it(
    manager: ProviderManager, strategy: Strategy
) -> None:
    """Trap 16: it waits for its turn, and the last config wins."""
    go = asyncio.Event()
    first = Member(initialize=waiting(go))
    start = asyncio.create_task(manager.register(first, policy=Policy(reload=strategy)))
    await turns()
    assert manager.status("one") is ProviderStatus.STARTING
    reloads = [asyncio.create_task(manager.reload_provider("one", config={"n": n})) for n in (1, 2)]
    await turns()
    assert len(first.line.members) == 1
    go.set()
    await start
    await asyncio.gather(*reloads)
    assert manager.get("one").config == {"n": 2}
    assert sum(calls.count("initialize") for calls in first.line.calls) == 2


async def test_a_reload_of_what_fails_to_start_is_told(manager: ProviderManager) -> None:
    go = asyncio.Event()

    async def fail() -> None:
        await go.wait()
        raise OSError("down")

    first = Member(initialize=fail)
    start = asyncio.create_task(manager.register(first))
    await turns()
    reload = asyncio.create_task(manager.reload_provider("one"))
    await turns()
    go.set()
    with pytest.raises(OSError, match="down"):
        await start
    with pytest.raises(ProviderNotReadyError, match="failed"):
        await reload
    assert manager.registered_names() == ()
    assert first.line.open == []


async def test_a_stop_wins_over_a_start_and_the_reload_that_waits_for_it(manager: ProviderManager) -> None:
    """Trap 16."""
    first = Member(initialize=waiting(asyncio.Event()))
    start = asyncio.create_task(manager.register(first))
    await turns()
    reload = asyncio.create_task(manager.reload_provider("one"))
    await turns()
    await manager.unregister("one")
    with pytest.raises(RegistrationAbortedError):
        await start
    with pytest.raises(ProviderNotReadyError, match="stopping"):
        await reload
    assert first.line.calls == ["validate initialize cleanup"]


# --- A stop at every stage ------------------------------------------------------------------------------


STAGES: dict[Strategy, tuple[str, ...]] = {
    "swap": ("validate", "initialize", "check", "drain of the old", "cleanup of the old"),
    "in_place": ("drain", "cleanup", "initialize"),
}


@pytest.mark.parametrize("stop", ["unregister", "cleanup"])
@pytest.mark.parametrize(("strategy", "stage"), [(s, stage) for s, stages in STAGES.items() for stage in stages])
async def test_a_stop_at_any_stage_of_a_reload(
    manager: ProviderManager, strategy: Strategy, stage: str, stop: str
) -> None:
    """Trap 16: stop beats reload, whatever it is at; nothing is left open, and everyone is told."""
    with FakeClock(patience=5):  # no deadline has to pass for it
        first = Member()
        await manager.register(first, policy=Policy(reload=strategy))
        go, drained = asyncio.Event(), asyncio.Event()
        step = stage.split()[0]
        old_goes_on = step == "cleanup"
        running = asyncio.create_task(first.which_twice(drained)) if step == "drain" else None
        await turns()
        if step != "drain":
            first.steps[step] = waiting(go)
        reload = asyncio.create_task(manager.reload_provider("one"))
        await turns()
        assert not reload.done()
        pending = asyncio.create_task(manager.reload_provider("one", config={"n": 9}))
        await turns()
        stopping = asyncio.create_task(manager.unregister("one") if stop == "unregister" else manager.cleanup())
        await turns()
        with pytest.raises(ProviderNotFoundError):
            await manager.reload_provider("one")
        if stage.endswith("of the old"):
            assert manager.status("one") is ProviderStatus.STOPPING  # both stop beside each other
        if stage == "drain" or old_goes_on or running:
            assert not stopping.done()  # an operation, or a cleanup, is waited for
            go.set()
            drained.set()
        await stopping
        if running is not None:
            assert await running == (1, 1)
        await asyncio.gather(reload, return_exceptions=True)
        if stage.endswith("of the old"):
            assert reload.exception() is None  # the new one had taken over
        else:
            assert isinstance(reload.exception(), LifecycleError)
        with pytest.raises(ProviderNotReadyError, match="stopping"):
            await pending
        assert manager.registered_names() == ()
        assert first.line.open == []
        for member in first.line.members:
            assert member.calls.count("cleanup") == member.calls.count("initialize")
            assert not member._gate.in_use
        with pytest.raises(ProviderNotReadyError):
            await first.which()


async def test_a_stop_during_the_rollback_of_a_replacement(manager: ProviderManager) -> None:
    first = Scripted()
    await manager.register(first)
    first.steps["initialize"] = waiting(asyncio.Event())
    second = Scripted(initialize=raising(OSError("port taken")))
    reload = asyncio.create_task(manager.reload_provider("one", replacement=second))
    await turns()
    assert first.calls == ["validate", "initialize", "cleanup", "validate", "initialize"]
    await manager.unregister("one")
    with pytest.raises(ProviderNotReadyError, match="stopping"):
        await reload
    assert first.resources == second.resources == 0


async def test_a_stop_while_a_config_is_taken_back(manager: ProviderManager) -> None:
    first = Scripted()
    await manager.register(first)

    async def fail_once() -> None:
        first.steps["initialize"] = waiting(asyncio.Event())
        raise OSError("bad config")

    first.steps["initialize"] = fail_once
    reload = asyncio.create_task(manager.reload_provider("one", config={"n": 1}))
    await turns()
    assert first.calls.count("initialize") == 3
    await manager.unregister("one")
    with pytest.raises(ProviderNotReadyError, match="stopping"):
        await reload
    assert first.resources == 0
