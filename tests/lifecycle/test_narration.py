"""Events in words."""

from __future__ import annotations

import inspect
import logging

import pytest

from purveyor import events
from purveyor.events import (
    Abandoned,
    BreakerChanged,
    ConfigRefused,
    ConfigReloaded,
    DrainTimedOut,
    Event,
    EventsLost,
    HealthChanged,
    LoopBlocked,
    OperationRefused,
    OperationRetried,
    OperationTimedOut,
    PolicyChanged,
    Reloaded,
    ReloadFailed,
    RestartScheduled,
    RestartsExhausted,
    StatusChanged,
)
from purveyor.lifecycle.narration import is_verbose, log, narrate
from purveyor.metadata import Health
from purveyor.metadata import ProviderStatus as S

DEBUG, INFO, WARNING, ERROR = logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR

TOLD = [
    (StatusChanged("db", 1.0, S.REGISTERED, S.STARTING, 1), DEBUG, "Provider db is starting"),
    (StatusChanged("db", 1.0, S.STARTING, S.READY, 1), INFO, "Provider db is ready"),
    (StatusChanged("db", 1.0, S.READY, S.DEGRADED, 1), WARNING, "Provider db is degraded"),
    (StatusChanged("db", 1.0, S.READY, S.RELOADING, 1), DEBUG, "Provider db is reloading"),
    (StatusChanged("db", 1.0, S.STARTING, S.FAILED, 1, "no route"), ERROR, "Provider db is failed: no route"),
    (StatusChanged("db", 1.0, S.STOPPING, S.STOPPED, 1), INFO, "Provider db is stopped"),
    (HealthChanged("db", 1.0, None, Health.healthy()), INFO, "Provider db is healthy"),
    (HealthChanged("db", 1.0, Health.healthy(), Health.degraded("slow")), WARNING, "Provider db is degraded: slow"),
    (HealthChanged("db", 1.0, Health.healthy(), Health.unhealthy("gone")), ERROR, "Provider db is unhealthy: gone"),
    (Reloaded("db", 1.0, 2, "swap", 0.25), INFO, "Provider db was reloaded (swap) in 250 ms; generation 2 is live"),
    (
        ReloadFailed("db", 1.0, "no route", True),
        ERROR,
        "The reload of provider db failed, and it goes on as it was: no route",
    ),
    (ReloadFailed("db", 1.0, "no route", False), ERROR, "The reload of provider db failed, and it is down: no route"),
    (PolicyChanged("db", 1.0), INFO, "Provider db has another policy"),
    (DrainTimedOut("db", 1.0, 3, 30.0), WARNING, "Provider db goes on with 3 operations unfinished after 30 s"),
    (
        Abandoned("db", 1.0, "stop", 30.0),
        ERROR,
        "Provider db was abandoned: its stop had 30 s, and did not end when it was cancelled",
    ),
    (
        RestartScheduled("db", 1.0, 2, 1.5, "gone"),
        WARNING,
        "Provider db will be restarted in 1.5 s, attempt 2: gone",
    ),
    (
        RestartScheduled("db", 1.0, 1, 0.05, "gone"),
        WARNING,
        "Provider db will be restarted in 50 ms, attempt 1: gone",
    ),
    (RestartScheduled("db", 1.0, 1, 0.9996, ""), WARNING, "Provider db will be restarted in 1 s, attempt 1"),
    (
        RestartsExhausted("db", 1.0, 5, 600.0, "gone"),
        ERROR,
        "Provider db was given up after 5 restarts in 600 s; `purveyor reload db` (or reload_provider) tries it again: gone",
    ),
    (
        LoopBlocked("db", 1.0, 3.25, "initialize (db.py:7)"),
        INFO,
        "The event loop goes on after 3.2 s; it was blocked by provider db in initialize (db.py:7)",
    ),
    (
        LoopBlocked("", 1.0, 3.25, "task Task-3 in work (job.py:7)"),
        INFO,
        "The event loop goes on after 3.2 s; it was blocked by task Task-3 in work (job.py:7)",
    ),
    (
        OperationRetried("db", 1.0, "get", 1, 0.05, "reset"),
        INFO,
        "db.get: attempt 1 failed, and is followed by another in 50 ms: reset",
    ),
    (OperationTimedOut("db", 1.0, "get", 30.0), WARNING, "db.get: it was not over after 30 s"),
    (OperationRefused("db", 1.0, "get", "breaker"), DEBUG, "db.get: it was refused by an open circuit breaker"),
    (
        OperationRefused("db", 1.0, "get", "concurrency"),
        DEBUG,
        "db.get: it was refused by the limit of concurrent operations",
    ),
    (BreakerChanged("db", 1.0, "closed", "open", "put"), WARNING, "The circuit breaker of provider db went from closed to open"),
    (
        BreakerChanged("db", 1.0, "half_open", "closed", "put"),
        INFO,
        "The circuit breaker of provider db went from half_open to closed",
    ),
    (
        ConfigReloaded("", 1.0, ("a",), ("b", "c"), (), ("d",), {}),
        INFO,
        "The configuration was reloaded: added: a; changed: b, c",
    ),
    (
        ConfigReloaded("", 1.0, (), (), ("a",), (), {"b": "no route"}),
        ERROR,
        "The configuration was reloaded: removed: a; failed: b (no route)",
    ),
    (
        ConfigReloaded("", 1.0, (), (), (), ("d",), {}),
        INFO,
        "The configuration was reloaded: nothing has changed",
    ),
    (
        ConfigRefused("", 1.0, "purveyor.toml:3: no such driver"),
        ERROR,
        "The configuration was refused, and nothing was changed: purveyor.toml:3: no such driver",
    ),
    (EventsLost("", 1.0, 7), WARNING, "7 events were lost, since they were not read fast enough"),
    (Event("db", 1.0), INFO, "Event: Provider db"),
    (Event("", 1.0), INFO, "Event"),
]  # fmt: skip

