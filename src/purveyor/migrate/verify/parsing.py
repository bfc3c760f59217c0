"""Source as a syntax tree, whatever stands in it."""

from __future__ import annotations

import ast
import warnings

from purveyor.migrate.source.files import MAX_BYTES

__all__ = ["parsed"]


def parsed(source: bytes) -> ast.Module | None:
    """The syntax tree of a module; None for what is no Python, nests too deep, or is too large to be a module."""
    if len(source) > MAX_BYTES:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError, SystemError):
        return None
