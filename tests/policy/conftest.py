"""A governor with what it reports to, and a clock that the test moves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest

from purveyor.events import Event
from purveyor.metadata import ProviderType
from purveyor.monitor.metrics import MetricsManager
from purveyor.operations import OperationInfo
from purveyor.policy import Governor, Policy
from purveyor.testing import FakeClock


class World:
    """A governor of the provider ``notes``, and the events and counts that it has made."""

    def __init__(self, metrics: MetricsManager) -> None:
        self.metrics = metrics
        self.events: list[Event] = []
        self.governor = self.new_governor(Policy())

    def new_governor(self, policy: Policy) -> Governor:
        self.governor = Governor("notes", ProviderType.MEMORY, policy, self.events.append)
        return self.governor

    def govern(self, call: Callable[..., Any], **options: Any) -> Callable[..., Any]:
        """`call` as the operation of this name, under the governor's policy changed by these options."""
        info = options.pop("info", COROUTINE)
        if options:
            self.governor.policy = replace(self.governor.policy, **options)
        return self.governor.govern(replace(info, name=getattr(call, "__name__", "operation")), call)

    def count(self, metric: str, **labels: str) -> float:
        """What a counter says, summed over all series that have these labels."""
        for family in self.metrics.collect():
            if family.name == metric:
                return sum(v for key, v in family.values.items() if set(labels.items()) <= set(key))
        return 0

    def told(self) -> list[tuple[Any, ...]]:
        """The events so far, without their time, and none from here on."""
        told = [
            (
                type(e).__name__,
                *(getattr(e, n) for n in e.__slots__ if not (n == "operation" and hasattr(e, "old"))),
            )
            for e in self.events
        ]
        assert all(e.name == "notes" and e.at > 1_600_000_000 for e in self.events)
        self.events.clear()
        return told


COROUTINE = OperationInfo("operation", idempotent=True, kind="coroutine")
GENERATOR = replace(COROUTINE, kind="generator")
FUNCTION = replace(COROUTINE, kind="function")


@pytest.fixture
def world(metrics: MetricsManager) -> World:
    return World(metrics)


@pytest.fixture
async def clock() -> AsyncIterator[FakeClock]:
    with FakeClock(settle=0) as clock:  # no thread works in these tests, though the watchdog's may be there
        yield clock
