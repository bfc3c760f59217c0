"""`Policy` and `Breaker`: how a provider is started, stopped and called.

They are read from configurations too. How pydantic is to do that stands in the markers beside the types, which
import it when it asks them, so that the core does without it.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from purveyor.errors import InvalidInputError

if TYPE_CHECKING:
    from pydantic import ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core import CoreSchema

__all__ = ["TABLE", "AtLeast", "Breaker", "Duration", "Policy", "check_count", "check_seconds"]

#: How pydantic reads dataclasses that stand for tables of a configuration.
TABLE: ConfigDict = {"extra": "forbid", "use_attribute_docstrings": True}

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def _seconds(value: object) -> float:
    if isinstance(value, str) and (match := _DURATION.fullmatch(value)):
        seconds = float(match[1]) * _SECONDS[match[2]]
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        seconds = float(value)
    else:
        raise ValueError('expected a duration: seconds, or a string like "500ms", "30s", "5m", "1h"')
    if not (math.isfinite(seconds) and seconds > 0):
        raise ValueError("expected a duration above zero")
    return seconds


class _AsDuration:
    """Has pydantic read a number of seconds, or a string with a unit."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema  # noqa: PLC0415 - only a configuration needs it

        return core_schema.no_info_before_validator_function(_seconds, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        number = {"type": "number", "exclusiveMinimum": 0}
        return {"anyOf": [number, {"type": "string", "pattern": f"^{_DURATION.pattern}$"}]}


@dataclass(frozen=True, slots=True)
class AtLeast:
    """Has pydantic refuse an integer below a bound.

    Args:
        bound: The least that is allowed.
    """

    bound: int

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Called by pydantic."""
        from pydantic_core import core_schema  # noqa: PLC0415 - only a configuration needs it

        return core_schema.int_schema(ge=self.bound)


#: Seconds; in a file, a number of them or a string with a unit.
Duration = Annotated[float, _AsDuration()]


@dataclass(frozen=True, slots=True)
class Breaker:
    """When a provider's circuit breaker opens, and for how long."""

    __pydantic_config__: ClassVar[ConfigDict] = TABLE

    failures: Annotated[int, AtLeast(1)] = 5
    """Failures in a row that open it."""

    reset: Duration = 30.0
    """Seconds after which one operation may try again."""

    def __post_init__(self) -> None:
        check_count("failures", self.failures, 1)
        check_seconds("reset", self.reset)


@dataclass(frozen=True, slots=True)
class Policy:
    """How a provider is started, stopped and called; durations in seconds."""

    __pydantic_config__: ClassVar[ConfigDict] = TABLE

    start_timeout: Duration | None = None
    """How long validate and initialize may take together."""

    stop_timeout: Duration | None = None
    """How long cleanup may take."""

    drain_timeout: Duration | None = None
    """How long a reload or a stop waits for the operations that are under way."""

    reload: Literal["swap", "in_place"] | None = None
    """How a reload replaces what runs, beside the old one or on the same object."""

    timeout: Duration | None = None
    """How long one operation may take, its retries included."""

    retries: Annotated[int, AtLeast(0)] | None = None
    """How often a failed operation is tried again, if it is idempotent."""

    breaker: Breaker | None = None
    """When operations are refused at once, since the backend fails."""

    concurrency: Annotated[int, AtLeast(1)] | None = None
    """How many operations may run at the same time."""

    def __post_init__(self) -> None:
        for name in ("start_timeout", "stop_timeout", "drain_timeout", "timeout"):
            if getattr(self, name) is not None:
                check_seconds(name, getattr(self, name))
        for name, least in (("retries", 0), ("concurrency", 1)):
            if getattr(self, name) is not None:
                check_count(name, getattr(self, name), least)
        if self.reload not in (None, "swap", "in_place"):
            raise InvalidInputError("reload", "expected 'swap' or 'in_place'")


def check_seconds(name: str, value: object) -> None:
    """Refuse what is no number of seconds above zero.

    Raises:
        InvalidInputError: It is none.
    """
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not (math.isfinite(value) and value > 0):
        raise InvalidInputError(name, f"expected seconds above zero, not {value!r}")


def check_count(name: str, value: object, least: int) -> None:
    """Refuse what is no integer from a bound on.

    Raises:
        InvalidInputError: It is none.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise InvalidInputError(name, f"expected an integer of at least {least}, not {value!r}")
