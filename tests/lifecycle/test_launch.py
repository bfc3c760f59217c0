"""Many at once: who is started and stopped when, by a clock that the tests hold; and what becomes of failures."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Annotated, Any

import pytest

from purveyor.errors import (
    NeedFailedError,
    ProviderTimeoutError,
    RegistrationAbortedError,
)
from purveyor.events import Abandoned, Event
from purveyor.lifecycle.owner import GRACE
from purveyor.manager import ProviderManager, Registration
from purveyor.metadata import ProviderStatus
from purveyor.needs import Needs
from purveyor.testing import Fail, FakeClock, FaultyProvider, Hang, Slow
from tests.providers import Scripted, raising, waiting

S = ProviderStatus


class Log:
    """When each provider's steps began and ended, in seconds since the beginning."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.times: dict[str, float] = {}
        self.order: list[str] = []

    def note(self, what: str) -> None:
        self.times[what] = round(self.clock.elapsed, 6)
        self.order.append(what)

    def timed(self, what: str, seconds: float) -> Callable[[], Any]:
        async def step() -> None:
            self.note(f"{what} begins")
            await asyncio.sleep(seconds)
            self.note(f"{what} ends")

        return step


class Node(Scripted):
    """Needs up to two others."""

    left: Annotated[Scripted | None, Needs("left")]
    right: Annotated[Scripted | None, Needs("right")]


class Strict(Scripted):
    """Cannot do without another one."""

    left: Annotated[Scripted, Needs("left")]


def timed(log: Log, name: str, start: float, stop: float = 0, cls: type[Scripted] = Node) -> Scripted:
    return cls(name, initialize=log.timed(f"{name} start", start), cleanup=log.timed(f"{name} stop", stop))


def chain(length: int) -> Iterable[Registration]:
    yield Registration(Scripted("0"))
    for i in range(1, length):
        yield Registration(Strict(str(i)), {"left": str(i - 1)})


@asynccontextmanager
async def managed(**options: Any) -> AsyncIterator[tuple[ProviderManager, Log, list[Event]]]:
    with FakeClock(auto=True) as clock:
        manager = ProviderManager(supervision=None, **options)
        events: list[Event] = []
        manager.subscribe(events.append)
        yield manager, Log(clock), events
        await manager.cleanup()
        await asyncio.sleep(60)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert not manager._host.abandoned


# --- Start ------------------------------------------------------------------------------------------


async def test_each_is_started_as_soon_as_what_it_needs_is_ready_and_all_take_the_critical_path() -> None:
    """a (1 s) <- b (2 s) <- d (4 s); a <- c (3 s) <- e (1 s), which needs b as well; f (5 s) needs nobody."""
    async with managed() as (manager, log, _):
        await manager.register_all(
            [
                Registration(timed(log, "e", 1), {"left": "b", "right": "c"}),
                Registration(timed(log, "d", 4), {"left": "b"}),
                Registration(timed(log, "c", 3), {"left": "a"}),
                Registration(timed(log, "b", 2), {"left": "a"}),
                timed(log, "a", 1),
                timed(log, "f", 5),
            ]
        )
        begins = {name: log.times[f"{name} start begins"] for name in "abcdef"}
        assert begins == {"a": 0, "b": 1, "c": 1, "d": 3, "e": 4, "f": 0}
        assert log.clock.elapsed == 7  # a, b, d
        assert manager.names() == ("e", "d", "c", "b", "a", "f")  # in registration order


async def test_one_that_starts_in_another_call_is_waited_for() -> None:
    async with managed() as (manager, log, _):
        first = asyncio.create_task(manager.register(timed(log, "a", 3)))
        await asyncio.sleep(1)
        await manager.register_all(
            [Registration(timed(log, "b", 1, cls=Strict), {"left": "a"}), timed(log, "c", 1)]
        )
        assert first.done()
        assert log.times["b start begins"] == 3
        assert log.times["c start begins"] == 1


