"""Legacy providers become Purveyor providers, verifiably, and back.

What runs in an application (`adapt`, `LegacyProvider`, `settings`, `LegacyRegistry`) is light. What reads and
rewrites source files needs the extra ``purveyor[migrate]``, and is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from purveyor.migrate.adapting import adapt
    from purveyor.migrate.legacy import LegacyProvider, settings
    from purveyor.migrate.registry import LegacyRegistry

_HOMES = {
    "LegacyProvider": "legacy",
    "LegacyRegistry": "registry",
    "adapt": "adapting",
    "settings": "legacy",
}

__all__ = ["LegacyProvider", "LegacyRegistry", "adapt", "settings"]


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
