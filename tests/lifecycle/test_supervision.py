"""`Supervisor`: whom it checks when, when it restarts them, and when it gives up."""

from __future__ import annotations

import asyncio
import gc
import math
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from purveyor.errors import ConfigError, ConfigProblem, InvalidInputError, ProviderNotReadyError
from purveyor.lifecycle.supervision import Supervision, Supervisor
from purveyor.metadata import Health, HealthState, ProviderMetadata, ProviderStatus, ProviderType
from purveyor.provider import Provider
from purveyor.testing import FakeClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

S = ProviderStatus
HEALTHY, DEGRADED, UNHEALTHY = Health.healthy(), Health.degraded("slow"), Health.unhealthy("down")

#: Without chance, so that times are exact: checks at 5, 15, 25, ...; waits of 1, 2, 4, 8, 10, 10 s.
EXACT = Supervision(check_interval=10, check_timeout=5, backoff=1, max_backoff=10, jitter=0, budget=5, window=600)


@pytest.fixture
async def clock() -> AsyncIterator[FakeClock]:
    with FakeClock() as clock:
        yield clock


class Unchecked(Provider[None]):
    async def initialize(self) -> None: ...
    async def cleanup(self) -> None: ...


class Checked(Unchecked):
    """Answers what the test says."""

    answer: Health = HEALTHY
    checks = 0
    step: Callable[[], Awaitable[Any]] | None = None

    async def check(self) -> Health:
        self.checks += 1
        if self.step is not None:
            await self.step()
        return self.answer


class Registration:
    """What the manager's runners do, in short: it has a provider, restarts it, and notes what it is told."""

    def __init__(self, supervisor: Supervisor, kind: type[Unchecked] = Checked, name: str = "db") -> None:
        self.name = name
        self.supervisor = supervisor
        self.status = S.STARTING
        self.provider = kind(ProviderMetadata(name, ProviderType.CUSTOM, "", "1"), None)
        self.told: list[tuple[Any, ...]] = []
        self.born = asyncio.get_running_loop().time()
        self.times: list[float] = []  # of restarts
        self.faults: list[BaseException] = []  # of the next restarts
        self.heal = True  # by a restart that succeeds
        self.in_place = True  # else a restart that fails leaves it serving
        self.step: Callable[[], Awaitable[Any]] | None = None

    def start(self) -> Registration:
        self.status = S.READY
        self.supervisor.started(self)
        return self

    def fail(self, error: BaseException) -> Registration:
        self.status = S.FAILED
        self.supervisor.failed(self, error)
        return self

    def stop(self) -> None:
        self.status = S.STOPPING
        self.supervisor.forget(self)

    @property
    def states(self) -> list[str]:
        return [told[2].name for told in self.told if told[0] == "health"]

    @property
    def restarts(self) -> list[float]:
        """When there were some, in seconds since the registration."""
        return [round(moment - self.born, 6) for moment in self.times]

    @property
    def given_up(self) -> bool:
        return any(told[0] == "give_up" for told in self.told)

    async def restart(self, reason: str) -> None:
        self.times.append(asyncio.get_running_loop().time())
        self.told.append(("restart", reason))
        before = self.status
        self.status = S.RELOADING
        if self.step is not None:
            await self.step()
        if self.faults:
            error = self.faults.pop(0)
            self.status = S.FAILED if self.in_place else before
            if self.in_place:
                self.supervisor.failed(self, error)
            raise error
        if self.heal and isinstance(self.provider, Checked):
            self.provider.answer = HEALTHY
        self.start()

    def restart_scheduled(self, attempt: int, delay: float, reason: str) -> None:
        self.told.append(("scheduled", attempt, round(delay, 6), reason))

    def health_changed(self, old: Health, new: Health) -> None:
        assert old.state is not new.state
        self.told.append(("health", old.state, new.state))

    def check_abandoned(self, seconds: float) -> None:
        self.told.append(("abandoned", seconds))

    def give_up(self, attempts: int, window: float, reason: str) -> None:
        self.status = S.FAILED
        self.told.append(("give_up", attempts, window, reason))


def supervisor_of(supervision: Supervision | None = EXACT, chance: float = 0.5) -> Supervisor:
    return Supervisor(supervision, random=lambda: chance)


def checked(registration: Registration) -> Checked:
    assert isinstance(registration.provider, Checked)
    return registration.provider


