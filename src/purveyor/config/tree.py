"""The tree that a configuration is once it is parsed: tables, arrays, values, and the paths to them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import TypeIs

__all__ = ["KeyPath", "dotted", "is_array", "is_table"]

#: A place in a configuration: keys of tables and indexes of arrays.
KeyPath = tuple[str | int, ...]

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def is_table(value: object) -> TypeIs[dict[str, Any]]:
    """Whether a value is a table; its keys are strings."""
    return isinstance(value, dict)


def is_array(value: object) -> TypeIs[list[Any]]:
    """Whether a value is an array."""
    return isinstance(value, list)


def dotted(path: KeyPath) -> str:
    """A path as TOML writes it, with indexes in brackets: ``providers."my app".tags[2]``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            quoted = (
                part if _BARE_KEY.fullmatch(part) else '"' + part.replace("\\", "\\\\").replace('"', '\\"') + '"'
            )
            text += f".{quoted}" if text else quoted
    return text
