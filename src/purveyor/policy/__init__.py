"""Policies for operations: deadline, retries, circuit breaker, concurrency limit.

The settings are plain dataclasses and light; what puts them in force is loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from purveyor.policy.model import Breaker, Policy

if TYPE_CHECKING:
    from purveyor.policy.governor import Governor

__all__ = ["Breaker", "Governor", "Policy"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from purveyor.policy import governor  # noqa: PLC0415 - see above

    return getattr(governor, name)