def only_this_task() -> bool:
    return asyncio.all_tasks() == {asyncio.current_task()}


# --- checks -----------------------------------------------------------------------------------------


async def test_who_has_no_check_costs_nothing(clock: FakeClock) -> None:
    supervisor = supervisor_of()
    registration = Registration(supervisor, Unchecked).start()
    assert not supervisor._watches
    assert supervisor.health(registration) == HEALTHY
    assert await supervisor.check(registration) == HEALTHY
    registration.stop()
    assert supervisor.health(registration) == Health.unhealthy("it is stopping")


async def test_checks_come_at_intervals_the_first_at_random_within_one(clock: FakeClock) -> None:
    """Trap 29: no stampede. Trap 31: by the event loop's time."""
    registration = Registration(supervisor_of(chance=0.3)).start()
    for seconds, checks in ((2.5, 0), (0.5, 1), (9.5, 1), (0.5, 2), (10, 3)):
        await clock.advance(seconds)
        assert checked(registration).checks == checks
    assert not registration.told


async def test_intervals_are_shortened_at_random(clock: FakeClock) -> None:
    registration = Registration(supervisor_of(Supervision(check_interval=10, jitter=0.5), chance=0.5)).start()
    await clock.advance(5)
    for count in range(1, 5):
        assert checked(registration).checks == count
        await clock.advance(7.5)


async def test_an_interval_is_from_begin_to_begin_but_checks_never_overlap(clock: FakeClock) -> None:
    supervisor = supervisor_of(Supervision(check_interval=10, check_timeout=30, jitter=0))
    registration = Registration(supervisor).start()
    seconds = 4.0
    checked(registration).step = lambda: asyncio.sleep(seconds)
    await clock.advance(15)
    assert checked(registration).checks == 2
    seconds = 14
    await clock.advance(10)  # the third begins, and ends at 39 s
    assert checked(registration).checks == 3
    await clock.advance(13.5)
    assert checked(registration).checks == 3
    await clock.advance(0.5)
    assert checked(registration).checks == 4


async def test_health_flips_after_enough_checks_and_is_told_once(clock: FakeClock) -> None:
    supervisor = supervisor_of()
    registration = Registration(supervisor).start()
    checked(registration).answer = DEGRADED
    await clock.advance(20)
    assert supervisor.health(registration) == HEALTHY
    await clock.advance(50)
    assert supervisor.health(registration) == DEGRADED
    assert registration.states == ["DEGRADED"]
    checked(registration).answer = HEALTHY
    await clock.advance(10)
    assert supervisor.health(registration) == DEGRADED
    await clock.advance(10)
    assert registration.states == ["DEGRADED", "HEALTHY"]
    assert not registration.times


async def test_being_degraded_restarts_nobody(clock: FakeClock) -> None:
    registration = Registration(supervisor_of()).start()
    checked(registration).answer = DEGRADED
    await clock.advance(3600)
    assert registration.states == ["DEGRADED"]
    assert not registration.times


@pytest.mark.parametrize("status", [S.STARTING, S.RELOADING, S.FAILED])
async def test_nobody_is_checked_while_it_is_at_work_or_down(status: S, clock: FakeClock) -> None:
    supervisor = supervisor_of()
    registration = Registration(supervisor).start()
    registration.status = status
    await clock.advance(100)
    assert checked(registration).checks == 0
    await supervisor.check(registration)
    assert checked(registration).checks == 0
    registration.status = S.DEGRADED
    await clock.advance(10)
    assert checked(registration).checks == 1


async def test_a_result_that_comes_during_a_reload_is_nothing(clock: FakeClock) -> None:
    """Trap 17: a late result is dropped."""
    supervisor = supervisor_of(Supervision(check_interval=10, jitter=0, failures=1))
    registration = Registration(supervisor).start()
    answer = asyncio.Event()
    checked(registration).step = answer.wait
    checked(registration).answer = UNHEALTHY
    await clock.advance(5)
    registration.status = S.RELOADING
    answer.set()
    await clock.advance(0)
    assert supervisor.health(registration) == HEALTHY

    answer.clear()
    registration.status = S.READY
    await clock.advance(10)
    old = checked(registration)
    registration.provider = Checked(old.metadata, None)
    registration.start()  # a swap
    answer.set()
    await clock.advance(0)
    assert supervisor.health(registration) == HEALTHY
    assert old.checks == 2
    assert checked(registration).checks == 1
    assert only_this_task()


