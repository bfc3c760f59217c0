"""A reload that swaps generations: who calls when, through whatever reference, is served by a living one."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any, Literal

import pytest

from purveyor.errors import ProviderTypeError, UnsupportedError
from purveyor.events import DrainTimedOut, Reloaded
from purveyor.manager import ProviderManager
from purveyor.metadata import ProviderStatus, ProviderType
from purveyor.monitor.metrics import MetricsManager
from purveyor.operations import operation, record_of
from purveyor.policy import Policy
from purveyor.testing import FakeClock
from tests.lifecycle.lines import Journal, Line, Member, turns
from tests.providers import Scripted, metadata, raising, waiting

Strategy = Literal["swap", "in_place"]


# --- References that were taken before --------------------------------------------------------------


async def test_every_kind_of_operation_on_an_old_reference_runs_on_the_live_generation(
    manager: ProviderManager,
) -> None:
    """Trap 14."""
    first = Member()
    await manager.register(first)
    for number in (2, 3, 4):  # through one, two and three successions
        await manager.reload_provider("one")
        assert await first.which() == number
        assert first.which_plain() == number
        assert [n async for n in first.numbers(2)] == [number, number]
        assert await asyncio.to_thread(first.which_plain) == number
        assert first.line.open == [number]
    assert [member.number for member in first.line.members] == [1, 2, 3, 4]
    live = manager.get("one", Member)
    assert live is first.line.members[3]
    assert all(member.current is live for member in first.line.members)
    assert first.number == 1  # what is no operation is the old one's own


async def test_lookups_and_indexes_find_the_live_generation(manager: ProviderManager) -> None:
    await manager.register(Scripted("before", "number"))
    first = Member()
    await manager.register(first)
    await manager.register(Scripted("after", "number"))
    assert manager.get("one", Member) is first
    await manager.reload_provider("one")
    live = first.line.members[1]
    assert manager.get_provider("one") is manager.get("one") is manager.get("one", Member) is live
    assert [each.metadata.name for each in manager.get_providers_by_capability("number")] == [
        "before",
        "one",
        "after",
    ]
    assert manager.get_providers_by_capability("number")[1] is live
    assert manager.get_providers_by_type(ProviderType.CUSTOM)[1] is live
    assert manager.names() == ("before", "one", "after")


async def test_a_swap_is_told(manager: ProviderManager, metrics: MetricsManager) -> None:
    journal = Journal(manager)
    first = Member()
    await manager.register(first)
    await manager.reload_provider("one")
    await turns()
    (event,) = journal.of(Reloaded)
    assert (event.name, event.generation, event.strategy) == ("one", 2, "swap")
    assert manager.last_reload_error("one") is None
    assert first.line.calls == ["validate initialize cleanup", "validate initialize"]
    families = {family.name: family for family in metrics.collect()}
    ((labels, count),) = families["provider_reloads"].values.items()
    assert dict(labels)["result"] == "success"
    assert count == 1


async def test_the_counts_of_an_operation_go_on_over_the_generations(
    manager: ProviderManager, metrics: MetricsManager
) -> None:
    first = Member()
    await manager.register(first)
    for _ in range(3):
        await first.which()
        await manager.reload_provider("one")
    await first.which()
    assert record_of(first, "which").successes == 4


async def test_there_is_no_pause_while_the_next_generation_starts(manager: ProviderManager) -> None:
    first = Member()
    await manager.register(first)
    for step in ("validate", "initialize", "check"):
        go = asyncio.Event()
        first.steps[step] = waiting(go)
        reload = asyncio.create_task(manager.reload_provider("one"))
        await turns()
        live = manager.get("one", Member)
        assert live.current is live
        assert await first.which() == first.which_plain() == live.number
        assert first.line.members[-1].number == live.number + 1  # it is there, but does not serve
        assert manager.status("one") is ProviderStatus.RELOADING
        go.set()
        await reload
        assert await first.which() == live.number + 1


async def test_a_reference_taken_on_the_loop_and_used_in_a_thread(manager: ProviderManager) -> None:
    """A thread that has called before a swap, and calls again after it."""
    first = Member()
    await manager.register(first)
    seen: list[int] = []
    swapped, called = threading.Event(), threading.Event()

    def call() -> None:
        seen.append(first.which_plain())
        called.set()
        swapped.wait()
        seen.append(first.which_plain())

    thread = asyncio.create_task(asyncio.to_thread(call))
    await asyncio.to_thread(called.wait)
    await manager.reload_provider("one")
    swapped.set()
    await thread
    assert seen == [1, 2]


# --- What runs while a generation takes over --------------------------------------------------------


async def test_what_runs_ends_in_its_own_generation_with_the_operations_that_it_calls(
    manager: ProviderManager,
) -> None:
    """Trap 14."""
    first = Member()
    await manager.register(first)
    go = asyncio.Event()
    running = asyncio.create_task(first.which_twice(go))
    await turns()
    reload = asyncio.create_task(manager.reload_provider("one"))
    await turns()
    assert await first.which() == 2  # a newcomer
    assert first.line.open == [1, 2]  # both are open: the old one is used
    assert not reload.done()
    go.set()
    assert await running == (1, 1)
    await reload
    assert first.line.open == [2]


async def test_the_reader_of_a_generator_reads_on_from_the_generation_it_began_with(
    manager: ProviderManager,
) -> None:
    first = Member()
    await manager.register(first)
    seen: list[int] = []
    reload: asyncio.Task[None] | None = None
    async for number in first.numbers(3):
        if reload is None:
            reload = asyncio.create_task(manager.reload_provider("one"))
            await turns()
            assert [n async for n in manager.get("one", Member).numbers(1)] == [2]
        seen += [number, await first.which()]  # the reader is inside, so that its own calls stay there
        assert not reload.done()
    assert seen == [1, 1, 1, 1, 1, 1]
    assert reload is not None
    await reload
    assert first.line.open == [2]
    assert await first.which() == 2


async def test_a_reader_that_leaves_early_lets_the_old_generation_go(manager: ProviderManager) -> None:
    first = Member()
    await manager.register(first)
    reader = first.numbers(10)
    assert await anext(reader) == 1
    reload = asyncio.create_task(manager.reload_provider("one"))
    await turns()
    assert first.line.open == [1, 2]
    await reader.aclose()  # type: ignore[attr-defined]
    await reload
    assert first.line.open == [2]


async def test_who_stays_too_long_is_told_and_the_old_generation_is_cleaned_up(manager: ProviderManager) -> None:
    """Trap 14."""
    with FakeClock() as clock:
        journal = Journal(manager)
        first = Member()
        await manager.register(first, policy=Policy(drain_timeout=7))
        never = asyncio.Event()
        held = [asyncio.create_task(first.hold(never)) for _ in range(2)]
        await turns()
        reload = asyncio.create_task(manager.reload_provider("one"))
        await clock.advance(6.5)
        assert manager.status("one") is ProviderStatus.READY  # only the old one waits
        assert first.line.open == [1, 2]
        assert not reload.done()
        await clock.advance(1)
        await reload
        assert first.line.open == [2]
        (event,) = journal.of(DrainTimedOut)
        assert (event.operations, event.seconds) == (2, 7)
        never.set()
        assert await asyncio.gather(*held) == ["held", "held"]
        assert await first.which() == 2


@pytest.mark.parametrize("strategy", ["swap", "in_place"])
async def test_no_operation_fails_whoever_calls_while_generations_change(
    manager: ProviderManager, strategy: Strategy
) -> None:
    """Trap 13."""

    async def pause() -> None:
        await turns(3)

    first = Member(validate=pause, initialize=pause, cleanup=pause)
    await manager.register(first, policy=Policy(reload=strategy))
    done = False
    thread_done = threading.Event()
    served = [0] * 3

    async def call(reference: Member) -> int:
        calls = 0
        while not done:
            await reference.which()
            assert len({n async for n in reference.numbers(3)}) == 1
            go = asyncio.Event()
            go.set()
            before, after = await reference.which_twice(go)
            assert before == after
            calls += 1
        return calls

    def call_in_a_thread(i: int) -> None:
        while not thread_done.wait(0.0002):
            first.which_plain()
            served[i] += 1

    callers = [asyncio.create_task(call(first)) for _ in range(8)]
    threads = [asyncio.create_task(asyncio.to_thread(call_in_a_thread, i)) for i in range(len(served))]
    try:
        for i in range(12):
            await manager.reload_provider("one", config={"i": i})
            if i % 5 == 0:
                callers.append(asyncio.create_task(call(manager.get("one", Member))))
            await asyncio.sleep(0.001)
    finally:
        done = True
        thread_done.set()
    assert min(await asyncio.gather(*callers)) > 0
    await asyncio.gather(*threads)
    assert min(served) > 0
    assert first.line.open == [len(first.line.members)]
    assert all(member._gate.held == 0 for member in first.line.members)


# --- A replacement of another class -----------------------------------------------------------------


class Other(Scripted):
    """Does not know of generations; and its `which` is another function."""

    provider_reload = "swap"

    def __init__(self, name: str = "one", type: ProviderType = ProviderType.CUSTOM, **steps: Any) -> None:
        super().__init__(name, "other", type=type, **steps)

    @operation
    async def which(self) -> int:
        assert self.resources
        await asyncio.sleep(0)
        return -1

    @operation
    async def numbers(self, count: int) -> AsyncIterator[int]:
        for _ in range(count):
            yield -1

    @operation
    def which_plain(self) -> int:
        return -1


@pytest.mark.parametrize("strategy", ["swap", "in_place"])
async def test_another_class_takes_over(
    manager: ProviderManager, strategy: Strategy, metrics: MetricsManager
) -> None:
    first = Member()
    await manager.register(first, policy=Policy(reload=strategy))
    assert manager.get("one", Member) is first
    other = Other(type=ProviderType.CAPABILITY)
    await manager.reload_provider("one", replacement=other)
    assert manager.get("one") is first.current is other
    assert manager.get("one", Other) is other
    with pytest.raises(ProviderTypeError):
        manager.get("one", Member)
    assert manager.get_providers_by_capability("number") == []
    assert manager.get_providers_by_capability("other") == [other]
    assert manager.get_providers_by_type(ProviderType.CUSTOM) == []
    assert manager.get_providers_by_type(ProviderType.CAPABILITY) == [other]
    assert manager.graph().nodes["one"].cls is Other
    # Operations on references to the first one.
    assert await first.which() == first.which_plain() == -1
    assert [n async for n in first.numbers(2)] == [-1, -1]
    assert record_of(other, "which").successes == 1  # counted once, where it ran
    with pytest.raises(UnsupportedError, match="which_twice"):  # it has no such operation
        await first.which_twice(asyncio.Event())
    assert first.calls[-1] == "cleanup"
    assert first.line.open == []


async def test_what_has_taken_over_is_taken_over_in_turn(manager: ProviderManager) -> None:
    first, other = Member(), Other()
    await manager.register(first)
    await manager.reload_provider("one", replacement=other)
    last = Member(line=first.line)
    await manager.reload_provider("one", replacement=last)
    assert await first.which() == await other.which() == 2
    with pytest.raises(ProviderTypeError):
        manager.get("one", Other)


async def test_an_operation_that_runs_ends_before_another_class_takes_over_in_place(
    manager: ProviderManager,
) -> None:
    first, other = Member(), Other()
    await manager.register(first, policy=Policy(reload="in_place"))
    go = asyncio.Event()
    running = asyncio.create_task(first.which_twice(go))
    await turns()
    reload = asyncio.create_task(manager.reload_provider("one", replacement=other))
    await turns()
    late = asyncio.create_task(first.which())
    await turns()
    assert other.calls == []
    assert not late.done()
    go.set()
    assert await running == (1, 1)
    await reload
    assert await late == -1


@pytest.mark.parametrize("step", ["cleanup of the old one", "initialize of the new one"])
async def test_who_calls_while_one_replaces_the_other_in_place_waits(manager: ProviderManager, step: str) -> None:
    go = asyncio.Event()
    first, other = Member(), Other()
    (first if step.startswith("cleanup") else other).steps[step.split()[0]] = waiting(go)
    await manager.register(first, policy=Policy(reload="in_place"))
    reload = asyncio.create_task(manager.reload_provider("one", replacement=other))
    await turns()

    async def read() -> int:
        (number,) = [n async for n in first.numbers(1)]
        return number

    calls: list[asyncio.Task[Any]] = [
        asyncio.create_task(first.which()),
        asyncio.create_task(read()),
        asyncio.create_task(asyncio.to_thread(first.which_plain)),
    ]
    await turns()
    assert not any(call.done() for call in calls)
    go.set()
    await reload
    assert await asyncio.gather(*calls) == [-1, -1, -1]


async def test_a_replacement_that_fails_in_place_is_rolled_back(manager: ProviderManager) -> None:
    first, other = Member(), Other(initialize=raising(OSError("port taken")))
    await manager.register(first, policy=Policy(reload="in_place"))
    with pytest.raises(OSError, match="port taken"):
        await manager.reload_provider("one", replacement=other)
    assert manager.status("one") is ProviderStatus.READY
    assert manager.last_reload_error("one") == "OSError: port taken"
    assert manager.get("one", Member) is first
    assert await first.which() == 1
    assert first.line.calls == ["validate initialize cleanup validate initialize"]
    assert other.calls == ["validate", "initialize", "cleanup"]
    assert manager.graph().nodes["one"].cls is Member
    other.steps.clear()
    await manager.reload_provider("one", replacement=other)  # it was left free
    assert await first.which() == -1


async def test_what_replaces_one_that_is_down_serves_old_references_too(manager: ProviderManager) -> None:
    first = Member(line=Line())
    await manager.register(first, policy=Policy(reload="in_place"))
    first.steps["initialize"] = raising(OSError("down"))
    with pytest.raises(OSError, match="down"):
        await manager.reload_provider("one")
    assert manager.status("one") is ProviderStatus.FAILED
    await manager.reload_provider("one", replacement=Other())
    assert await first.which() == -1
    assert await asyncio.to_thread(first.which_plain) == -1
    first.steps.clear()
    await manager.register(Member("two"))
    assert not first._gate.in_use  # it may be registered anew
    first._metadata = metadata("three")
    await manager.register(first)
    assert await first.which() == 1