async def test_nothing_is_started_when_there_is_nothing() -> None:
    async with managed() as (manager, _, events):
        await manager.register_all([], timeout=1)
        assert manager.registered_names() == ()
        assert events == []


async def test_more_than_a_portion_start_and_the_event_loop_has_its_turns() -> None:
    turns = 0

    async def tick() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    ticking = asyncio.create_task(tick())
    async with ProviderManager(supervision=None) as manager:
        begun: list[int] = []
        providers = [Scripted(str(i)) for i in range(2500)]
        providers[2400].steps["validate"] = lambda: _note(begun, turns)
        await manager.register_all(providers)
        assert begun[0] >= 2
        assert len(manager) == 2500
    ticking.cancel()


async def _note(begun: list[int], turns: int) -> None:
    begun.append(turns)


# --- Failure ----------------------------------------------------------------------------------------


async def test_a_required_failure_undoes_all_in_reverse_and_names_the_root() -> None:
    """a <- b <- d and a <- c are there when d fails; e waits for d; f has not come to its end."""
    async with managed() as (manager, log, _):
        bad = timed(log, "d", 1)
        bad.steps["initialize"] = raising(OSError("down"))
        slow = timed(log, "f", 60)
        with pytest.raises(OSError, match="down") as raised:
            await manager.register_all(
                [
                    timed(log, "a", 1, 1),
                    Registration(timed(log, "b", 1, 2), {"left": "a"}),
                    Registration(timed(log, "c", 0, 3), {"left": "a"}),
                    Registration(bad, {"left": "b"}),
                    Registration(timed(log, "e", 1, cls=Strict), {"left": "d"}),
                    slow,
                ]
            )
        assert raised.value.__notes__ == ["provider d failed to start; waiting for others: e"]
        assert manager.registered_names() == ()
        assert tuple(manager.graph().nodes) == ()
        assert "e start begins" not in log.times
        assert "f start ends" not in log.times
        stops = [(each, log.times[each]) for each in log.order if " stop " in each and each[0] in "abc"]
        assert stops == [
            ("c stop begins", 2), ("b stop begins", 2), ("b stop ends", 4), ("c stop ends", 5),
            ("a stop begins", 5), ("a stop ends", 6),
        ]  # fmt: skip


async def test_what_fails_as_it_is_undone_is_noted() -> None:
    async with managed() as (manager, _, _events):
        good = Scripted("good", cleanup=raising(ValueError("stuck")))
        with pytest.raises(OSError, match="down") as raised:
            await manager.register_all([good, Scripted("bad", initialize=raising(OSError("down")))])
        assert raised.value.__notes__ == [
            "while stopping what had started: ValueError('stuck')",
            "provider bad failed to start",
        ]


async def test_who_came_to_need_one_that_is_undone_goes_with_it() -> None:
    """Another call has registered them meanwhile; one is ready, one is starting."""
    async with managed() as (manager, log, _):
        doomed = asyncio.create_task(
            manager.register_all([timed(log, "a", 1, 1), Scripted("bad", initialize=log.timed("bad", 5))])
        )
        await asyncio.sleep(2)
        await manager.register(timed(log, "b", 1, 1, cls=Strict), needs={"left": "a"})
        late = asyncio.create_task(manager.register(timed(log, "c", 9, 1, cls=Strict), needs={"left": "b"}))
        await asyncio.sleep(1)
        doomed.cancel()
        with pytest.raises(asyncio.CancelledError):
            await doomed
        with pytest.raises(RegistrationAbortedError):
            await late
        assert manager.registered_names() == ()
        stops = [each[0] for each in log.order if each.endswith("stop begins") and each[0] in "abc"]
        assert stops == ["c", "b", "a"]