EVENTS = [event for event, _, _ in TOLD]


def test_every_kind_of_event_is_told() -> None:
    kinds = {kind for kind in vars(events).values() if inspect.isclass(kind) and issubclass(kind, Event)}
    assert kinds == {type(event) for event in EVENTS}


@pytest.mark.parametrize(("event", "level", "text"), TOLD, ids=repr)
def test_the_level_and_the_words(event: Event, level: int, text: str) -> None:
    told = narrate(event)
    assert (told.level, told.text) == (level, text)


@pytest.mark.parametrize("event", EVENTS, ids=repr)
def test_no_key_is_one_of_a_log_record_s_own(event: Event, caplog: pytest.LogCaptureFixture) -> None:
    """Trap 27: such a key raises KeyError, and only when the level is enabled: so it is enabled here."""
    caplog.set_level(DEBUG)
    log(event)
    told = narrate(event)
    (record,) = caplog.records
    assert (record.levelno, record.getMessage()) == (told.level, told.text)
    assert all(key.startswith("provider_") for key in told.extra)
    assert {key: vars(record)[key] for key in told.extra} == told.extra


def test_what_goes_with_it_is_plain_and_named_as_the_event_names_it() -> None:
    assert narrate(StatusChanged("db", 1.0, S.STARTING, S.FAILED, 3, "no route")).extra == {
        "provider_event": "StatusChanged",
        "provider_name": "db",
        "provider_at": 1.0,
        "provider_old": "starting",
        "provider_new": "failed",
        "provider_generation": 3,
        "provider_error": "no route",
    }
    assert narrate(HealthChanged("db", 1.0, None, Health.healthy())).extra == {
        "provider_event": "HealthChanged",
        "provider_name": "db",
        "provider_at": 1.0,
        "provider_old": None,
        "provider_new": "healthy",
    }
    assert "provider_name" not in narrate(EventsLost("", 1.0, 7)).extra


def test_a_percent_sign_in_a_text_is_one(caplog: pytest.LogCaptureFixture) -> None:
    log(ConfigRefused("", 1.0, "100 %s sure"))
    assert caplog.messages == ["The configuration was refused, and nothing was changed: 100 %s sure"]


def test_what_is_below_the_level_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(WARNING)
    for event in EVENTS:
        log(event)
    assert [record.levelno for record in caplog.records] == [level for _, level, _ in TOLD if level >= WARNING]


def test_whether_each_change_of_a_status_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(WARNING)
    assert not is_verbose()
    caplog.set_level(INFO)
    assert is_verbose()
