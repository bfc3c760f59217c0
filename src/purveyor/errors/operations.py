"""Errors of operations and metrics, and of what is not installed."""

from __future__ import annotations

from purveyor.errors.base import PurveyorError

__all__ = [
    "BreakerOpenError",
    "InvalidMetricError",
    "MissingExtraError",
    "OperationTimeoutError",
    "OverloadedError",
    "UnsupportedError",
]


class UnsupportedError(PurveyorError, NotImplementedError):
    """A backend cannot do what was asked; nothing was done.

    Args:
        driver: The driver or provider that was asked.
        feature: What it cannot do.
        alternative: What can, if something does.
    """

    permanent = True

    def __init__(self, driver: str, feature: str, alternative: str | None = None) -> None:
        super().__init__(driver, feature, alternative)
        self.driver = driver
        self.feature = feature
        self.alternative = alternative

    @property
    def what(self) -> str:
        return f"{self.driver} does not support {self.feature}"

    @property
    def hint(self) -> str | None:
        return f"use {self.alternative}" if self.alternative else None


class OperationTimeoutError(PurveyorError, TimeoutError):
    """An operation was not over when its deadline passed; whether it took effect is not known.

    Args:
        provider: The provider's name.
        operation: The operation's name.
        seconds: How long it had.
    """

    def __init__(self, provider: str, operation: str, seconds: float) -> None:
        super().__init__(provider, operation, seconds)
        self.provider = provider
        self.operation = operation
        self.seconds = seconds

    @property
    def where(self) -> str:
        return f"{self.provider}.{self.operation}"

    @property
    def what(self) -> str:
        return f"it was not over after {self.seconds:g} s"

    @property
    def hint(self) -> str:
        return "raise the policy's timeout, or find out what the backend waits for"


class BreakerOpenError(PurveyorError, RuntimeError):
    """An operation was refused, since the backend has failed too often; nothing was done.

    Args:
        provider: The provider's name.
        operation: The operation's name.
        seconds: When one may be tried again, from now.
    """

    def __init__(self, provider: str, operation: str, seconds: float) -> None:
        super().__init__(provider, operation, seconds)
        self.provider = provider
        self.operation = operation
        self.seconds = seconds

    @property
    def where(self) -> str:
        return f"{self.provider}.{self.operation}"

    @property
    def what(self) -> str:
        return "the circuit breaker is open, since the backend has failed too often"

    @property
    def hint(self) -> str:
        return f"it lets one through in {self.seconds:.1f} s"


class OverloadedError(PurveyorError, RuntimeError):
    """An operation was refused, since as many as are allowed run and wait already; nothing was done.

    Args:
        provider: The provider's name.
        operation: The operation's name.
        limit: How many may run at the same time.
        waiting: How many wait for their turn.
    """

    def __init__(self, provider: str, operation: str, limit: int, waiting: int) -> None:
        super().__init__(provider, operation, limit, waiting)
        self.provider = provider
        self.operation = operation
        self.limit = limit
        self.waiting = waiting

    @property
    def where(self) -> str:
        return f"{self.provider}.{self.operation}"

    @property
    def what(self) -> str:
        return f"{self.limit} operations run already, as many as may, and {self.waiting} wait"

    @property
    def hint(self) -> str:
        return "slow the callers down, or raise the policy's concurrency"


class InvalidMetricError(PurveyorError, ValueError):
    """A metric's name, label or value cannot be recorded without breaking the scrape of all others."""

    def __init__(self, metric: str, problem: str) -> None:
        super().__init__(metric, problem)
        self.metric = metric
        self.problem = problem

    @property
    def where(self) -> str:
        return f"metric {self.metric}"

    @property
    def what(self) -> str:
        return self.problem


class MissingExtraError(PurveyorError, ImportError):
    """An optional dependency is not installed.

    Args:
        feature: What needs it.
        module: The module that could not be imported.
        requirement: What to give to ``pip install``.
    """

    permanent = True

    def __init__(self, feature: str, module: str, requirement: str) -> None:
        super().__init__(feature, module, requirement)
        self.feature = feature
        self.module = module
        self.requirement = requirement

    @property
    def what(self) -> str:
        return f"{self.feature} needs the module {self.module}, which is not installed"

    @property
    def hint(self) -> str:
        return f"pip install '{self.requirement}'"
