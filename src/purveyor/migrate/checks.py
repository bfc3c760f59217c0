"""The check that a legacy class has, and what it answers, as `Health`."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any

from purveyor.metadata import Health, HealthState
from purveyor.migrate.methods import find_method, needs_arguments
from purveyor.migrate.words import CHECKS

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["find_check", "health_of"]

_WORDS: Mapping[str, HealthState] = {
    **dict.fromkeys(
        ("alive", "available", "connected", "good", "green", "healthy", "ok", "pass", "passing", "pong", "ready",
         "running", "up"),
        HealthState.HEALTHY,
    ),
    **dict.fromkeys(("degraded", "warn", "warning", "yellow"), HealthState.DEGRADED),
    **dict.fromkeys(
        ("bad", "critical", "dead", "disconnected", "down", "error", "fail", "failed", "failing", "red", "stopped",
         "unavailable", "unhealthy"),
        HealthState.UNHEALTHY,
    ),
}  # fmt: skip
_STATUS_KEYS = ("status", "state", "health", "healthy", "is_healthy", "ok", "success")
_MESSAGE_KEYS = ("message", "reason", "error", "detail")


def find_check(cls: type, names: Iterable[str] = CHECKS) -> str | None:
    """The name of the method by which objects of a class tell their health; None if there is none.

    Args:
        cls: The class.
        names: Under which it is looked for, the surest first.
    """
    for name in names:
        method = find_method(cls, name)
        if inspect.isroutine(method) and not needs_arguments(method):
            return name
    return None


def health_of(answer: object) -> Health:
    """What a legacy check's answer means; that it raised, its caller sees.

    Args:
        answer: A `Health`; None or a number, which say only that it answered; true or false; a word such as
            ``"ok"`` or ``"down"``, or an enum's member of such a value; a mapping or an object that has one of
            these as its status, perhaps with a message; or a pair of both.

    Returns:
        The health. An answer that says neither well nor ill is degraded: it is no reason for a restart.
    """
    if isinstance(answer, Health):
        return answer
    if answer is None or (isinstance(answer, (int, float)) and not isinstance(answer, bool)):
        return Health.healthy()
    if isinstance(answer, tuple) and len(answer) == 2:
        return _judged(answer[0], answer[1])
    for key in _STATUS_KEYS:
        if (status := _part(answer, key)) is not None:
            messages = (_part(answer, each) for each in _MESSAGE_KEYS)
            return _judged(status, next((each for each in messages if each is not None), None))
    return _judged(answer, None)


def _judged(status: Any, message: object) -> Health:
    status = status.value if isinstance(status, Enum) else status
    state = None
    if isinstance(status, bool):
        state = HealthState.HEALTHY if status else HealthState.UNHEALTHY
    elif isinstance(status, str):
        state = _WORDS.get(status.strip().casefold())
    text = message if isinstance(message, str) else ""
    if state is not None:
        return Health(state, text or ("" if state is HealthState.HEALTHY else "its check says so"))
    kind = f"the status {status!r}" if isinstance(status, str) else f"a {type(status).__name__}"
    return Health.degraded(f"its check answers {kind}, which says neither well nor ill")


def _part(answer: object, key: str) -> Any:
    if isinstance(answer, Mapping):
        return answer.get(key)
    if isinstance(answer, (str, bool, Enum)):
        return None
    return getattr(answer, key, None)