async def test_many_are_checked_in_parallel_but_not_all_at_once(clock: FakeClock) -> None:
    """Trap 29: in parallel, with a limit; one that hangs takes its place no longer than its timeout."""
    supervisor = supervisor_of()
    inside = most = 0

    async def step() -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        try:
            await asyncio.sleep(3600)
        finally:
            inside -= 1

    registrations = [Registration(supervisor, name=str(number)) for number in range(100)]
    for registration in registrations:
        checked(registration).step = step
        registration.start()
    await clock.advance(5)
    assert inside == 64
    waiting, another = [each for each in registrations if not checked(each).checks][:2]
    waiting.stop()
    overtaken = checked(another)
    another.provider = Checked(overtaken.metadata, None)
    checked(another).step = step
    another.start()
    await clock.advance(5)
    assert inside == 35
    await clock.advance(4.5)
    assert most == 64
    assert [checked(each).checks for each in registrations] == [each is not waiting for each in registrations]
    assert not overtaken.checks
    for registration in registrations:
        registration.stop()
    await clock.advance(0)
    assert only_this_task()
    assert not supervisor._running


async def test_a_check_that_hangs_is_told_and_counts_as_bad_each_interval(clock: FakeClock) -> None:
    """Traps 10 and 29."""
    release = asyncio.Event()

    async def hang() -> None:
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue

    supervisor = supervisor_of()
    registration = Registration(supervisor).start()
    old = checked(registration)
    old.step = hang
    await clock.advance(24.5)
    assert old.checks == 1
    assert registration.told == [("abandoned", 6)]
    assert supervisor.health(registration) == HEALTHY
    await clock.advance(0.5)
    assert registration.states == ["UNHEALTHY"]
    assert supervisor.health(registration).message.startswith("its check of 20 s ago ignored its cancellation")
    registration.heal = False
    await clock.advance(1)
    assert old.checks == 2  # of the next generation, which does not pay for what the last has left behind
    release.set()
    await clock.advance(0)


async def test_a_fresh_check_is_shared_and_changes_no_opinion(clock: FakeClock) -> None:
    """Trap 29: single-flight, also with the supervisor's own; who asks often makes nobody restart."""
    supervisor = supervisor_of()
    registration = Registration(supervisor).start()
    checked(registration).answer = UNHEALTHY
    for _ in range(10):
        assert await supervisor.check(registration) is UNHEALTHY
    assert supervisor.health(registration) == HEALTHY
    assert not registration.told
    checked(registration).step = lambda: asyncio.sleep(4)
    await clock.advance(5)
    caller = asyncio.create_task(supervisor.check(registration))
    await clock.advance(4)
    assert caller.result() is UNHEALTHY
    assert checked(registration).checks == 11


async def test_a_fresh_check_ends_with_the_registration(clock: FakeClock) -> None:
    registration = Registration(supervisor := supervisor_of()).start()
    checked(registration).step = lambda: asyncio.sleep(4)
    caller = asyncio.create_task(supervisor.check(registration))
    await clock.advance(1)
    registration.stop()
    with pytest.raises(ProviderNotReadyError):
        await caller


async def test_a_fresh_check_that_is_overtaken_by_a_reload_is_that_of_the_new_generation(clock: FakeClock) -> None:
    registration = Registration(supervisor := supervisor_of()).start()
    checked(registration).step = lambda: asyncio.sleep(4)
    caller = asyncio.create_task(supervisor.check(registration))
    await clock.advance(1)
    registration.provider = Checked(registration.provider.metadata, None)
    checked(registration).answer = DEGRADED
    registration.start()
    await clock.advance(0)
    assert caller.result() is DEGRADED


async def test_without_supervision_a_check_is_believed_at_once_and_nothing_else_happens(clock: FakeClock) -> None:
    supervisor = supervisor_of(None)
    registration = Registration(supervisor).start()
    checked(registration).answer = UNHEALTHY
    await clock.advance(100)
    assert checked(registration).checks == 0
    assert await supervisor.check(registration) is UNHEALTHY
    assert supervisor.health(registration) is UNHEALTHY
    assert registration.states == ["UNHEALTHY"]
    registration.fail(OSError("gone"))
    await clock.advance(100)
    assert registration.told[1:] == []
    assert supervisor.health(registration) == Health.unhealthy("OSError: gone")
    registration.start()  # nothing would say otherwise if it were not believed
    assert supervisor.health(registration) == HEALTHY


