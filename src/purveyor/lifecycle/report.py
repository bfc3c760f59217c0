"""`StatusReport`: a manager's providers as gauges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from purveyor.lifecycle.states import SERVING
from purveyor.metadata import HealthState, ProviderStatus
from purveyor.monitor.metrics import Family

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from purveyor.lifecycle.runner import ProviderRunner

__all__ = ["StatusReport"]


class StatusReport:
    """Reads gauges off the runners when someone scrapes.

    Args:
        runners: A manager's runners by provider name; the manager's own dictionary, not a copy.
    """

    def __init__(self, runners: Mapping[str, ProviderRunner]) -> None:
        self._runners = runners

    def families(self) -> Iterable[Family]:
        """Whether each provider is up, how it does, what it is, and how many operations it has inside."""
        info = Family("provider_info", "gauge", "What each provider is.")
        up = Family("provider_up", "gauge", "Whether the provider serves operations.")
        status = Family("provider_status", "gauge", "The provider's status: 1 for the one it is in.")
        health = Family("provider_health_status", "gauge", "The provider's health: 1 for the state it is in.")
        inside = Family("provider_in_flight_operations", "gauge", "Operations that hold a lease.")
        reloaded = Family(
            "provider_last_reload_success_timestamp_seconds", "gauge", "When the last reload succeeded."
        )
        for runner in list(self._runners.values()):
            metadata = runner.provider.metadata
            who = {"name": runner.name, "type": runner.type.value}
            kind = type(runner.provider)
            info.add(1, **who, version=metadata.version, driver=f"{kind.__module__}:{kind.__qualname__}")
            up.add(runner.status in SERVING, **who)
            for each in ProviderStatus:
                status.add(runner.status is each, **who, status=each.value)
            state = runner.health.state
            for possible in HealthState:
                health.add(state is possible, **who, status=possible.value)
            inside.add(runner.held, **who)
            if runner.reloaded is not None:
                reloaded.add(runner.reloaded, **who)
        return info, up, status, health, inside, reloaded
