"""`Governor`, which puts a provider's policies around its operations.

From the outside to the inside: the concurrency limit, the breaker, the deadline, the retries. The deadline's
time runs from the call on, in the queue too. An operation that is called from inside another one of its provider
is part of that one: it takes no second slot (it would wait for itself), its failure is not counted twice, and it
is not retried inside of what is retried.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from purveyor.monitor.metrics import Family, MetricsManager
from purveyor.policy.breaker import CircuitBreaker
from purveyor.policy.calls import GOVERNED, Rules
from purveyor.policy.limit import Limit
from purveyor.policy.report import Reporter
from purveyor.policy.retry import require_retries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from purveyor.events import Event
    from purveyor.metadata import ProviderType
    from purveyor.operations import OperationInfo
    from purveyor.policy.model import Breaker, Policy

__all__ = ["Governor"]

_STATES = ("closed", "open", "half_open")


class Governor:
    """The policies of one registration, shared by all its generations. Thread-safe.

    A breaker or a concurrency limit from the configuration is one for all operations of the provider; one from
    `operation` is that operation's own. What the configuration sets holds in the place of what `operation` sets.

    Args:
        name: The provider's name.
        type: Its family.
        policy: What its configuration sets.
        publish: Takes the events; called from any thread, and must not block or raise.

    Raises:
        MissingExtraError: The policy has retries, and what makes them is not installed.
    """

    def __init__(self, name: str, type: ProviderType, policy: Policy, publish: Callable[[Event], None]) -> None:
        self._name = name
        self._type = type
        self._publish = publish
        # By operation; under None those of the whole provider.
        self._breakers: dict[str | None, CircuitBreaker] = {}
        self._limits: dict[str | None, Limit] = {}
        self._lock = threading.Lock()
        self._is_watched = False
        self.policy = policy

    @property
    def policy(self) -> Policy:
        """What the configuration sets.

        It may be changed at any time, and holds for the operations that are bound (`govern`) from then on. A
        breaker whose settings stay keeps its state; a limit that changes keeps count of what runs.

        Raises:
            MissingExtraError: The new policy has retries, and what makes them is not installed.
        """
        return self._policy

    @policy.setter
    def policy(self, policy: Policy) -> None:
        if policy.retries:
            require_retries()
        self._policy = policy

    def govern(self, info: OperationInfo, call: Callable[..., Any]) -> Callable[..., Any]:
        """Put the policies that hold for an operation around it.

        Args:
            info: The operation.
            call: The method, which takes the provider first.

        Returns:
            A callable of the same kind; `call` itself if no policy holds for it.

        Raises:
            MissingExtraError: The operation asks for retries, and what makes them is not installed.
        """
        rules = self._rules(info)
        return call if rules is None else GOVERNED[info.kind](rules, call)

    def close(self) -> None:
        """Forget the state of all breakers, so that no gauge tells of them any more: the registration is over."""
        with self._lock:
            self._breakers.clear()

    def families(self) -> Iterable[Family]:
        """The states of the breakers, as gauges."""
        family = Family("provider_breaker_state", "gauge", "The circuit breaker's state: 1 for the one it is in.")
        with self._lock:
            breakers = list(self._breakers.items())
        is_common = self._policy.breaker is not None
        for operation, breaker in breakers:
            if is_common != (operation is None):
                continue  # not in force, since the policy was changed
            who = {"name": self._name, "type": self._type.value, "operation": operation or ""}
            for state in _STATES:
                family.add(breaker.state == state, **who, state=state)
        return (family,) if family.values else ()

    def _rules(self, info: OperationInfo) -> Rules | None:
        policy = self._policy
        waits = info.kind != "function"
        timeout = _first(policy.timeout, info.timeout) if waits else None
        retries = _first(policy.retries, info.retries) if waits and info.idempotent else None
        breaker = self._breaker(None, policy.breaker) or self._breaker(info.name, info.breaker)
        limit = self._limit(None, policy.concurrency) or self._limit(info.name, info.concurrency)
        if timeout is None and not retries and breaker is None and limit is None:
            return None
        if retries:
            require_retries()
        reporter = Reporter(self._name, self._type, info.name, self._publish)
        return Rules(self, reporter, timeout, retries or 0, breaker, limit)

    def _breaker(self, operation: str | None, settings: Breaker | None) -> CircuitBreaker | None:
        if settings is None:
            return None
        with self._lock:
            breaker = self._breakers.get(operation)
            if breaker is None or breaker.settings != settings:
                breaker = self._breakers[operation] = CircuitBreaker(settings)
            if not self._is_watched:
                self._is_watched = True
                MetricsManager.get_instance().add_source(self)
            return breaker

    def _limit(self, operation: str | None, slots: int | None) -> Limit | None:
        if slots is None:
            return None
        with self._lock:
            limit = self._limits.setdefault(operation, Limit(slots))
            if limit.slots != slots:
                limit.resize(slots)
            return limit


def _first(first: Any, second: Any) -> Any:
    return second if first is None else first