async def test_without_supervision_a_result_that_comes_too_late_is_not_told(clock: FakeClock) -> None:
    registration = Registration(supervisor := supervisor_of(None)).start()
    checked(registration).answer = UNHEALTHY
    caller = asyncio.create_task(supervisor.check(registration))
    checked(registration).step = lambda: asyncio.sleep(0)
    await asyncio.sleep(0)
    watch = supervisor._watches[registration]
    assert watch.check is not None
    flight = watch.check.start()
    flight.add_done_callback(lambda _: registration.stop())
    assert await caller is UNHEALTHY
    assert not registration.told


# --- restarts ---------------------------------------------------------------------------------------


async def test_an_unhealthy_provider_is_restarted_and_its_first_good_check_is_believed(clock: FakeClock) -> None:
    supervisor = supervisor_of()
    registration = Registration(supervisor).start()
    checked(registration).answer = UNHEALTHY
    await clock.advance(25)
    assert registration.told == [
        ("health", HealthState.HEALTHY, HealthState.UNHEALTHY),
        ("scheduled", 1, 1, "down"),
    ]
    assert supervisor.health(registration) == UNHEALTHY
    await clock.advance(1)
    assert registration.told[2:] == [
        ("restart", "down"),
        ("health", HealthState.UNHEALTHY, HealthState.HEALTHY),
    ]
    assert supervisor.health(registration) == HEALTHY
    await clock.advance(10_000)
    assert len(registration.told) == 4
    registration.stop()


async def test_one_that_comes_back_by_itself_is_not_restarted(clock: FakeClock) -> None:
    supervision = Supervision(check_interval=1, failures=1, successes=2, backoff=5, jitter=0)
    registration = Registration(supervisor_of(supervision)).start()
    checked(registration).answer = UNHEALTHY
    await clock.advance(1)
    assert registration.told[-1] == ("scheduled", 1, 5, "down")
    checked(registration).answer = DEGRADED
    await clock.advance(10)
    assert registration.states == ["UNHEALTHY", "DEGRADED"]
    assert not registration.times


async def test_restarts_wait_twice_as_long_each_time_and_end_with_the_budget(clock: FakeClock) -> None:
    """Trap 30: backoff, a budget, then the end."""
    supervisor = supervisor_of()
    registration = Registration(supervisor)
    registration.faults = [OSError(f"fault {number}") for number in range(100)]
    registration.fail(OSError("no start"))
    await clock.advance(1000)
    assert registration.restarts == [1, 3, 7, 15, 25]
    assert [told for told in registration.told if told[0] == "scheduled"] == [
        ("scheduled", 1, 1, "OSError: no start"),
        ("scheduled", 2, 2, "OSError: fault 0"),
        ("scheduled", 3, 4, "OSError: fault 1"),
        ("scheduled", 4, 8, "OSError: fault 2"),
        ("scheduled", 5, 10, "OSError: fault 3"),
    ]
    assert registration.told[-1] == ("give_up", 5, 600, "OSError: fault 4")
    assert supervisor.health(registration) == Health.unhealthy("OSError: fault 4")
    assert only_this_task()


async def test_waits_are_shortened_at_random(clock: FakeClock) -> None:
    """Trap 30: jitter."""
    supervisor = supervisor_of(Supervision(backoff=1, max_backoff=3, jitter=0.5, budget=3), chance=0.5)
    registration = Registration(supervisor)
    registration.faults = [OSError()] * 3
    registration.fail(OSError())
    await clock.advance(10)
    assert [told[2] for told in registration.told if told[0] == "scheduled"] == [0.75, 1.5, 2.25]


async def test_a_provider_that_stays_unhealthy_is_given_up(clock: FakeClock) -> None:
    """Each generation has its `failures` checks before the next restart; then there is no check any more."""
    registration = Registration(supervisor_of()).start()
    registration.heal = False
    checked(registration).answer = UNHEALTHY
    await clock.advance(590)
    # Unhealthy at 25 s; each generation is checked at once, and after 10 and 20 s.
    assert registration.restarts == [26, 48, 72, 100, 130]
    assert registration.told[-1] == ("give_up", 5, 600, "down")
    assert registration.states == ["UNHEALTHY"]
    checks = checked(registration).checks
    await clock.advance(10_000)
    assert checked(registration).checks == checks
    assert registration.given_up


