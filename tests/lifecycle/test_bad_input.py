"""Providers that behave as badly as can be: each is told in a typed error or a state, and the others go on."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Annotated, Any, Self

import pytest

from purveyor.errors import (
    InvalidInputError,
    ProviderExistsError,
    ProviderNotFoundError,
    ProviderNotReadyError,
    ProviderTimeoutError,
    PurveyorError,
    ReentrantLifecycleError,
    WrongEventLoopError,
)
from purveyor.events import Abandoned, Event, LoopBlocked
from purveyor.lifecycle.owner import GRACE
from purveyor.lifecycle.supervision import Supervision
from purveyor.lifecycle.watchdog import WATCHDOG
from purveyor.manager import ProviderManager, Registration
from purveyor.metadata import ProviderStatus
from purveyor.needs import Needs
from purveyor.policy import Policy
from purveyor.provider import Provider
from purveyor.testing import Block, Fail, FakeClock, FaultyProvider, Hang, RefuseCancellation
from tests.lifecycle.lines import Journal, turns
from tests.providers import Scripted, nothing

LIMITS = Policy(start_timeout=4, stop_timeout=3, drain_timeout=2)


@pytest.fixture
async def good(manager: ProviderManager) -> AsyncIterator[FaultyProvider]:
    """Another provider, that serves before and after whatever the test does."""
    provider = FaultyProvider("good")
    await manager.register(provider)
    assert await provider.read(1) == 1
    yield provider
    assert await provider.read(2) == 2
    assert manager.status("good") is ProviderStatus.READY
    assert provider.calls["initialize"] == 1


@pytest.mark.parametrize("fault", [Hang(), RefuseCancellation()])
@pytest.mark.parametrize("step", ["validate", "initialize"])
async def test_a_start_that_never_returns(
    manager: ProviderManager, good: FaultyProvider, fault: Hang | RefuseCancellation, step: Any
) -> None:
    with FakeClock() as clock:
        journal = Journal(manager)
        bad = FaultyProvider("bad")
        bad.script(step, fault)
        start = asyncio.create_task(manager.register(bad, policy=LIMITS))
        await clock.advance(3.5)
        assert manager.status("bad") is ProviderStatus.STARTING
        assert await good.read(3) == 3
        await manager.register(FaultyProvider("another"))
        await manager.unregister("another")
        await clock.advance(0.5 + GRACE)
        with pytest.raises(ProviderTimeoutError, match="start of provider bad was not over after 4 s") as raised:
            await start
        ignored = isinstance(fault, RefuseCancellation)
        assert raised.value.abandoned == ignored
        await turns()
        assert [event.name for event in journal.of(Abandoned)] == ["bad"] * ignored
        assert manager.names() == ("good",)
        bad.release()
        await turns()
        assert bad.open == 0


@pytest.mark.parametrize("other", [False, True])
async def test_an_instance_that_an_abandoned_task_is_at_work_on_is_taken_by_nobody(
    manager: ProviderManager, good: FaultyProvider, other: bool
) -> None:
    """Its late end would clean up what serves."""
    with FakeClock() as clock:
        bad = FaultyProvider("good", initialize=RefuseCancellation(times=1))
        elsewhere = ProviderManager()
        start = asyncio.create_task(elsewhere.register(bad, policy=LIMITS))
        await clock.advance(4 + GRACE)
        with pytest.raises(ProviderTimeoutError):
            await start
        again = ProviderManager() if other else elsewhere
        for attempt in (
            again.register(bad),
            manager.reload_provider("good", replacement=bad),
            manager.reload_provider("good", replacement=bad, policy=Policy(reload="swap")),
        ):
            with pytest.raises(ProviderTimeoutError, match="was abandoned") as raised:
                await attempt
            assert raised.value.abandoned
            assert raised.value.permanent
        with pytest.raises(ProviderTimeoutError, match="was abandoned"):
            async with manager.override("good", bad):
                raise AssertionError
        assert again.registered_names() == ()
        bad.release()
        await turns()
        async with again:
            await again.register(bad)
            assert await bad.read(1) == 1


def test_an_abandoned_task_whose_event_loop_is_closed_is_at_work_no_more() -> None:
    bad = FaultyProvider("bad")
    loop = asyncio.new_event_loop()
    bad._abandoned = loop.create_task(nothing()), "start", 4.0
    loop.run_until_complete(bad._abandoned[0])
    loop.close()

    async def serve() -> None:
        async with ProviderManager() as manager:
            await manager.register(bad)
            assert await bad.read(1) == 1

    asyncio.run(serve())


@pytest.mark.parametrize("fault", [Hang(times=1), RefuseCancellation(times=1), Fail(OSError("stuck"), times=1)])
async def test_a_cleanup_that_fails_or_never_returns(
    manager: ProviderManager, good: FaultyProvider, fault: Any
) -> None:
    with FakeClock() as clock:
        bad = FaultyProvider("bad", cleanup=fault)
        await manager.register(bad, policy=LIMITS)
        stop = asyncio.create_task(manager.unregister("bad"))
        await turns()
        assert await good.read(3) == 3
        await clock.advance(3 + GRACE)
        with pytest.raises((ProviderTimeoutError, OSError)):
            await stop
        assert manager.registered_names() == ("good",)
        bad.release()
        await turns()
        await manager.register(bad)  # it is free again
        assert await bad.read(1) == 1


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3), GeneratorExit(), asyncio.CancelledError()])
@pytest.mark.parametrize("step", ["validate", "initialize", "cleanup"])
async def test_what_is_no_exception(
    manager: ProviderManager, good: FaultyProvider, step: Any, error: BaseException
) -> None:
    bad = FaultyProvider("bad")
    bad.script(step, Fail(error, times=1))
    expected: type[BaseException] = PurveyorError if isinstance(error, asyncio.CancelledError) else type(error)
    with pytest.raises(expected):
        await manager.register(bad)
        await manager.unregister("bad")
    assert manager.registered_names() == ("good",)
    await manager.register(bad)


@pytest.mark.parametrize("strategy", ["swap", "in_place"])
@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3), asyncio.CancelledError()])
async def test_what_is_no_exception_in_a_reload(
    manager: ProviderManager, good: FaultyProvider, strategy: Any, error: BaseException
) -> None:
    """The task that reloads goes on: another reload repairs it."""
    bad = FaultyProvider("bad")
    await manager.register(bad, policy=Policy(reload=strategy))
    bad.script("initialize", Fail(error, times=1))
    expected: type[BaseException] = PurveyorError if isinstance(error, asyncio.CancelledError) else type(error)
    with pytest.raises(expected):
        await manager.reload_provider("bad")
    assert type(error).__name__ in str(manager.last_reload_error("bad")) or isinstance(
        error, asyncio.CancelledError
    )
    await manager.reload_provider("bad")
    assert await bad.read(1) == 1
    assert bad.open == 1


async def test_a_start_that_blocks_the_event_loop(
    manager: ProviderManager, good: FaultyProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trap 28: nothing can interrupt it, but it is named."""
    monkeypatch.setattr(WATCHDOG, "patience", 0.05)
    journal = Journal(manager)
    await manager.register(FaultyProvider("bad", initialize=Block(0.3)))
    await asyncio.sleep(0)
    await turns()
    (event,) = journal.of(LoopBlocked)
    assert event.name == "bad"
    assert event.where.startswith("initialize (")


