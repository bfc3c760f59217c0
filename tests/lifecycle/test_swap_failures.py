"""A reload that fails: what served goes on serving, and it is said what went wrong."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any
from unittest.mock import AsyncMock

import pytest

from purveyor.errors import (
    InvalidInputError,
    InvalidMetadataError,
    OperationTimeoutError,
    ProviderExistsError,
    ProviderTimeoutError,
    ProviderTypeError,
    ProviderUnhealthyError,
    UnsupportedError,
)
from purveyor.events import Abandoned, PolicyChanged, Reloaded, ReloadFailed
from purveyor.lifecycle.owner import GRACE
from purveyor.manager import ProviderManager
from purveyor.metadata import Health, ProviderStatus
from purveyor.monitor.metrics import MetricsManager
from purveyor.operations import operation, record_of
from purveyor.policy import Policy
from purveyor.provider import Provider
from purveyor.testing import Fail, FakeClock, FaultyProvider, RefuseCancellation
from tests.lifecycle.lines import Journal, Member, turns
from tests.providers import Scripted, nothing, raising, waiting


def failed_reloads(metrics: MetricsManager) -> float:
    """How many reloads of ``one`` were counted as failures."""
    (family,) = [family for family in metrics.collect() if family.name == "provider_reloads"]
    return sum(
        value
        for labels, value in family.values.items()
        if ("result", "failure") in labels and ("name", "one") in labels
    )


# --- The next generation cannot be ------------------------------------------------------------------


@pytest.mark.parametrize("step", ["validate", "initialize", "check"])
async def test_a_generation_that_fails_never_serves(
    manager: ProviderManager, metrics: MetricsManager, step: str
) -> None:
    """Trap 13: build the new one beside the old one, check it, and keep the old one if it fails."""
    journal = Journal(manager)
    first = Member()
    await manager.register(first)
    go = asyncio.Event()

    async def fail() -> None:
        await go.wait()
        raise OSError("disk full")

    first.steps[step] = fail
    reload = asyncio.create_task(manager.reload_provider("one", config={"n": 2}))
    running = asyncio.create_task(first.which_twice(go))
    await turns()
    assert await first.which() == 1
    first.steps["check"] = nothing if step != "check" else fail
    go.set()
    with pytest.raises(ProviderUnhealthyError if step == "check" else OSError, match="disk full"):
        await reload
    assert await running == (1, 1)
    assert await first.which() == first.which_plain() == 1
    assert manager.get("one") is first.current is first
    assert manager.status("one") is ProviderStatus.READY
    assert "disk full" in str(manager.last_reload_error("one"))
    await turns()
    (event,) = journal.of(ReloadFailed)
    assert (event.error, event.kept) == (manager.last_reload_error("one"), True)
    assert failed_reloads(metrics) == 1
    assert first.calls == ["validate", "initialize"]  # untouched
    assert (
        first.line.members[1].calls
        == {
            "validate": ["validate"],
            "initialize": ["validate", "initialize", "cleanup"],
            "check": ["validate", "initialize", "cleanup"],
        }[step]
    )
    assert first.line.open == [1]
    first.steps.clear()
    await manager.reload_provider("one")
    assert manager.last_reload_error("one") is None
    assert await first.which() == 3
    assert manager.get("one", Member).config == {}  # that of the failed one is forgotten


async def test_a_generation_that_says_it_is_unhealthy_never_serves(manager: ProviderManager) -> None:
    first = Member()
    await manager.register(first)
    first.line.health = Health.unhealthy("no disk")
    with pytest.raises(ProviderUnhealthyError, match="provider one is not healthy: no disk"):
        await manager.reload_provider("one")
    assert await first.which() == 1
    first.line.health = Health.degraded("slow disk")
    await manager.reload_provider("one")
    assert await first.which() == 3
    assert first.line.open == [3]


async def test_a_generation_that_is_not_ready_in_time_never_serves(manager: ProviderManager) -> None:
    with FakeClock() as clock:
        first = Member()
        await manager.register(first, policy=Policy(start_timeout=3))
        first.steps["initialize"] = waiting(asyncio.Event())
        reload = asyncio.create_task(manager.reload_provider("one"))
        await clock.advance(3)
        with pytest.raises(ProviderTimeoutError, match="start of provider one was not over after 3 s"):
            await reload
        assert await first.which() == 1
        assert first.line.open == [1]


async def test_a_generation_that_ignores_its_cancellation_is_abandoned(manager: ProviderManager) -> None:
    """Trap 10: and what it ends as is thrown away."""
    with FakeClock() as clock:
        journal = Journal(manager)
        first = FaultyProvider("one")
        await manager.register(first, policy=Policy(start_timeout=3, reload="swap"))
        first.script("initialize", RefuseCancellation())
        reload = asyncio.create_task(manager.reload_provider("one"))
        await clock.advance(3 + GRACE)
        with pytest.raises(ProviderTimeoutError, match="ignored its cancellation and was abandoned"):
            await reload
        await turns()
        (event,) = journal.of(Abandoned)
        assert (event.name, event.step) == ("one", "start")
        assert await first.read("still") == "still"
        assert manager.get("one") is first
        first.release()
        await turns()


@pytest.mark.parametrize("problem", ["raises", "other name", "in use", "no provider"])
async def test_a_next_generation_that_cannot_be_built_or_taken(manager: ProviderManager, problem: str) -> None:
    used = Member("two")
    wrong: dict[str, tuple[Any, type[Exception]]] = {
        "raises": (None, ZeroDivisionError),
        "other name": (Member("three"), InvalidMetadataError),
        "in use": (used, ProviderExistsError),
        "no provider": (object(), ProviderTypeError),
    }
    fresh, error = wrong[problem]

    class Odd(Member):
        def next_generation(self, config: Any) -> Any:
            return fresh or 1 // 0

    first = Odd()
    await manager.register(first)
    await manager.register(used)
    with pytest.raises(error):
        await manager.reload_provider("one")
    assert await first.which() == 1
    assert await used.which() == 1
    assert manager.status("one") is ProviderStatus.READY
    assert str(manager.last_reload_error("one")).startswith(error.__name__)


@pytest.mark.parametrize(
    ("replacement", "error"),
    [
        (lambda used: used, ProviderExistsError),
        (lambda _: Member("three"), InvalidMetadataError),
        (lambda _: "one", ProviderTypeError),
    ],
)
async def test_a_replacement_that_cannot_be_taken(
    manager: ProviderManager, replacement: Any, error: type[Exception]
) -> None:
    first, used = Member(), Member("two")
    await manager.register(first)
    await manager.register(used)
    for strategy in ("swap", "in_place"):
        with pytest.raises(error):
            await manager.reload_provider("one", replacement=replacement(used), policy=Policy(reload=strategy))
        assert await first.which() == await used.which() == 1
        assert manager.graph().nodes["one"].cls is Member


# --- The generation before ----------------------------------------------------------------------------


async def test_what_the_cleanup_of_the_generation_before_raises_is_logged(
    manager: ProviderManager, caplog: pytest.LogCaptureFixture
) -> None:
    first = Member()
    await manager.register(first)
    first.steps["cleanup"] = raising(OSError("cannot flush"))
    await manager.reload_provider("one")
    assert await first.which() == 2
    assert manager.last_reload_error("one") is None
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.exc_info is not None
    assert "cannot flush" in str(record.exc_info[1])
    first.steps.clear()


async def test_a_generation_that_cannot_be_cleaned_up_is_abandoned(manager: ProviderManager) -> None:
    with FakeClock() as clock:
        journal = Journal(manager)
        first = FaultyProvider("one", cleanup=RefuseCancellation(times=1))
        await manager.register(first, policy=Policy(stop_timeout=2, reload="swap"))
        reload = asyncio.create_task(manager.reload_provider("one"))
        await clock.advance(1)
        assert await first.read(1) == 1  # the new one serves
        await clock.advance(1 + GRACE)
        await reload
        (event,) = journal.of(Abandoned)
        assert (event.name, event.step, event.seconds) == ("one", "stop", 2)
        first.release()
        await turns()
        assert first.open == 1


# --- In place -----------------------------------------------------------------------------------------


class Choosy(Scripted):
    """Starts only with a config that is not bad."""

    async def initialize(self) -> None:
        await super().initialize()
        self.calls[-1] += f" {self.config.get('n', 0)}"
        if self.config.get("bad"):
            raise ValueError("bad config")


async def test_in_place_a_config_that_fails_is_taken_back(
    manager: ProviderManager, metrics: MetricsManager
) -> None:
    """Trap 13: what only one may hold is stopped first, and rolled back to the old config."""
    journal = Journal(manager)
    provider = Choosy()
    await manager.register(provider)
    outcomes = await asyncio.gather(
        manager.reload_provider("one", config={"bad": True, "n": 1}),
        provider.echo("meanwhile"),
        return_exceptions=True,
    )
    assert isinstance(outcomes[0], ValueError)
    assert outcomes[1] == "meanwhile"
    assert provider.calls == ["validate", "initialize 0", "cleanup", "initialize 1", "cleanup", "initialize 0"]
    assert provider.config == {}
    assert manager.status("one") is ProviderStatus.READY
    assert manager.last_reload_error("one") == "ValueError: bad config"
    await turns()
    (event,) = journal.of(ReloadFailed)
    assert event.kept
    assert failed_reloads(metrics) == 1
    await manager.reload_provider("one", config={"n": 2})
    assert provider.config == {"n": 2}
    assert manager.last_reload_error("one") is None


async def test_in_place_if_the_old_config_fails_as_well_it_is_down(manager: ProviderManager) -> None:
    journal = Journal(manager)
    provider = Scripted()
    await manager.register(provider)
    provider.steps["initialize"] = raising(OSError("down"))
    with pytest.raises(OSError, match="down") as raised:
        await manager.reload_provider("one", config={"n": 1})
    assert any("with its old config it failed as well" in note for note in raised.value.__notes__)
    assert manager.status("one") is ProviderStatus.FAILED
    assert provider.config == {}
    assert provider.resources == 0
    await turns()
    (event,) = journal.of(ReloadFailed)
    assert not event.kept


async def test_in_place_if_neither_the_replacement_nor_what_was_there_starts_it_is_down(
    manager: ProviderManager,
) -> None:
    first, second = Scripted(), Scripted(initialize=raising(OSError("new one")))
    await manager.register(first)
    first.steps["initialize"] = raising(OSError("old one"))
    with pytest.raises(OSError, match="new one") as raised:
        await manager.reload_provider("one", replacement=second)
    assert "what ran before could not be started again: OSError('old one')" in raised.value.__notes__
    assert manager.status("one") is ProviderStatus.FAILED
    assert first.resources == second.resources == 0
    first.steps.clear()
    await manager.reload_provider("one")
    assert await first.echo(1) == 1
    assert not second._gate.in_use


# --- Policy ---------------------------------------------------------------------------------------------


async def test_a_policy_alone_takes_effect_at_once_and_reloads_nothing(manager: ProviderManager) -> None:
    journal = Journal(manager)
    with FakeClock() as clock:
        first = Member()
        await manager.register(first)
        never = asyncio.Event()
        before = asyncio.create_task(first.hold(never))
        await turns()
        await manager.reload_provider("one", policy=Policy(timeout=2))
        after = asyncio.create_task(first.hold(never))
        await clock.advance(3)
        with pytest.raises(OperationTimeoutError):
            await after
        assert not before.done()  # it ends under the one it began with
        await manager.reload_provider("one", policy=None)
        again = asyncio.create_task(first.hold(never))
        await clock.advance(3)
        never.set()
        assert [await before, await again] == ["held", "held"]
    assert len(first.line.members) == 1
    assert first.calls == ["validate", "initialize"]
    await turns()
    assert journal.of(Reloaded) == []


async def test_a_policy_that_comes_with_a_config_goes_with_it(manager: ProviderManager) -> None:
    with FakeClock() as clock:
        first = Member()
        await manager.register(first, policy=Policy(timeout=9))
        first.steps["initialize"] = raising(OSError("down"))
        with pytest.raises(OSError, match="down"):
            await manager.reload_provider("one", config={"n": 2}, policy=Policy(timeout=1))
        call = asyncio.create_task(first.hold(asyncio.Event()))
        await clock.advance(8.5)
        assert not call.done()
        await clock.advance(1)
        with pytest.raises(OperationTimeoutError):
            await call
        first.steps.clear()
        await manager.reload_provider("one", config={"n": 2}, policy=Policy(timeout=1))
        call = asyncio.create_task(first.hold(asyncio.Event()))  # through an old reference
        await clock.advance(1.5)
        with pytest.raises(OperationTimeoutError):
            await call


@pytest.mark.parametrize("strategy", ["swap", "in_place"])
async def test_each_reload_is_counted_once_also_where_the_class_has_its_own(
    manager: ProviderManager, metrics: MetricsManager, strategy: Any
) -> None:
    provider = FaultyProvider("db")
    await manager.register(provider, policy=Policy(reload=strategy))
    await manager.reload_provider("db")
    provider.script("initialize", Fail(OSError("down"), times=1))
    with pytest.raises(OSError, match="down"):
        await manager.reload_provider("db")
    record = record_of(provider, "reload")
    assert (record.successes, record.failures) == (1, 1)


async def test_a_policy_that_changes_alone_is_told(manager: ProviderManager) -> None:
    journal = Journal(manager)
    await manager.register(FaultyProvider("db"))
    for policy in (Policy(timeout=1), Policy(timeout=1), None):  # the second one changes nothing
        await manager.reload_provider("db", policy=policy)
    await turns()
    assert [event.name for event in journal.of(PolicyChanged)] == ["db", "db"]
    await manager.reload_provider("db", policy=Policy(timeout=2), config={})
    await turns()
    assert len(journal.of(PolicyChanged)) == 2  # that is told by Reloaded
    assert len(journal.of(Reloaded)) == 1


async def test_the_messages_of_failed_cleanups_say_why(
    manager: ProviderManager, caplog: pytest.LogCaptureFixture
) -> None:
    bad = FaultyProvider("bad", initialize=Fail(OSError("down")), cleanup=Fail(OSError("stuck"), times=2))
    with pytest.raises(OSError, match="down"):
        await manager.register(bad)
    assert "Cleanup after a failed start of provider bad failed: OSError: stuck" in caplog.messages
    bad.script("initialize")
    await manager.register(bad, policy=Policy(reload="swap"))
    await manager.reload_provider("bad")
    assert "Cleanup of the generation before of provider bad failed: OSError: stuck" in caplog.messages


class Other(Provider[Any]):
    """Has what a `Scripted` offers, as something else."""

    async def initialize(self) -> None: ...
    async def cleanup(self) -> None: ...

    def echo(self, value: Any) -> Any:
        return value

    count_to = None

    async def fail(self, error: BaseException) -> str:
        return f"{error} is none here"

    @operation
    async def plain(self, value: Any) -> Any:
        return value

    async def hold(self, until: asyncio.Event) -> AsyncIterator[str]:
        yield "held"

    nested = AsyncMock(return_value="by an object")


async def test_an_old_reference_calls_what_is_of_the_same_kind(manager: ProviderManager) -> None:
    old = Scripted("one")
    await manager.register(old)
    await manager.reload_provider("one", replacement=Other(old.metadata, None))
    assert str(await old.fail(OSError("no"))) == "no is none here"  # type: ignore[func-returns-value]
    assert await old.nested(asyncio.Event()) == "by an object"
    for call in (lambda: old.echo(1), lambda: old.hold(asyncio.Event()), lambda: anext(old.count_to(1))):
        with pytest.raises(UnsupportedError, match="one does not support the operation"):
            await call()
    with pytest.raises(UnsupportedError, match="the operation plain, as a function"):
        old.plain(1)


async def test_a_replacement_comes_with_its_own_config(manager: ProviderManager) -> None:
    await manager.register(first := Scripted("one"))
    with pytest.raises(InvalidInputError, match="a replacement comes with its own"):
        await manager.reload_provider("one", config={}, replacement=Scripted("one"))
    assert manager.get("one") is first