async def test_an_optional_failure_leaves_the_rest_and_those_who_need_it_name_the_root() -> None:
    async with managed() as (manager, _, _events):
        root = Scripted("root", initialize=raising(OSError("down")))
        await manager.register_all(
            [
                Registration(root, required=False),
                Registration(Strict("one"), {"left": "root"}, required=False),
                Registration(Strict("two"), {"left": "one"}, required=False),
                Registration(Node("free"), {"left": "two"}),
            ]
        )
        assert manager.names() == ("free",)
        assert manager.registered_names() == ("root", "one", "two", "free")
        assert [manager.status(name) for name in ("root", "one", "two")] == [S.FAILED] * 3
        assert manager.get("free", Node).left is None
        with pytest.raises(NeedFailedError) as raised:
            await manager.register(Strict("three"), needs={"left": "two"})
        assert (raised.value.need, raised.value.root) == ("two", "root")
        assert "because root failed" in str(raised.value)
        del root.steps["initialize"]
        for name in ("root", "one", "two"):
            await manager.reload_provider(name)
        await manager.register(Strict("three"), needs={"left": "two"})
        assert manager.names() == ("root", "one", "two", "free", "three")


async def test_a_required_one_that_needs_an_optional_one_that_failed_fails() -> None:
    async with managed() as (manager, _, _events):
        root = Scripted("root", initialize=raising(OSError("down")))
        with pytest.raises(NeedFailedError) as raised:
            await manager.register_all(
                [Registration(root, required=False), Registration(Strict("one"), {"left": "root"})]
            )
        assert (raised.value.name, raised.value.need, raised.value.root) == ("one", "root", "root")
        assert manager.registered_names() == ()


# --- The whole time ---------------------------------------------------------------------------------


async def test_all_have_a_time_together_to_start() -> None:
    async with managed() as (manager, log, _):
        with pytest.raises(ProviderTimeoutError) as raised:
            await manager.register_all(
                [
                    timed(log, "a", 1),
                    Registration(timed(log, "b", 9), {"left": "a"}),
                    Registration(timed(log, "c", 1), {"left": "b"}),
                ],
                timeout=5,
            )
        assert (raised.value.name, raised.value.step, raised.value.seconds) == ("b, c", "start", 5)
        assert log.clock.elapsed == 5
        assert manager.registered_names() == ()
        await manager.register_all([timed(log, "a", 1), timed(log, "b", 4)], timeout=5)
        assert manager.names() == ("a", "b")


async def test_all_have_a_time_together_to_stop_and_what_hangs_is_named() -> None:
    """b hangs, so that a, which it needs, does not have its turn before the time is up; then it has."""
    async with managed() as (manager, log, events):
        released = asyncio.Event()

        async def deaf() -> None:
            while not released.is_set():
                try:
                    await released.wait()
                except asyncio.CancelledError:
                    continue

        await manager.register_all(
            [
                timed(log, "a", 0, 1),
                Registration(Node("b", cleanup=deaf), {"left": "a"}),
                timed(log, "c", 0, 2),
                Scripted("d", cleanup=waiting(asyncio.Event())),
            ]
        )
        with pytest.raises(ExceptionGroup) as raised:
            await manager.cleanup(timeout=10)
        errors = {
            error.name: error for error in raised.value.exceptions if isinstance(error, ProviderTimeoutError)
        }
        assert set(errors) == {"b", "d"}
        assert (errors["b"].abandoned, errors["d"].abandoned) == (True, False)
        assert log.times["a stop begins"] == 10
        assert log.times["c stop ends"] == 2
        assert log.clock.elapsed == 10 + GRACE
        assert [(event.name, event.step) for event in events if isinstance(event, Abandoned)] == [("b", "stop")]
        assert manager.registered_names() == ()
        released.set()


async def test_a_time_that_is_not_needed_leaves_no_alarm() -> None:
    async with managed() as (manager, log, _):
        await manager.register(timed(log, "a", 0, 1))
        await manager.cleanup(timeout=10)
        assert log.clock.elapsed == 1
        loop: Any = asyncio.get_running_loop()
        assert not [each for each in loop._scheduled if "hurry" in repr(each) and not each.cancelled()]