async def test_the_budget_renews_after_a_quiet_window(clock: FakeClock) -> None:
    """Trap 30: reset the budget after a stable run."""
    supervision = Supervision(check_interval=10, failures=1, backoff=1, jitter=0, budget=2, window=100)
    registration = Registration(supervisor_of(supervision)).start()

    async def break_down() -> str:
        await clock.advance(10)
        checked(registration).answer = UNHEALTHY
        await clock.advance(20)
        return "given up" if registration.given_up else str(registration.told[-2])

    for _ in range(3):
        assert await break_down() == "('restart', 'down')"
        assert await break_down() == "('restart', 'down')"
        await clock.advance(101)
    assert [told[1] for told in registration.told if told[0] == "scheduled"] == [1, 2] * 3
    assert await break_down() == "('restart', 'down')"
    assert await break_down() == "('restart', 'down')"
    assert await break_down() == "given up"


async def test_no_budget_is_no_restart(clock: FakeClock) -> None:
    registration = Registration(supervisor_of(Supervision(budget=0, window=60))).fail(OSError("down"))
    assert registration.told[1:] == [("give_up", 0, 60, "OSError: down")]


class LastingError(Exception):
    permanent = True


@pytest.mark.parametrize("error", [LastingError("no"), ConfigError([ConfigProblem("a", "is wrong")])])
async def test_a_permanent_error_is_not_retried(error: Exception, clock: FakeClock) -> None:
    """Trap 30: config errors are permanent."""
    supervisor = supervisor_of()
    registration = Registration(supervisor).fail(error)
    await clock.advance(1000)
    assert registration.told == [("health", HealthState.HEALTHY, HealthState.UNHEALTHY)]
    assert supervisor.health(registration).state is HealthState.UNHEALTHY

    registration = Registration(supervisor, name="other")
    registration.faults = [error]
    registration.fail(OSError("down"))
    await clock.advance(1000)
    assert len(registration.times) == 1
    assert registration.told[-1][:3] == ("give_up", 1, 600)
    assert type(error).__name__ in registration.told[-1][3]


class Odd(BaseException):
    pass


@pytest.mark.parametrize("error", [asyncio.CancelledError(), Odd("what?"), ProviderNotReadyError("db", S.FAILED)])
async def test_whatever_a_restart_raises_is_its_failure(error: BaseException, clock: FakeClock) -> None:
    registration = Registration(supervisor_of())
    registration.faults = [error]
    registration.fail(OSError("down"))
    await clock.advance(10)
    assert len(registration.times) == 2
    assert registration.status is S.READY


async def test_a_restart_under_way_is_not_doubled(clock: FakeClock) -> None:
    """Also where checks go on beside it, and where others fail meanwhile."""
    supervisor = supervisor_of()
    registration = Registration(supervisor).start()
    checked(registration).answer = UNHEALTHY
    done = asyncio.Event()

    async def step() -> None:
        registration.status = S.READY  # a swap: the old generation serves on
        await done.wait()

    registration.step = step
    await clock.advance(26)
    supervisor.failed(registration, OSError("known already"))
    await clock.advance(1000)
    assert len(registration.times) == 1
    assert [told[0] for told in registration.told] == ["health", "scheduled", "restart"]
    done.set()
    await clock.advance(1)
    assert registration.states == ["UNHEALTHY", "HEALTHY"]


async def test_a_failed_swap_leaves_the_old_one_serving_and_is_tried_again(clock: FakeClock) -> None:
    supervisor = supervisor_of()
    registration = Registration(supervisor).start()
    registration.in_place = False
    registration.faults = [OSError("no luck")]
    checked(registration).answer = UNHEALTHY
    await clock.advance(26)
    assert registration.status is S.READY
    assert registration.told[-1] == ("scheduled", 2, 2, "OSError: no luck")
    assert supervisor.health(registration) == Health.unhealthy("OSError: no luck")
    await clock.advance(2)
    assert len(registration.times) == 2
    assert supervisor.health(registration) == HEALTHY


async def test_somebody_elses_reload_is_not_disturbed(clock: FakeClock) -> None:
    """Trap 16: a restart that falls due during it waits for what comes of it."""
    registration = Registration(supervisor_of()).fail(OSError("down"))
    registration.status = S.RELOADING
    await clock.advance(50)
    assert not registration.times
    registration.start()
    await clock.advance(50)
    assert not registration.times

    registration.fail(OSError("down"))
    registration.status = S.RELOADING
    await clock.advance(50)
    registration.status = S.READY  # it failed, and the old generation was kept
    await clock.advance(1)
    assert len(registration.times) == 1