@pytest.mark.parametrize("step", ["validate", "initialize", "cleanup"])
@pytest.mark.parametrize("action", ["register", "unregister", "reload_provider", "override"])
async def test_a_provider_that_calls_the_manager_from_inside(
    manager: ProviderManager, good: FaultyProvider, step: str, action: str
) -> None:
    """Trap 19: what would wait for itself is refused; lookups are as ever."""
    seen: list[BaseException] = []

    async def call() -> None:
        bad.steps.clear()
        assert manager.get("good") is good
        assert manager.status("bad") in (ProviderStatus.STARTING, ProviderStatus.STOPPING)
        assert await good.read("inside") == "inside"
        await manager.check("good")
        try:
            if action == "register":
                await manager.register(Scripted("bad"))
            elif action == "override":
                async with manager.override("bad", Scripted("fake")):
                    pass
            else:
                await getattr(manager, action)("bad")
        except PurveyorError as error:
            seen.append(error)

    bad = Scripted("bad", **{step: call})  # type: ignore[arg-type]
    async with asyncio.timeout(10):
        await manager.register(bad)
        await manager.unregister("bad")
    (error,) = seen
    allowed = (
        ReentrantLifecycleError,
        ProviderExistsError,
        ProviderNotReadyError,
        ProviderNotFoundError,
    )
    assert isinstance(error, allowed)
    assert bad.resources == 0


