"""What a class reads from its settings, as its source shows."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["keys_read", "models_made"]

_NAMES = {"config", "settings", "options", "conf", "cfg", "kwargs", "params", "opts"}


def keys_read(classes: Iterable[type]) -> dict[str, str]:
    """The keys that are taken out of a table of settings without a default: ``config["path"]``.

    Args:
        classes: The class and its bases.

    Returns:
        The keys; of their types nothing is known, so that these are empty.
    """
    keys: dict[str, str] = {}
    for node in _nodes(classes):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and _is_settings(node.value):
            key = node.slice
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                keys[key.value] = ""
    return keys


def models_made(cls: type, parameter: str) -> list[Any]:
    """The classes that a constructor makes of its ``**parameter``, as in ``LocalConfig(**kwargs)``."""
    found: list[Any] = []
    for node in _nodes([cls]):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        if any(_takes_all_of(keyword, parameter) for keyword in node.keywords):
            made = getattr(sys.modules.get(cls.__module__), node.func.id, None)
            if inspect.isclass(made):
                found.append(made)
    return found


def _takes_all_of(keyword: ast.keyword, parameter: str) -> bool:
    return keyword.arg is None and isinstance(keyword.value, ast.Name) and keyword.value.id == parameter


def _is_settings(node: ast.expr) -> bool:
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return name.lstrip("_") in _NAMES


def _nodes(classes: Iterable[type]) -> Iterator[ast.AST]:
    for cls in classes:
        try:
            tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
        except (OSError, TypeError, SyntaxError):  # made by a call, or where text and indentation are at odds
            continue
        yield from ast.walk(tree)