async def test_an_explicit_reload_begins_anew(clock: FakeClock) -> None:
    supervisor = supervisor_of()
    registration = Registration(supervisor)
    registration.faults = [OSError("down")] * 5
    registration.fail(OSError("down"))
    await clock.advance(100)
    assert registration.given_up
    registration.told.clear()
    checked(registration).answer = HEALTHY
    registration.start()
    await clock.advance(0)
    assert supervisor.health(registration) == HEALTHY
    registration.faults = [OSError("down")] * 2
    registration.fail(OSError("down"))  # by a reload, too
    await clock.advance(100)
    assert [told[1:3] for told in registration.told if told[0] == "scheduled"] == [(1, 1), (2, 2), (3, 4)]
    assert registration.status is S.READY

    registration.faults = [OSError("down")] * 3
    registration.fail(OSError("down"))
    await clock.advance(0.5)
    registration.start()  # before the restart that was planned
    await clock.advance(100)
    assert len(registration.faults) == 3


async def test_an_explicit_reload_makes_the_budget_new_whether_it_succeeds_or_not(clock: FakeClock) -> None:
    registration = Registration(supervisor_of()).start()
    registration.heal = False
    checked(registration).answer = UNHEALTHY
    for reload in (registration.start, lambda: registration.fail(OSError("down"))):
        await clock.advance(500)
        assert registration.given_up
        registration.told.clear()
        reload()
        await clock.advance(100)
        assert next(told for told in registration.told if told[0] == "scheduled")[1:3] == (1, 1)


async def test_a_reload_ends_the_plan_of_a_restart(clock: FakeClock) -> None:
    registration = Registration(supervisor_of(), Unchecked).fail(OSError("down"))
    registration.start()
    await clock.advance(100)
    assert not registration.times


async def test_a_restart_that_is_cancelled_with_its_event_loop_is_not_followed_by_another(
    clock: FakeClock,
) -> None:
    registration = Registration(supervisor_of())
    registration.step = lambda: asyncio.sleep(3600)
    registration.fail(OSError("down"))
    await clock.advance(2)
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    await clock.advance(100)
    assert [told[0] for told in registration.told] == ["health", "scheduled", "restart"]


async def test_one_without_a_check_is_healthy_as_soon_as_it_is_back(clock: FakeClock) -> None:
    supervisor = supervisor_of()
    registration = Registration(supervisor, Unchecked).fail(OSError("down"))
    assert supervisor.health(registration) == Health.unhealthy("OSError: down")
    assert await supervisor.check(registration) == Health.unhealthy("OSError: down")
    await clock.advance(1)
    assert registration.states == ["UNHEALTHY", "HEALTHY"]
    assert supervisor.health(registration) == HEALTHY


# --- the end ----------------------------------------------------------------------------------------


async def test_forgetting_ends_everything_at_once(clock: FakeClock) -> None:
    """Trap 16: stop wins. Trap 26: nothing is left over."""
    supervisor = supervisor_of()
    waiting = Registration(supervisor, name="waiting").fail(OSError("down"))
    polled = Registration(supervisor, name="polled").start()
    checking = Registration(supervisor, name="checking").start()
    checked(checking).step = lambda: asyncio.sleep(3600)
    restarting = Registration(supervisor, name="restarting")
    restarting.step = lambda: asyncio.sleep(3600)
    restarting.fail(OSError("down"))
    await clock.advance(0.5)
    waiting.stop()
    await clock.advance(5)
    assert len(restarting.times) == 1
    for registration in (polled, checking, restarting):
        registration.stop()
        registration.stop()
    await clock.advance(1000)
    assert only_this_task()
    assert not waiting.times
    assert checked(polled).checks == 1
    assert not supervisor._watches
    assert not supervisor._running
    assert restarting.told[-1] == ("restart", "OSError: down")


async def test_a_restart_that_fails_as_it_is_forgotten_is_nothing(clock: FakeClock) -> None:
    """Trap 17: also if it was over before it could be cancelled."""
    supervisor = supervisor_of()
    registration = Registration(supervisor)

    async def step() -> None:
        asyncio.get_running_loop().call_soon(registration.stop)

    registration.step = step
    registration.faults = [OSError("down")]
    registration.fail(OSError("down"))
    await clock.advance(100)
    assert len(registration.times) == 1
    assert registration.told[-1][0] == "restart"


