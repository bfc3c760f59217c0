"""`Reporter`: tells metrics and the event stream what policies do."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING, Literal

from purveyor.errors.text import describe_error
from purveyor.events import BreakerChanged, OperationRefused, OperationRetried, OperationTimedOut
from purveyor.monitor.metrics import MetricsManager
from purveyor.policy.deadline import now

if TYPE_CHECKING:
    from collections.abc import Callable

    from purveyor.events import BreakerState, Event
    from purveyor.metadata import ProviderType

__all__ = ["REFUSALS_INTERVAL", "Reporter"]

#: Refusals come in storms, which would drive everything else out of the event stream: one event in so many seconds
#: tells of them, while the metric counts them all.
REFUSALS_INTERVAL = 1.0


class Reporter:
    """Reports on one operation of one provider.

    Args:
        name: The provider's name.
        type: Its family.
        operation: The operation's name.
        publish: Takes the events.
    """

    def __init__(self, name: str, type: ProviderType, operation: str, publish: Callable[[Event], None]) -> None:
        self.name = name
        self.operation = operation
        self._labels = {"name": name, "type": type.value, "operation": operation}
        self._publish = publish
        self._quiet_until = {"breaker": 0.0, "concurrency": 0.0}

    def retried(self, attempt: int, delay: float, error: BaseException) -> None:
        """An attempt failed, and another one follows after `delay` seconds."""
        self._count("provider_retries")
        self._publish(OperationRetried(self.name, time(), self.operation, attempt, delay, describe_error(error)))

    def timed_out(self, seconds: float) -> None:
        """The deadline passed."""
        self._count("provider_timeouts")
        self._publish(OperationTimedOut(self.name, time(), self.operation, seconds))

    def refused(self, reason: Literal["breaker", "concurrency"]) -> None:
        """A call was turned away."""
        self._count("provider_refused", reason=reason)
        moment = now()
        if moment >= self._quiet_until[reason]:
            self._quiet_until[reason] = moment + REFUSALS_INTERVAL
            self._publish(OperationRefused(self.name, time(), self.operation, reason))

    def breaker_changed(self, old: BreakerState, new: BreakerState) -> None:
        """A call of the operation has changed the state of its breaker."""
        self._count("provider_breaker_transitions", state=new)
        self._publish(BreakerChanged(self.name, time(), old, new, self.operation))

    def _count(self, metric: str, **labels: str) -> None:
        MetricsManager.get_instance().counter(metric, 1, **self._labels, **labels)