async def test_a_stop_that_is_short_of_time_waits_for_no_operation() -> None:
    async with managed() as (manager, log, _):
        provider = timed(log, "a", 0, 1)
        await manager.register(provider)
        call = asyncio.create_task(provider.hold(asyncio.Event()))
        await asyncio.sleep(1)
        await manager.cleanup(timeout=3)
        assert log.times["a stop begins"] == 4
        assert not call.done()
        call.cancel()


# --- Stop -------------------------------------------------------------------------------------------


async def test_a_stop_is_reverse_and_parallel_as_far_as_the_graph_allows() -> None:
    async with managed() as (manager, log, _):
        await manager.register_all(
            [
                timed(log, "a", 0, 1),
                Registration(timed(log, "b", 0, 2), {"left": "a"}),
                Registration(timed(log, "c", 0, 3), {"left": "a"}),
                Registration(timed(log, "d", 0, 4), {"left": "b", "right": "c"}),
                timed(log, "e", 0, 5),
            ]
        )
        await manager.cleanup()
        begins = {name: log.times[f"{name} stop begins"] for name in "abcde"}
        assert begins == {"e": 0, "d": 0, "b": 4, "c": 4, "a": 7}
        assert [each[0] for each in log.order if each.endswith("stop begins")] == ["e", "d", "b", "c", "a"]
        assert log.clock.elapsed == 8


async def test_a_failing_cleanup_holds_up_nobody_and_all_failures_come_together() -> None:
    async with managed() as (manager, _, _events):
        a = Scripted("a", cleanup=raising(OSError("a")))
        b = Strict("b", cleanup=raising(ValueError("b")))
        await manager.register_all([a, Registration(b, {"left": "a"}), Scripted("c")])
        with pytest.raises(ExceptionGroup) as raised:
            await manager.unregister("a", cascade=True)
        assert [type(error) for error in raised.value.exceptions] == [OSError, ValueError]
        assert manager.registered_names() == ("c",)


# --- Deep -------------------------------------------------------------------------------------------


async def test_a_deep_chain_starts_and_stops_without_recursion() -> None:
    async with ProviderManager(supervision=None) as manager:
        await manager.register_all(chain(20_000))
        assert len(manager) == 20_000
        await manager.cleanup()
        assert len(manager.registered_names()) == 0


async def test_a_deep_chain_fails_and_is_undone_without_recursion() -> None:
    async with ProviderManager(supervision=None) as manager:
        registrations = list(chain(5_000))
        broken: Any = registrations[-1].provider
        broken.steps["initialize"] = raising(OSError("down"))
        with pytest.raises(OSError, match="down"):
            await manager.register_all(registrations)
        assert manager.registered_names() == ()
        first: Any = registrations[0].provider
        first.steps["initialize"] = raising(OSError("root"))
        optional = [Registration(each.provider, each.needs, required=False) for each in registrations]
        await manager.register_all(optional)
        assert manager.names() == ()
        assert {manager.status(str(i)) for i in range(5_000)} == {S.FAILED}
        assert manager._runners["4999"].root == "0"


@pytest.mark.parametrize("fails", [False, True])
async def test_a_launch_that_was_late_hurries_the_cleanups_of_what_had_started(fails: bool) -> None:
    with FakeClock(auto=True) as clock:
        manager = ProviderManager(stop_timeout=1_000, supervision=None)
        good = FaultyProvider("good", cleanup=Slow(GRACE - 1))
        stuck = FaultyProvider("stuck", cleanup=Hang())
        late = FaultyProvider("late", initialize=[Slow(1), Fail(OSError())] if fails else Hang())
        with pytest.raises(OSError if fails else ProviderTimeoutError):
            await manager.register_all([good, stuck, late], timeout=2)
        assert clock.elapsed == 2 + GRACE
        assert good.open == 0
        assert manager.registered_names() == ()
