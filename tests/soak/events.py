"""One subscriber that checks every event: statuses move as the table allows, and none is missing."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from purveyor.events import EventsLost, Reloaded, ReloadFailed, StatusChanged
from purveyor.lifecycle.states import TRANSITIONS
from purveyor.metadata import ProviderStatus

if TYPE_CHECKING:
    from purveyor.events import Event
    from purveyor.manager import ProviderManager
    from tests.soak.ledger import Ledger

__all__ = ["watch"]

#: After these a name may begin anew.
_LAST = {ProviderStatus.STOPPED, ProviderStatus.FAILED}


async def watch(manager: ProviderManager, ledger: Ledger) -> None:
    """Read the manager's events until cancelled."""
    known: dict[str, ProviderStatus] = {}
    async for event in manager.events():
        _count(event, ledger)
        ledger.note(event.name, _text(event))
        if isinstance(event, EventsLost):
            known.clear()
        elif isinstance(event, StatusChanged):
            _check(event, known.get(event.name), ledger)
            known[event.name] = event.new
            if event.new is ProviderStatus.READY and not ledger.ordered(event.name):
                ledger.expect_again(event.name)


def _check(event: StatusChanged, known: ProviderStatus | None, ledger: Ledger) -> None:
    if event.old is None:  # what a late subscriber is told
        return
    if event.new not in TRANSITIONS[event.old]:
        ledger.violation(
            f"{event.name} moved from {event.old} to {event.new}, which the table does not allow", event.name
        )
    if (
        known is not None
        and known is not event.old
        and not (known in _LAST and event.old is ProviderStatus.REGISTERED)
    ):
        ledger.violation(f"{event.name} left {event.old}, though it was {known}", event.name)


def _text(event: Event) -> str:
    if isinstance(event, StatusChanged) and event.old is not None:
        return f"generation {event.generation}: {event.old.value} -> {event.new.value}"
    rest = ", ".join(f"{each.name} {getattr(event, each.name)}" for each in fields(event)[2:])
    return f"{type(event).__name__}: {rest}"


def _count(event: Event, ledger: Ledger) -> None:
    ledger.counts[f"event: {type(event).__name__}"] += 1
    if isinstance(event, Reloaded):
        ledger.counts[f"reloads: {event.strategy}"] += 1
    elif isinstance(event, ReloadFailed):
        ledger.counts["reloads: failed, kept" if event.kept else "reloads: failed, down"] += 1
