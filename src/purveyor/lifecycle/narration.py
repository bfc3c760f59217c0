"""Events in words, for the log.

The keys of what accompanies a record all begin with ``provider_``: `logging` refuses those that a record has
itself, such as ``name``, and only when the level is enabled.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from purveyor import events as e
from purveyor.metadata import Health, HealthState, ProviderStatus

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Narration", "is_verbose", "log", "narrate"]

_logger = logging.getLogger(__name__)


class Narration(NamedTuple):
    """What a log says of an event.

    Args:
        level: How much it matters, as in `logging`.
        text: What happened, in one sentence without a full stop.
        extra: The event's data, for logs that are read by machines; plain values under prefixed keys.
    """

    level: int
    text: str
    extra: dict[str, Any]


def narrate(event: e.Event) -> Narration:
    """Put an event into words."""
    return Narration(_level(event), _text(event), _extra(event))


def log(event: e.Event, redacted: Callable[[str], str] = str) -> None:
    """Log an event without secrets, which `redacted` knows; costs little while its level is not logged."""
    if _logger.isEnabledFor(level := _level(event)):
        extra = {key: _redacted(value, redacted) for key, value in _extra(event).items()}
        _logger.log(level, "%s", redacted(_text(event)), extra=extra)


def is_verbose() -> bool:
    """Whether the log takes each change of a status."""
    return _logger.isEnabledFor(logging.INFO)


def _level(event: e.Event) -> int:
    match event:
        case e.StatusChanged(new=status):
            return _OF_STATUS.get(status, logging.DEBUG)
        case e.HealthChanged(new=health):
            return _OF_HEALTH[health.state]
        case e.BreakerChanged(new=state):
            return logging.WARNING if state == "open" else logging.INFO
        case e.ConfigReloaded(failed=failed):
            return logging.ERROR if failed else logging.INFO
        case _:
            return _OF_KIND.get(type(event), logging.INFO)


_OF_STATUS = {
    ProviderStatus.READY: logging.INFO,
    ProviderStatus.STOPPED: logging.INFO,
    ProviderStatus.DEGRADED: logging.WARNING,
    ProviderStatus.FAILED: logging.ERROR,
}

_OF_HEALTH = {
    HealthState.HEALTHY: logging.INFO,
    HealthState.DEGRADED: logging.WARNING,
    HealthState.UNHEALTHY: logging.ERROR,
}

_OF_KIND: dict[type[e.Event], int] = {
    e.Abandoned: logging.ERROR,
    e.ConfigRefused: logging.ERROR,
    e.DrainTimedOut: logging.WARNING,
    e.EventsLost: logging.WARNING,
    e.OperationRefused: logging.DEBUG,  # one for each caller, just when there are too many
    e.OperationTimedOut: logging.WARNING,
    e.ReloadFailed: logging.ERROR,
    e.RestartScheduled: logging.WARNING,
    e.RestartsExhausted: logging.ERROR,
}


def _text(event: e.Event) -> str:  # noqa: PLR0911, PLR0912 - one case a kind
    who = f"Provider {event.name}"
    match event:
        case e.StatusChanged(new=new, error=error):
            return f"{who} is {new.value}{_because(error)}"
        case e.HealthChanged(new=new):
            return f"{who} is {new.state.value}{_because(new.message)}"
        case e.Reloaded(generation=generation, strategy=strategy, seconds=seconds):
            return f"{who} was reloaded ({strategy}) in {_time(seconds)}; generation {generation} is live"
        case e.ReloadFailed(error=error, kept=kept):
            left = "goes on as it was" if kept else "is down"
            return f"The reload of provider {event.name} failed, and it {left}{_because(error)}"
        case e.PolicyChanged():
            return f"{who} has another policy"
        case e.DrainTimedOut(operations=operations, seconds=seconds):
            return f"{who} goes on with {operations} operations unfinished after {_time(seconds)}"
        case e.Abandoned(step=step, seconds=seconds):
            return f"{who} was abandoned: its {step} had {_time(seconds)}, and did not end when it was cancelled"
        case e.RestartScheduled(attempt=attempt, delay=delay, reason=reason):
            return f"{who} will be restarted in {_time(delay)}, attempt {attempt}{_because(reason)}"
        case e.RestartsExhausted(attempts=attempts, window=window, reason=reason):
            advice = f"`purveyor reload {event.name}` (or reload_provider) tries it again"
            return f"{who} was given up after {attempts} restarts in {_time(window)}; {advice}{_because(reason)}"
        case e.LoopBlocked(seconds=seconds, where=where):
            by = f"provider {event.name} in {where}" if event.name else where
            return f"The event loop goes on after {_time(seconds)}; it was blocked by {by}"
        case e.OperationRetried(operation=operation, attempt=attempt, delay=delay, error=error):
            again = f"attempt {attempt} failed, and is followed by another in {_time(delay)}"
            return f"{event.name}.{operation}: {again}{_because(error)}"
        case e.OperationTimedOut(operation=operation, seconds=seconds):
            return f"{event.name}.{operation}: it was not over after {_time(seconds)}"
        case e.OperationRefused(operation=operation, reason=reason):
            return f"{event.name}.{operation}: it was refused by {_REFUSALS[reason]}"
        case e.BreakerChanged(old=old, new=new):
            return f"The circuit breaker of provider {event.name} went from {old} to {new}"
        case e.ConfigReloaded():
            return _reloaded(event)
        case e.ConfigRefused(error=error):
            return f"The configuration was refused, and nothing was changed{_because(error)}"
        case e.EventsLost(count=count):
            return f"{count} events were lost, since they were not read fast enough"
        case _:  # a kind of somebody's own
            return f"{type(event).__name__}: {who}" if event.name else type(event).__name__


_REFUSALS = {"breaker": "an open circuit breaker", "concurrency": "the limit of concurrent operations"}


def _time(seconds: float) -> str:
    milliseconds = round(seconds * 1000)
    return f"{milliseconds} ms" if milliseconds < 1000 else f"{seconds:.1f}".removesuffix(".0") + " s"


def _because(reason: str | None) -> str:
    return f": {reason}" if reason else ""


def _reloaded(event: e.ConfigReloaded) -> str:
    changes = {
        "added": event.added,
        "changed": event.changed,
        "removed": event.removed,
        "failed": [f"{name} ({error})" for name, error in event.failed.items()],
    }
    told = "; ".join(f"{verb}: {', '.join(names)}" for verb, names in changes.items() if names)
    return f"The configuration was reloaded{_because(told or 'nothing has changed')}"


def _extra(event: e.Event) -> dict[str, Any]:
    values = {field: getattr(event, field) for field in event.__match_args__}
    if not event.name:
        del values["name"]
    return {"provider_event": type(event).__name__} | {f"provider_{k}": _plain(v) for k, v in values.items()}


def _plain(value: object) -> object:
    if isinstance(value, Health):
        return value.state.value
    return value.value if isinstance(value, Enum) else value


def _redacted(value: object, redacted: Callable[[str], str]) -> object:
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, Mapping):  # errors by name
        errors = cast("Mapping[str, str]", value)
        return {name: redacted(error) for name, error in errors.items()}
    return value