def test_a_supervisor_whose_event_loop_is_closed_can_forget() -> None:
    """Trap 24."""
    supervisor = supervisor_of(Supervision(check_interval=0.001, backoff=0.001))
    registrations: list[Registration] = []

    async def lost() -> None:
        for kind in (Checked, Unchecked):
            registration = Registration(supervisor, kind)
            registrations.append(registration)
        first, second = registrations
        checked(first).step = asyncio.Event().wait
        first.start()
        second.step = asyncio.Event().wait
        second.fail(OSError("down"))
        while not (checked(first).checks and second.times):
            await asyncio.sleep(0.001)

    loop = asyncio.new_event_loop()
    loop.run_until_complete(lost())
    stranded = asyncio.all_tasks(loop)
    loop.close()
    for registration in registrations:
        registration.stop()
    assert not supervisor._running
    assert not supervisor._watches
    for task in stranded:
        task._log_destroy_pending = False  # type: ignore[attr-defined]
    del stranded
    gc.collect()


async def test_a_supervised_that_is_dropped_with_its_supervisor_leaves_nothing(clock: FakeClock) -> None:
    registration = Registration(supervisor_of()).start()
    registration.stop()
    await clock.advance(100)
    assert checked(registration).checks == 0


# --- settings ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *((key, 0) for key in ("check_interval", "check_timeout", "backoff", "max_backoff", "window")),
        *((key, math.inf) for key in ("check_interval", "check_timeout", "backoff", "max_backoff", "window")),
        ("window", math.nan),
        ("failures", 0),
        ("successes", 0),
        ("successes", 1.5),
        ("budget", -1),
        ("jitter", -0.1),
        ("jitter", 1.1),
        ("jitter", math.nan),
        ("jitter", "0.1"),
    ],
)
def test_settings_that_make_no_sense_are_refused(key: str, value: Any) -> None:
    with pytest.raises(InvalidInputError, match=f"^{key}: expected .*, not {value!r}$"):
        Supervision(**{key: value})


async def test_waits_never_overflow(clock: FakeClock) -> None:
    supervision = Supervision(backoff=1e300, max_backoff=1, jitter=0, budget=100, window=1000)
    registration = Registration(supervisor_of(supervision))
    registration.faults = [OSError()] * 99
    registration.fail(OSError())
    await clock.advance(101)
    assert len(registration.times) == 100


# --- against any course of things -------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(
        st.sampled_from(["up", "slow", "down", "reload", "break", "fail", "wait", "wait", "wait"]), max_size=25
    ),
    budget=st.integers(0, 3),
    in_place=st.booleans(),
    chance=st.floats(0, 1),
)
def test_restarts_keep_within_the_budget_whatever_happens(
    steps: list[str], budget: int, in_place: bool, chance: float
) -> None:
    """Never more than `budget` in a window without a reload of the user's, and never one after giving up."""
    supervision = Supervision(check_interval=5, failures=2, successes=1, backoff=1, budget=budget, window=60)

    async def main() -> None:
        supervisor = supervisor_of(supervision, chance)
        with FakeClock() as clock:
            registration = Registration(supervisor).start()
            registration.heal = False
            registration.in_place = in_place
            since = 0
            for step in steps:
                if step == "wait":
                    await clock.advance(7)
                elif step in ("up", "slow", "down"):
                    checked(registration).answer = {"up": HEALTHY, "slow": DEGRADED, "down": UNHEALTHY}[step]
                elif step == "break":
                    registration.faults.append(OSError("down"))
                elif not (registration.status is S.FAILED and step == "fail"):
                    since = len(registration.times)
                    registration.told.append(("reload",))
                    registration.start() if step == "reload" else registration.fail(OSError("down"))
                times = registration.times[since:]
                for number, moment in enumerate(times):
                    assert sum(moment <= other < moment + 60 for other in times[number:]) <= budget
                given_up = False
                for told in registration.told:
                    given_up = told[0] == "give_up" or (given_up and told[0] != "reload")
                    assert not (given_up and told[0] in ("restart", "scheduled"))
                state = supervisor.health(registration).state
                assert registration.status is not S.FAILED or state is HealthState.UNHEALTHY
            registration.stop()
            await clock.advance(100)
            assert only_this_task()

    asyncio.run(main())
