"""What a legacy check answers, as health."""

from __future__ import annotations

from enum import Enum
from types import SimpleNamespace
from typing import Any

import pytest

from purveyor.metadata import Health, HealthState
from purveyor.migrate import adapt
from purveyor.migrate.checks import health_of
from purveyor.migrate.words import CHECKS

WELL, WORSE, ILL = HealthState.HEALTHY, HealthState.DEGRADED, HealthState.UNHEALTHY


class State(Enum):
    UP = "up"
    DOWN = "down"
    HALF = 2


@pytest.mark.parametrize(
    ("answer", "state", "message"),
    [
        (None, WELL, ""),
        (True, WELL, ""),
        (False, ILL, "its check says so"),
        (0, WELL, ""),
        (0.02, WELL, ""),
        ("OK", WELL, ""),
        (" pong ", WELL, ""),
        ("degraded", WORSE, "its check says so"),
        ("down", ILL, "its check says so"),
        ("idle", WORSE, "its check answers the status 'idle', which says neither well nor ill"),
        (State.UP, WELL, ""),
        (State.DOWN, ILL, "its check says so"),
        (State.HALF, WORSE, "its check answers a int, which says neither well nor ill"),
        ((False, "no route"), ILL, "no route"),
        ((True, None), WELL, ""),
        ({"status": "ok", "message": 3}, WELL, ""),
        ({"state": "Warning", "reason": "slow"}, WORSE, "slow"),
        ({"healthy": False, "error": "refused"}, ILL, "refused"),
        ({"latency": 3}, WORSE, "its check answers a dict, which says neither well nor ill"),
        (SimpleNamespace(status=State.DOWN, detail="full"), ILL, "full"),
        (SimpleNamespace(is_healthy=True), WELL, ""),
        (object(), WORSE, "its check answers a object, which says neither well nor ill"),
        (b"up", WORSE, "its check answers a bytes, which says neither well nor ill"),
    ],
)
def test_every_answer_is_some_health(answer: Any, state: HealthState, message: str) -> None:
    assert health_of(answer) == Health(state, message)


def test_health_is_health() -> None:
    health = Health.degraded("slow", seconds=3)
    assert health_of(health) is health


@pytest.mark.parametrize("name", CHECKS)
@pytest.mark.parametrize("is_async", [True, False])
async def test_it_is_found_under_well_known_names(name: str, is_async: bool) -> None:
    async def acheck(self: Any) -> str:
        return "down"

    def check(self: Any) -> str:
        return "down"

    provider = adapt(type("Thing", (), {name: acheck if is_async else check}))
    await provider.initialize()
    assert (await provider.check()).state is ILL
    await provider.cleanup()


async def test_it_may_be_told_and_needs_no_arguments() -> None:
    class Thing:
        def health(self, deep: bool) -> str:
            return "down"

        def ping(self) -> str:
            return "ok"

        async def look(self) -> str:
            return "degraded"

    for options, state in (({}, WELL), ({"check": "look"}, WORSE), ({"check": lambda _: False}, ILL)):
        provider = adapt(Thing(), **options)
        assert (await provider.check()).state is state


async def test_what_it_raises_goes_through() -> None:
    class Thing:
        def ping(self) -> None:
            raise ConnectionError("refused")

    with pytest.raises(ConnectionError):
        await adapt(Thing()).check()


async def test_what_has_no_check_is_not_asked() -> None:
    assert type(adapt(SimpleNamespace(), name="n")).check is adapt.__globals__["Adapted"].check
