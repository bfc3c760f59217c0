"""What happens to providers, as data: one class a kind of event.

Whoever makes something happen publishes one of these; logs, metrics, the command line and pages read them.
They come one after another in one stream (`purveyor.lifecycle.stream`), so that a reader can tell the order.
An event holds texts, never exceptions: an exception would keep its frames, and what stands in them, alive.

They are not frozen, since building a frozen one costs several times as much; nobody may change one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from purveyor.metadata import Health, ProviderStatus

__all__ = [
    "Abandoned",
    "BreakerChanged",
    "BreakerState",
    "ConfigRefused",
    "ConfigReloaded",
    "DrainTimedOut",
    "Event",
    "EventsLost",
    "HealthChanged",
    "LoopBlocked",
    "OperationRefused",
    "OperationRetried",
    "OperationTimedOut",
    "PolicyChanged",
    "ReloadFailed",
    "Reloaded",
    "RestartScheduled",
    "RestartsExhausted",
    "StatusChanged",
]

BreakerState: TypeAlias = Literal["closed", "open", "half_open"]


@dataclass(slots=True)
class Event:
    """Something that happened; the base of all events.

    Args:
        name: The provider it happened to; empty where it concerns no single one.
        at: When, in seconds since the epoch: for people and pages. Durations have fields of their own.
    """

    name: str
    at: float


# --- A provider's life ------------------------------------------------------------------------------


@dataclass(slots=True)
class StatusChanged(Event):
    """A provider moved from one status to another.

    Args:
        old: The status it left; None for a late subscriber, who is told the present one.
        new: The status it is in.
        generation: Which incarnation of the provider it is about, counted from 1.
        error: Why, where it is the doing of a failure, or of its health.
    """

    old: ProviderStatus | None
    new: ProviderStatus
    generation: int
    error: str | None = None


@dataclass(slots=True)
class HealthChanged(Event):
    """A provider's health changed its state, after as many checks as hysteresis asks for.

    Args:
        old: The health before; None if it was not known, and for a late subscriber.
        new: The health now.
    """

    old: Health | None
    new: Health


@dataclass(slots=True)
class Reloaded(Event):
    """A provider was reloaded.

    Args:
        generation: The incarnation that is live now.
        strategy: How: ``"swap"`` or ``"in_place"``.
        seconds: How long it took until the new generation was live.
    """

    generation: int
    strategy: Literal["swap", "in_place"]
    seconds: float


@dataclass(slots=True)
class ReloadFailed(Event):
    """A reload failed.

    Args:
        error: Why.
        kept: Whether the old generation serves on.
    """

    error: str
    kept: bool


@dataclass(slots=True)
class PolicyChanged(Event):
    """A provider has another policy, without a reload; `Reloaded` tells of one that came with other changes."""


@dataclass(slots=True)
class DrainTimedOut(Event):
    """A reload or a stop waited for operations no longer, and goes on while they run.

    Args:
        operations: How many still ran.
        seconds: How long they had.
    """

    operations: int
    seconds: float


@dataclass(slots=True)
class Abandoned(Event):
    """A step of a provider's lifecycle went on when it was cancelled, and was left behind.

    Args:
        step: What it did: ``"start"``, also that of a reload, ``"stop"``, ``"check"`` or ``"on_need_reloaded"``.
        seconds: How long it had.
    """

    step: str
    seconds: float


@dataclass(slots=True)
class RestartScheduled(Event):
    """Supervision will restart a provider.

    Args:
        attempt: Which one within the budget's window, counted from 1.
        delay: In how many seconds.
        reason: Why.
    """

    attempt: int
    delay: float
    reason: str


@dataclass(slots=True)
class RestartsExhausted(Event):
    """Supervision has given a provider up: the budget of restarts is spent.

    Args:
        attempts: How many restarts there were.
        window: In how many seconds.
        reason: What was wrong the last time.
    """

    attempts: int
    window: float
    reason: str


@dataclass(slots=True)
class LoopBlocked(Event):
    """The event loop answered nobody for a while, and answers again. The provider that held it up is named.

    Args:
        seconds: For how long.
        where: The step of the lifecycle, the file and the line.
    """

    seconds: float
    where: str


# --- Operations -------------------------------------------------------------------------------------


@dataclass(slots=True)
class OperationRetried(Event):
    """An operation failed and is tried again.

    Args:
        operation: Its name.
        attempt: Which attempt failed, counted from 1.
        delay: In how many seconds the next one follows.
        error: Why it failed.
    """

    operation: str
    attempt: int
    delay: float
    error: str


@dataclass(slots=True)
class OperationTimedOut(Event):
    """An operation was not over when its deadline passed.

    Args:
        operation: Its name.
        seconds: How long it had.
    """

    operation: str
    seconds: float


@dataclass(slots=True)
class OperationRefused(Event):
    """An operation was turned away before it began.

    Args:
        operation: Its name.
        reason: By what: an open circuit breaker, or a concurrency limit whose queue is full.
    """

    operation: str
    reason: Literal["breaker", "concurrency"]


@dataclass(slots=True)
class BreakerChanged(Event):
    """A circuit breaker changed its state.

    Args:
        old: The state before.
        new: The state now.
        operation: The operation whose call has changed it.
    """

    old: BreakerState
    new: BreakerState
    operation: str


# --- The configuration and the stream ---------------------------------------------------------------


@dataclass(slots=True)
class ConfigReloaded(Event):
    """A configuration was read again and taken up. What it says are names of providers.

    Args:
        added: Started, since the configuration has them now.
        changed: Running with a new configuration.
        removed: Stopped, since it does not have them any more.
        unchanged: Left alone.
        failed: What could not be started, changed or cleanly stopped, and why.
    """

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: tuple[str, ...]
    failed: Mapping[str, str]


@dataclass(slots=True)
class ConfigRefused(Event):
    """A configuration is not valid; nothing was changed.

    Args:
        error: What is wrong with it.
    """

    error: str


@dataclass(slots=True)
class EventsLost(Event):
    """This subscriber was too slow, and has missed events; it stands where they would have stood.

    Args:
        count: How many.
    """

    count: int
