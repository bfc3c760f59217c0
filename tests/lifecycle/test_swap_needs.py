"""Reloads and needs: dependants have the live instance, are told of it, and can be wired anew."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import weakref
from typing import Annotated, Any

import pytest

from purveyor.errors import NeedsError
from purveyor.events import Abandoned
from purveyor.lifecycle.owner import GRACE
from purveyor.manager import ProviderManager
from purveyor.metadata import ProviderStatus
from purveyor.needs import Needs
from purveyor.policy import Policy
from purveyor.provider import Provider
from purveyor.testing import FakeClock
from tests.lifecycle.lines import Journal, Member, turns
from tests.providers import Scripted, Step, nothing, raising, waiting


class Dependant(Scripted):
    """Needs a `Member`, and notes what it is told of it."""

    store: Annotated[Member, Needs()]

    def __init__(self, name: str = "dependant", **steps: Step) -> None:
        super().__init__(name)
        self.steps = steps
        self.told: list[tuple[str, Provider[Any]]] = []
        self.seen: list[Member] = []

    async def initialize(self) -> None:
        self.seen.append(self.store)
        await super().initialize()

    async def on_need_reloaded(self, role: str, provider: Provider[Any]) -> None:
        assert self.store is provider
        self.told.append((role, provider))
        await self.steps.get("on_need_reloaded", nothing)()


class Swapped(Dependant):
    provider_reload = "swap"

    def next_generation(self, config: Any) -> Swapped:
        made.append(type(self)(self.metadata.name, **self.steps))
        return made[-1]


made: list[Swapped] = []


@pytest.mark.parametrize("cls", [Dependant, Swapped])
async def test_needs_are_wired_anew(manager: ProviderManager, cls: type[Dependant]) -> None:
    for name in ("a", "b"):
        await manager.register(Member(name))
    dependant = cls()
    await manager.register(dependant, needs={"store": "a"})
    await manager.reload_provider("dependant", needs={"store": "b"})
    live = manager.get("dependant", Dependant)
    assert live.store is live.seen[-1] is manager.get("b")
    assert manager.graph().dependants("b") == ("dependant",)
    assert manager.graph().dependants("a") == ()
    await manager.unregister("a")  # nobody needs it any more


@pytest.mark.parametrize("cls", [Dependant, Swapped])
async def test_a_new_wiring_that_fails_is_taken_back(manager: ProviderManager, cls: type[Dependant]) -> None:
    for name in ("a", "b"):
        await manager.register(Member(name))
    made.clear()
    dependant = cls()
    await manager.register(dependant, needs={"store": "a"})

    def is_b() -> bool:
        starts = [each.seen[-1] for each in (dependant, *made) if each.seen]
        return starts[-1] is manager.get("b")

    async def fail_with_b() -> None:
        if is_b():
            raise OSError("not with b")

    dependant.steps["initialize"] = fail_with_b
    with pytest.raises(OSError, match="not with b"):
        await manager.reload_provider("dependant", needs={"store": "b"})
    live = manager.get("dependant", Dependant)
    assert live is dependant
    assert live.store is live.seen[-1] is manager.get("a")
    assert manager.status("dependant") is ProviderStatus.READY
    assert manager.graph().dependants("a") == ("dependant",)
    assert manager.graph().dependants("b") == ()


async def test_a_wiring_that_cannot_be_changes_nothing(manager: ProviderManager) -> None:
    await manager.register(Member("a"))
    dependant = Dependant()
    await manager.register(dependant, needs={"store": "a"})
    for needs in ({"store": "nobody"}, {"store": "dependant"}, {"stroe": "a"}, {}):
        with pytest.raises(NeedsError):
            await manager.reload_provider("dependant", needs=needs)
        assert manager.graph().dependants("a") == ("dependant",)
    assert dependant.calls == ["validate", "initialize"]


async def test_a_replacement_that_dependants_cannot_use_is_refused(manager: ProviderManager) -> None:
    first = Member("a")
    await manager.register(first)
    await manager.register(Dependant(), needs={"store": "a"})
    with pytest.raises(NeedsError):
        await manager.reload_provider("a", replacement=Scripted("a"))
    assert manager.get("a") is first
    assert manager.graph().nodes["a"].cls is Member


async def test_dependants_are_told_and_have_the_live_one(manager: ProviderManager) -> None:
    """Trap 15."""
    first = Member("a")
    await manager.register(first)
    dependant = Dependant()
    await manager.register(dependant, needs={"store": "a"})
    await manager.reload_provider("a")
    live = manager.get("a", Member)
    assert live is not first
    assert dependant.told == [("store", live)]
    assert dependant.store is live
    assert dependant.seen == [first]
    assert await dependant.seen[0].which() == 2  # also what it has kept for itself leads there
    assert dependant.calls == ["validate", "initialize"]  # it needs no reload


@pytest.mark.parametrize("cls", [Dependant, Swapped])
async def test_a_dependant_that_starts_meanwhile_has_the_live_one(
    manager: ProviderManager, cls: type[Dependant]
) -> None:
    """Trap 15: whichever of its instances is being started."""
    await manager.register(Member("a"))
    go = asyncio.Event()
    dependant = cls(initialize=waiting(go))
    start = asyncio.create_task(manager.register(dependant, needs={"store": "a"}))
    await turns()
    await manager.reload_provider("a")
    go.set()
    await start
    assert dependant.store is manager.get("a")
    go.clear()
    start = asyncio.create_task(manager.reload_provider("dependant"))
    await turns()
    await manager.reload_provider("a")
    go.set()
    await start
    assert manager.get("dependant", Dependant).store is manager.get("a")


async def test_a_dependant_that_fails_to_take_notice_is_logged(
    manager: ProviderManager, caplog: pytest.LogCaptureFixture
) -> None:
    await manager.register(Member("a"))
    one, two = Dependant("d1", on_need_reloaded=raising(OSError("no notice"))), Dependant("d2")
    await manager.register(one, needs={"store": "a"})
    await manager.register(two, needs={"store": "a"})
    await manager.reload_provider("a")
    assert manager.last_reload_error("a") is None
    assert len(two.told) == 1
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.provider_name == "d1"  # type: ignore[attr-defined]
    assert record.exc_info is not None
    assert str(record.exc_info[1]) == "no notice"
    assert record.getMessage() == "on_need_reloaded of provider d1 failed: OSError: no notice"


async def test_a_dependant_that_hangs_as_it_takes_notice_holds_up_nobody_for_ever(
    manager: ProviderManager, caplog: pytest.LogCaptureFixture
) -> None:
    with FakeClock() as clock:
        first = Member("a")
        await manager.register(first, policy=Policy(start_timeout=4))
        dependant = Dependant(on_need_reloaded=waiting(asyncio.Event()))
        await manager.register(dependant, needs={"store": "a"})
        reload = asyncio.create_task(manager.reload_provider("a"))
        await clock.advance(3.5)
        assert await first.which() == 2  # it serves already
        assert not reload.done()
        await clock.advance(1)
        await reload
        assert await dependant.echo(1) == 1
        assert "on_need_reloaded of provider dependant failed: it was cancelled" in caplog.text


async def test_a_dependant_that_ignores_its_cancellation_as_it_takes_notice_is_named(
    manager: ProviderManager,
) -> None:
    with FakeClock() as clock:
        journal = Journal(manager)
        await manager.register(Member("a"), policy=Policy(start_timeout=4))
        tasks: list[weakref.ref[asyncio.Task[Any]]] = []
        released: list[bool] = []

        async def refuse() -> None:
            task = asyncio.current_task()
            assert task is not None
            tasks.append(weakref.ref(task))
            del task
            while not released:
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.get_running_loop().create_future()  # which nobody else knows

        await manager.register(Dependant(on_need_reloaded=refuse), needs={"store": "a"})
        reload = asyncio.create_task(manager.reload_provider("a"))
        await clock.advance(4 + GRACE - 0.5)
        assert not reload.done()
        await clock.advance(1)
        await reload
        await turns()
        (event,) = journal.of(Abandoned)
        assert (event.name, event.step, event.seconds) == ("dependant", "on_need_reloaded", 4)
        await manager.cleanup()
        gc.collect()
        task = tasks[0]()
        assert task is not None  # it is kept until it ends
        released.append(True)
        task.cancel()
        await turns()


@pytest.mark.parametrize("stopped", ["the reloaded one", "the dependant", "both"])
async def test_a_stop_waits_for_nobody_who_takes_notice(manager: ProviderManager, stopped: str) -> None:
    with FakeClock() as clock:
        await manager.register(Member("a"))
        dependant = Dependant(on_need_reloaded=waiting(asyncio.Event()))
        await manager.register(dependant, needs={"store": "a"})
        reload = asyncio.create_task(manager.reload_provider("a"))
        await turns()
        if stopped == "the dependant":
            stop = asyncio.create_task(manager.unregister("dependant"))
        elif stopped == "both":
            stop = asyncio.create_task(manager.cleanup())
        else:
            stop = asyncio.create_task(manager.unregister("a", cascade=True))
        await turns()
        assert stop.done()
        await stop
        await clock.advance(0)
        await turns()
        assert dependant.resources == 0
        assert reload.done()
        await asyncio.gather(reload, return_exceptions=True)
        assert not [task for task in asyncio.all_tasks() if "on_need_reloaded" in task.get_name()]


async def test_a_graph_that_is_asked_for_while_wirings_change_agrees_with_itself(manager: ProviderManager) -> None:
    for name in ("a", "b"):
        await manager.register(Member(name))
    dependant = Dependant()
    await manager.register(dependant, needs={"store": "a"})
    go = asyncio.Event()
    dependant.steps["cleanup"] = waiting(go)
    reload = asyncio.create_task(manager.reload_provider("dependant", needs={"store": "b"}))
    await turns()
    graph = manager.graph()
    assert {(edge.source, edge.target) for edge in graph.edges} == {
        (name, target) for target in graph.nodes for name in graph.dependants(target)
    }
    go.set()
    await reload
