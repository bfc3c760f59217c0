"""What helps to test providers, and code that uses them.

Names are loaded when they are first used: nothing here imports pytest until `LifecycleConformance` is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from purveyor.testing.clock import FakeClock
    from purveyor.testing.conformance import LifecycleConformance
    from purveyor.testing.faulty import Block, Fail, FaultyProvider, Hang, RefuseCancellation, Slow

_HOMES = {
    "Block": "faulty",
    "Fail": "faulty",
    "FakeClock": "clock",
    "FaultyProvider": "faulty",
    "Hang": "faulty",
    "LifecycleConformance": "conformance",
    "RefuseCancellation": "faulty",
    "Slow": "faulty",
}

__all__ = [
    "Block",
    "Fail",
    "FakeClock",
    "FaultyProvider",
    "Hang",
    "LifecycleConformance",
    "RefuseCancellation",
    "Slow",
]


def __getattr__(name: str) -> Any:
    try:
        home = _HOMES[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