async def test_a_name_or_an_object_that_is_registered_twice(
    manager: ProviderManager, good: FaultyProvider
) -> None:
    for provider in (good, FaultyProvider("good")):
        with pytest.raises(ProviderExistsError, match="Provider good already registered"):
            await manager.register(provider)
    with pytest.raises(ProviderExistsError):
        await manager.register_all([FaultyProvider("two"), FaultyProvider("two")])
    assert manager.registered_names() == ("good",)


async def test_another_event_loop(manager: ProviderManager, good: FaultyProvider) -> None:
    """Trap 24."""

    async def elsewhere() -> None:
        for call in (
            manager.register(FaultyProvider("two")),
            manager.register_all([FaultyProvider("two")]),
            manager.unregister("good"),
            manager.reload_provider("good"),
            manager.check("good"),
            manager.cleanup(),
            manager.override("good", FaultyProvider("two")).__aenter__(),
        ):
            with pytest.raises(WrongEventLoopError, match="run_coroutine_threadsafe"):
                await call
        assert manager.get("good") is good  # lookups may come from anywhere

    await asyncio.to_thread(asyncio.run, elsewhere())
    loop = asyncio.get_running_loop()

    def from_a_thread() -> None:
        asyncio.run_coroutine_threadsafe(manager.reload_provider("good", policy=Policy()), loop).result(10)

    await asyncio.to_thread(from_a_thread)


@pytest.mark.parametrize("name", ["nobody", "goood", "", "good "])
async def test_a_name_that_is_not_there(manager: ProviderManager, good: FaultyProvider, name: str) -> None:
    for call in (
        manager.reload_provider(name, config=1),
        manager.reload_provider(name, policy=None),
        manager.unregister(name),
        manager.check(name),
        manager.override(name, FaultyProvider()).__aenter__(),
    ):
        with pytest.raises(ProviderNotFoundError, match="not found"):
            await call
    for question in (manager.status, manager.health, manager.last_reload_error, manager.get):
        with pytest.raises(ProviderNotFoundError):
            question(name)


