"""Events as data."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from typing import Any

import pytest

from purveyor import events
from purveyor.events import Event, HealthChanged, StatusChanged
from purveyor.metadata import Health, ProviderStatus

KINDS = [kind for name in events.__all__ if isinstance(kind := getattr(events, name), type)]


def test_every_kind_is_exported() -> None:
    defined = {
        value for value in vars(events).values() if isinstance(value, type) and value.__module__ == events.__name__
    }
    assert defined == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_a_small_event_that_begins_with_a_name_and_a_time(kind: type[Event]) -> None:
    assert issubclass(kind, Event)
    assert [field.name for field in dataclasses.fields(kind)][:2] == ["name", "at"]
    values: dict[str, Any] = {field.name: 0 for field in dataclasses.fields(kind)}
    assert not hasattr(kind(**values), "__dict__")


def test_events_are_matched_compared_and_shown_by_what_they_say() -> None:
    event = StatusChanged("db", 5.0, ProviderStatus.STARTING, ProviderStatus.READY, 1)
    match event:
        case StatusChanged("db", _, old, new, 1, error=None):
            assert (old, new) == (ProviderStatus.STARTING, ProviderStatus.READY)
        case _:
            pytest.fail("not matched")
    assert event == StatusChanged("db", 5.0, ProviderStatus.STARTING, ProviderStatus.READY, 1)
    assert event != StatusChanged("db", 5.0, ProviderStatus.STARTING, ProviderStatus.READY, 2)
    assert HealthChanged("db", 5.0, None, Health.healthy()) != HealthChanged(
        "db", 5.0, None, Health.degraded("slow")
    )
    assert "READY" in repr(event)


def test_events_know_nothing_of_the_floors_above() -> None:
    program = "import sys, purveyor.events; print([m for m in sys.modules if m.startswith('purveyor')])"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert "lifecycle" not in loaded
