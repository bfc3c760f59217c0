"""``${NAME}`` and ``${NAME:-default}`` in the strings of a configuration."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from purveyor.config.tree import is_array, is_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from purveyor.config.tree import KeyPath

__all__ = ["interpolate"]

_REFERENCE = re.compile(r"\$(?P<escaped>\$\{)|\$\{(?P<body>[^{}]*)(?P<end>\}?)")
_BODY = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>.*))?", re.DOTALL)


def interpolate(
    tree: dict[str, Any], report: Callable[[KeyPath, str, str | None], None]
) -> tuple[dict[str, Any], set[KeyPath]]:
    """Replace the references to environment variables in every string of a tree.

    The rules are those of POSIX shells and Compose files: a default is taken if the variable is unset or
    empty; without a default, the variable has to be set. ``$${`` stands for a plain ``${``.

    Args:
        tree: Tables, arrays and values as `tomllib` gives them; it is left as it is.
        report: Called with key path, problem and advice for each reference that cannot be replaced.

    Returns:
        The new tree, and the key paths of the strings in which something was replaced.
    """
    replaced: set[KeyPath] = set()

    def visit(value: Any, path: KeyPath) -> Any:
        if is_table(value):
            return {key: visit(child, (*path, key)) for key, child in value.items()}
        if is_array(value):
            return [visit(child, (*path, index)) for index, child in enumerate(value)]
        if isinstance(value, str) and "${" in value:
            replaced.add(path)
            return _REFERENCE.sub(lambda match: substitute(match, path), value)
        return value

    def substitute(match: re.Match[str], path: KeyPath) -> str:
        if match["escaped"]:
            return "${"
        body = _BODY.fullmatch(match["body"]) if match["end"] else None
        if body is None:
            report(
                path, "${ begins a reference that is not ${NAME} or ${NAME:-default}", "write $${ for a plain ${"
            )
            return ""
        value, default = os.environ.get(body["name"]), body["default"]
        if default is not None:
            return value or default
        if value is None:
            advice = f"set it, or give a default: ${{{body['name']}:-...}}"
            report(path, f"the environment variable {body['name']} is not set", advice)
        return value or ""

    return visit(tree, ()), replaced
