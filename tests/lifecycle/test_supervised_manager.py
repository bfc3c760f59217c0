"""Supervision in a manager: what happens to operations, statuses and events while providers go down and come back."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import pytest

from purveyor.errors import InvalidInputError, ProviderNotReadyError, StoreCorruptError
from purveyor.events import (
    Abandoned,
    Event,
    HealthChanged,
    Reloaded,
    ReloadFailed,
    RestartScheduled,
    RestartsExhausted,
    StatusChanged,
)
from purveyor.lifecycle.health import describe_error
from purveyor.lifecycle.supervision import Supervision
from purveyor.manager import ProviderManager, Registration
from purveyor.memory import SQLiteConfig, SQLiteMemory
from purveyor.metadata import Health, HealthState, ProviderMetadata, ProviderStatus, ProviderType
from purveyor.needs import Needs
from purveyor.policy import Policy
from purveyor.provider import Provider
from purveyor.testing import FakeClock
from tests.providers import Scripted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

S = ProviderStatus
EXACT = Supervision(check_interval=10, check_timeout=5, failures=2, successes=1, backoff=1, jitter=0, budget=3)


class Backend:
    """What all generations of a provider depend on."""

    health = Health.healthy()
    error: Exception | None = None
    checks = 0


class Dependent(Scripted):
    """Starts while the backend has no error, and is as healthy as it."""

    def __init__(self, backend: Backend, name: str = "db", **steps: Any) -> None:
        super().__init__(name, **steps)
        self.backend = backend

    async def initialize(self) -> None:
        await super().initialize()
        if self.backend.error is not None:
            raise self.backend.error

    def next_generation(self, config: Any) -> Dependent:
        return type(self)(self.backend, self.metadata.name, **self.steps)

    async def check(self) -> Health:
        self.backend.checks += 1
        assert self.resources, "it was checked while it was closed"
        return self.backend.health


@pytest.fixture
def backend() -> Backend:
    return Backend()


@asynccontextmanager
async def supervised(
    supervision: Supervision = EXACT,
) -> AsyncIterator[tuple[ProviderManager, FakeClock, list[Event]]]:
    events: list[Event] = []
    with FakeClock() as clock:
        async with ProviderManager(supervision=supervision) as manager:
            manager._check_loop()
            manager._host.supervisor._random = lambda: 0.5  # the first checks come after 5 s
            manager.subscribe(events.append)
            yield manager, clock, events
        await clock.advance(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}


def kinds(events: list[Event], *wanted: type[Event]) -> list[str]:
    return [
        f"{type(event).__name__} {event.new.name if isinstance(event, StatusChanged) else event.new.state.name}"
        if isinstance(event, (StatusChanged, HealthChanged))
        else type(event).__name__
        for event in events
        if isinstance(event, wanted or Event)
    ]


@pytest.mark.parametrize("strategy", ["in_place", "swap"])
async def test_an_unhealthy_provider_is_restarted_and_serves_again(backend: Backend, strategy: Any) -> None:
    async with supervised() as (manager, clock, events):
        await manager.register(Dependent(backend), policy=Policy(reload=strategy))
        reference = manager.get("db", Dependent)
        await clock.advance(10)
        backend.health = Health.unhealthy("no answer")
        await clock.advance(15)
        assert manager.health("db") == Health.unhealthy("no answer")
        assert manager.status("db") is S.DEGRADED
        assert reference.health == Health.unhealthy("no answer")
        backend.health = Health.healthy("back")
        events.clear()
        await clock.advance(1)
        assert manager.status("db") is S.READY
        assert manager.health("db") == Health.healthy("back")
        assert await reference.echo(1) == 1
        await clock.advance(0)
        assert kinds(events, HealthChanged) == ["HealthChanged HEALTHY"]


async def test_one_that_stays_unhealthy_fails_for_good_and_a_reload_brings_it_back(backend: Backend) -> None:
    """Trap 30."""
    async with supervised() as (manager, clock, events):
        await manager.register(provider := Dependent(backend))
        backend.health = Health.unhealthy("no answer")
        await clock.advance(300)
        assert manager.status("db") is S.FAILED
        assert manager.health("db") == Health.unhealthy("no answer")
        assert provider.calls.count("initialize") == 4
        assert provider.resources == 0
        with pytest.raises(ProviderNotReadyError):
            await provider.echo(1)
        restarts = [event for event in events if isinstance(event, RestartScheduled)]
        assert [(event.attempt, event.delay) for event in restarts] == [(1, 1), (2, 2), (3, 4)]
        (exhausted,) = [event for event in events if isinstance(event, RestartsExhausted)]
        assert (exhausted.attempts, exhausted.window, exhausted.reason) == (3, 600, "no answer")
        checks = backend.checks
        await clock.advance(10_000)
        assert backend.checks == checks

        backend.health = Health.healthy()
        await manager.reload_provider("db")
        await clock.advance(0)
        assert manager.status("db") is S.READY
        assert manager.health("db") == Health.healthy()
        assert await provider.echo(1) == 1


async def test_a_swap_that_fails_again_and_again_ends_as_failed(backend: Backend) -> None:
    async with supervised() as (manager, clock, events):
        await manager.register(Dependent(backend), policy=Policy(reload="swap"))
        reference = manager.get("db", Dependent)
        backend.health = Health.unhealthy("no answer")
        await clock.advance(15)
        assert manager.status("db") is S.DEGRADED
        await clock.advance(1.5)
        assert kinds(events, ReloadFailed) == ["ReloadFailed"]
        assert await reference.echo(1) == 1  # the old generation serves on
        await clock.advance(100)
        assert len(kinds(events, ReloadFailed)) == 3
        assert manager.status("db") is S.FAILED
        with pytest.raises(ProviderNotReadyError):
            await reference.echo(1)


async def test_an_optional_provider_is_started_once_it_can(backend: Backend) -> None:
    backend.error = OSError("no such host")
    async with supervised() as (manager, clock, _):
        await manager.register_all([Registration(Dependent(backend), required=False)])
        assert manager.get_provider("db") is None
        assert manager.status("db") is S.FAILED
        assert manager.health("db") == Health.unhealthy("OSError: no such host")
        await clock.advance(4)
        backend.error = None
        await clock.advance(4)
        assert manager.status("db") is S.READY
        assert await manager.get("db", Dependent).echo(1) == 1
        assert manager.health("db").state is HealthState.HEALTHY


async def test_a_reload_that_failed_is_tried_again(backend: Backend) -> None:
    async with supervised() as (manager, clock, _):
        await manager.register(provider := Dependent(backend))
        provider.steps["initialize"] = fail_once(OSError("flaky"))
        with pytest.raises(OSError, match="flaky"):
            await manager.reload_provider("db")
        first = manager.status("db")
        assert first in (S.READY, S.FAILED)  # what ran before may have been started again
        await clock.advance(2)
        assert manager.status("db") is S.READY
        assert await provider.echo(1) == 1


def fail_once(error: Exception) -> Any:
    errors = [error]

    async def step() -> None:
        if errors:
            raise errors.pop()

    return step


async def test_a_permanent_error_is_left_alone(backend: Backend) -> None:
    """Trap 30."""
    backend.error = InvalidInputError("host", "is empty")
    async with supervised() as (manager, clock, events):
        await manager.register_all([Registration(Dependent(backend), required=False)])
        await clock.advance(1000)
        assert manager.status("db") is S.FAILED
        assert not kinds(events, RestartScheduled, RestartsExhausted)


async def test_a_check_waits_for_no_operation_and_a_reload_for_no_check(backend: Backend) -> None:
    """Trap 29: never under the operation lock."""
    async with supervised() as (manager, clock, _):
        await manager.register(provider := Dependent(backend))
        until = asyncio.Event()
        held = asyncio.create_task(provider.hold(until))
        await asyncio.sleep(0)
        reload = asyncio.create_task(manager.reload_provider("db"))
        await clock.advance(1)
        assert manager.status("db") is S.RELOADING
        before = backend.checks
        assert (await manager.check("db")).state is HealthState.HEALTHY  # what is believed; it is not asked
        await clock.advance(20)
        assert backend.checks == before
        until.set()
        await held
        await reload
        assert (await manager.check("db")).state is HealthState.HEALTHY
        assert backend.checks > before


async def test_a_check_that_hangs_is_named(backend: Backend) -> None:
    """Trap 10."""
    release = asyncio.Event()

    class Hanging(Dependent):
        async def check(self) -> Health:
            while not release.is_set():
                try:
                    await release.wait()
                except asyncio.CancelledError:
                    continue
            return Health.healthy()

    async with supervised() as (manager, clock, events):
        await manager.register(Hanging(backend))
        await clock.advance(16)
        (abandoned,) = [event for event in events if isinstance(event, Abandoned)]
        assert (abandoned.name, abandoned.step) == ("db", "check")
        release.set()


async def test_stopping_wins_over_restarting(backend: Backend) -> None:
    """Trap 16."""
    async with supervised() as (manager, clock, _):
        never = asyncio.Event()
        await manager.register(provider := Dependent(backend))
        backend.health = Health.unhealthy("no answer")
        await clock.advance(15)
        provider.steps["initialize"] = lambda: never.wait()  # type: ignore[assignment, return-value]
        await clock.advance(1)
        assert manager.status("db") is S.RELOADING
        await manager.unregister("db")
        assert provider.resources == 0
        await clock.advance(1000)
        assert len(manager) == 0


async def test_degraded_is_a_status_and_passes(backend: Backend) -> None:
    async with supervised() as (manager, clock, events):
        await manager.register(provider := Dependent(backend))
        backend.health = Health.degraded("slow")
        await clock.advance(20)
        assert manager.status("db") is S.DEGRADED
        assert await provider.echo(1) == 1
        backend.health = Health.healthy()
        await clock.advance(20)
        assert manager.status("db") is S.READY
        await clock.advance(0)
        assert kinds(events, HealthChanged) == ["HealthChanged DEGRADED", "HealthChanged HEALTHY"]
        assert not kinds(events, RestartScheduled)


async def test_without_supervision_nothing_is_checked_or_restarted(backend: Backend) -> None:
    backend.health = Health.unhealthy("no answer")
    with FakeClock() as clock:
        async with ProviderManager(supervision=None) as manager:
            await manager.register(provider := Dependent(backend))
            await clock.advance(1000)
            assert backend.checks == 0
            assert manager.health("db") == Health.healthy()
            assert await manager.check("db") == manager.health("db") == Health.unhealthy("no answer")
            await clock.advance(1000)
            assert provider.calls.count("initialize") == 1


async def test_a_database_whose_file_was_replaced_serves_the_new_one_after_a_restart(tmp_path: Path) -> None:
    """The real thing: a driver's own check, thread and file."""
    path = tmp_path / "notes.db"
    metadata = ProviderMetadata("notes", ProviderType.MEMORY, "", "1")
    async with supervised() as (manager, clock, _):
        await manager.register(SQLiteMemory(metadata, SQLiteConfig(path)))
        notes = manager.get("notes", SQLiteMemory)
        await notes.put("a", 1)
        path.rename(tmp_path / "away.db")
        with pytest.raises(StoreCorruptError):
            await notes.put("a", 2)
        for _ in range(30):
            await clock.advance(1)
            await manager.check("notes")  # what the thread answers comes in real time
        assert manager.status("notes") is S.READY
        await notes.put("a", 3)
        assert path.exists()


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt()])
async def test_what_would_end_the_event_loop_is_a_result(
    backend: Backend, error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    """Raised in a check, in a restart, and by who is told of a reload, all in tasks that nobody awaits."""

    class Fatal(Dependent):
        async def check(self) -> Health:
            if backend.error is not None:
                raise error
            return Health.healthy()

    class Told(Scripted):
        store: Annotated[Dependent, Needs()]

        async def on_need_reloaded(self, role: str, provider: Provider[Any]) -> None:
            raise error

    async with supervised() as (manager, clock, events):
        await manager.register_all([Fatal(backend), Registration(Told("told"), {"store": "db"})])
        backend.error = error  # type: ignore[assignment]
        assert (await manager.check("db")).message == f"its check failed with {describe_error(error)}"
        await clock.advance(16)  # two checks, and a restart
        assert manager.status("db") is S.FAILED
        assert manager.health("db").message == describe_error(error)
        assert kinds(events, ReloadFailed) == ["ReloadFailed"]
        backend.error = None
        await clock.advance(2)
        assert manager.status("db") is S.READY
    assert "on_need_reloaded of provider told failed" in caplog.text


@pytest.mark.parametrize("reloaded", [False, True])
async def test_one_that_is_given_up_during_a_reload_is_closed_down_after_it(
    backend: Backend, reloaded: bool
) -> None:
    """The generation before is still drained, and nobody checks the one that serves any more."""
    settings = replace(EXACT, budget=0)
    async with supervised(settings) as (manager, clock, events):
        await manager.register(provider := Dependent(backend), policy=Policy(reload="swap"))
        held = asyncio.create_task(provider.hold(until := asyncio.Event()))
        await clock.advance(0)
        reload = asyncio.create_task(manager.reload_provider("db"))
        await clock.advance(0)
        live = manager.get("db", Dependent)
        assert live is not provider
        backend.health = Health.unhealthy("no answer")
        await clock.advance(20)
        assert kinds(events, RestartsExhausted) == ["RestartsExhausted"]
        assert manager.status("db") is S.DEGRADED
        if reloaded:
            backend.health = Health.healthy()
            again = asyncio.create_task(manager.reload_provider("db"))
            await clock.advance(0)
        until.set()
        await clock.advance(0)
        await asyncio.gather(held, reload)
        if reloaded:
            await again
            assert manager.status("db") is S.READY
            assert manager.get("db") is not live
        else:
            assert manager.status("db") is S.FAILED
            with pytest.raises(ProviderNotReadyError):
                await live.echo(1)
        assert not live.resources


async def test_a_restart_that_leaves_it_unhealthy_is_degraded_at_once_and_says_why(backend: Backend) -> None:
    """It is not ready for a moment first, and serves when that is told."""
    async with supervised() as (manager, clock, events):
        await manager.register(Dependent(backend))
        backend.health = Health.unhealthy("no answer")
        await clock.advance(15)
        (status,) = [event for event in events if isinstance(event, StatusChanged) and event.new is S.DEGRADED]
        assert status.error == "no answer"
        events.clear()
        await manager.reload_provider("db")
        await clock.advance(0)
        (_, after) = [event for event in events if isinstance(event, StatusChanged)][:2]
        assert (after.old, after.new, after.error) == (S.RELOADING, S.DEGRADED, "no answer")
        (reloaded,) = [event for event in events if isinstance(event, Reloaded)]
        assert reloaded.at >= after.at
