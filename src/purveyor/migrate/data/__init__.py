"""The data of legacy providers moves into Purveyor's, verified, and back to the byte.

`read_legacy` reads a legacy store, `move_data` moves it or another provider's data, `move_back` is the way back.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from purveyor.migrate.data.back import MovedBack, move_back
    from purveyor.migrate.data.legacy import read_legacy
    from purveyor.migrate.data.move import Moved, move_data
    from purveyor.migrate.data.records import Entry, Record, Source

_HOMES = {
    "Entry": "records",
    "Moved": "move",
    "MovedBack": "back",
    "Record": "records",
    "Source": "records",
    "move_back": "back",
    "move_data": "move",
    "read_legacy": "legacy",
}

__all__ = ["Entry", "Moved", "MovedBack", "Record", "Source", "move_back", "move_data", "read_legacy"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