async def test_many_that_are_bad_at_once(manager: ProviderManager, good: FaultyProvider) -> None:
    """Optional ones, each with another fault, keep none of the others from starting and stopping."""
    with FakeClock() as clock:
        bad = {
            "hangs": FaultyProvider("hangs", initialize=Hang()),
            "refuses": FaultyProvider("refuses", initialize=RefuseCancellation()),
            "fails": FaultyProvider("fails", initialize=Fail(OSError("down"))),
            "stuck": FaultyProvider("stuck", cleanup=RefuseCancellation()),
            "unclean": FaultyProvider("unclean", cleanup=Fail(OSError("unclean"))),
        }
        well = [FaultyProvider(f"well {i}") for i in range(3)]
        start = asyncio.create_task(
            manager.register_all([*(Registration(each, {}, LIMITS, False) for each in bad.values()), *well])
        )
        await clock.advance(4 + GRACE)
        await start
        assert manager.names() == ("good", "stuck", "unclean", "well 0", "well 1", "well 2")
        assert {name: manager.status(name).name for name in ("hangs", "refuses", "fails")} == {
            "hangs": "FAILED",
            "refuses": "FAILED",
            "fails": "FAILED",
        }
        with pytest.raises(ProviderNotReadyError):
            await bad["fails"].read()
        stops = [
            asyncio.create_task(manager.unregister(name)) for name in manager.registered_names() if name != "good"
        ]
        await clock.advance(3 + GRACE)
        outcomes = await asyncio.gather(*stops, return_exceptions=True)
        assert sorted(type(outcome).__name__ for outcome in outcomes if outcome is not None) == [
            "OSError",
            "ProviderTimeoutError",
        ]
        assert manager.registered_names() == ("good",)
        assert [each.open for each in well] == [0, 0, 0]
        for each in bad.values():
            each.release()
        with contextlib.suppress(asyncio.CancelledError):
            await turns()


@pytest.mark.parametrize("step", ["initialize", "on_need_reloaded", "next_generation"])
async def test_what_blocks_the_event_loop_in_a_restart_is_named(
    step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trap 28: whoever asked for the reload, and whatever the task is called in which it blocks."""

    class Needing(Scripted):
        needed: Annotated[FaultyProvider, Needs()]

        async def on_need_reloaded(self, role: str, provider: Provider[Any]) -> None:
            block("on_need_reloaded")

    class Blocking(FaultyProvider):
        provider_reload = "swap"

        def next_generation(self, config: Any) -> Self:
            block("next_generation")
            return super().next_generation(config)

        async def initialize(self) -> None:
            await super().initialize()
            if self.calls["initialize"] > 1:
                block("initialize")

    def block(where: str) -> None:
        if where == step:
            time.sleep(0.3)

    monkeypatch.setattr(WATCHDOG, "patience", 0.05)
    told = asyncio.Event()
    blocked: list[LoopBlocked] = []

    def take(event: Event) -> None:
        if isinstance(event, LoopBlocked):
            blocked.append(event)
            told.set()

    supervision = Supervision(check_interval=0.01, failures=1, backoff=0.01, jitter=0, budget=1)
    async with ProviderManager(supervision=supervision) as manager:
        bad = Blocking("bad")
        await manager.register(bad)
        await manager.register(Needing("dependant"), needs={"needed": "bad"})
        manager.subscribe(take)
        bad.script("check", Fail(OSError("gone"), times=1))
        async with asyncio.timeout(10):
            await told.wait()
    assert blocked[0].name == ("dependant" if step == "on_need_reloaded" else "bad")
    assert blocked[0].where.startswith(f"{step} (")


@pytest.mark.parametrize(
    ("policy", "text"),
    [
        ({"timeout": 1}, r"policy: is a dict, not a Policy.*write Policy\(timeout=1\)"),
        ({"breaker": {"failures": 2}}, r"write Policy\(breaker=\.\.\.\)"),
        (5, r"policy: is a int, not a Policy.*write Policy\(\.\.\.\)"),
    ],
)
async def test_what_is_no_policy_is_refused(
    manager: ProviderManager, good: FaultyProvider, policy: Any, text: str
) -> None:
    with pytest.raises(InvalidInputError, match=f"(?s){text}"):
        await manager.register(FaultyProvider("bad"), policy=policy)
    with pytest.raises(InvalidInputError, match=f"(?s){text}"):
        await manager.register_all([Registration(FaultyProvider("bad"), policy=policy)])
    with pytest.raises(InvalidInputError, match=f"(?s){text}"):
        await manager.reload_provider("good", policy=policy)
    assert manager.registered_names() == ("good",)
