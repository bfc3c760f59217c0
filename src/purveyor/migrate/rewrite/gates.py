"""What a file must pass before and after it is rewritten.

LibCST accepts some code that Python does not, and drops a form feed and a trailing carriage return; so a file is
compiled as well, and must come back to the byte before anything is changed.
"""

from __future__ import annotations

import ast
import warnings
from importlib import import_module
from typing import TYPE_CHECKING

from purveyor.errors import MissingExtraError

if TYPE_CHECKING:
    import libcst as cst

__all__ = ["GateError", "enter", "leave", "require_libcst", "screen"]

#: How deep code may be nested so that LibCST, which calls itself for each level, writes it for sure.
_DEEP = 100


class GateError(Exception):
    """A file cannot be rewritten safely; its text says why."""


def screen(data: bytes, path: str, tree: ast.Module) -> None:
    """Look whether a file can be rewritten, as far as that is cheap: LibCST is asked only where it may say no.

    Args:
        data: The file.
        path: Where it is.
        tree: What Python makes of it.

    Raises:
        GateError: It cannot.
        MissingExtraError: LibCST would have to be asked, and is not installed.
    """
    _compile(data, path, "it does not compile")
    if b"\x0c" in data or b"\r" in data.replace(b"\r\n", b"") or _is_deep(tree):
        enter(data, path)


def enter(data: bytes, path: str) -> cst.Module:
    """Parse a file that is to be rewritten.

    Raises:
        GateError: It does not compile, LibCST cannot parse or write it, or would not give it back as it is.
        MissingExtraError: LibCST is not installed.
    """
    _compile(data, path, "it does not compile")
    module = _parse(data)
    if _written(module) != data:
        raise GateError("LibCST would change bytes that are not to be touched (a form feed or a carriage return)")
    return module


def leave(module: cst.Module, path: str) -> bytes:
    """The bytes of a file that was rewritten.

    Raises:
        GateError: They are no program any more, or cannot be written.
    """
    data = _written(module)
    _compile(data, path, "the result does not compile")
    if _written(_parse(data)) != data:
        raise GateError("the result does not come back to the byte")
    return data


def _compile(data: bytes, path: str, problem: str) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(data, path, "exec", dont_inherit=True)
    except SyntaxError as error:
        raise GateError(f"{problem}: {error.msg} (line {error.lineno})") from error
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        raise GateError(f"{problem}: {error}") from error


def require_libcst() -> None:
    """Say what is missing before any work is done.

    Raises:
        MissingExtraError: LibCST is not installed.
    """
    try:
        import_module("libcst")
    except ModuleNotFoundError as error:
        raise MissingExtraError("purveyor migrate", "libcst", "purveyor[migrate]") from error


def _parse(data: bytes) -> cst.Module:
    require_libcst()
    import libcst as cst  # noqa: PLC0415

    try:
        return cst.parse_module(data)
    except (cst.ParserSyntaxError, ValueError, RecursionError) as error:
        raise GateError(f"LibCST cannot parse it: {str(error).splitlines()[0]}") from error


def _written(module: cst.Module) -> bytes:
    try:
        return module.bytes
    except UnicodeEncodeError as error:
        raise GateError(f"the result cannot be encoded: {error.reason}") from error
    except RecursionError as error:
        raise GateError("LibCST cannot write it: an expression or a statement is nested too deep") from error


def _is_deep(tree: ast.Module) -> bool:
    level: list[ast.AST] = [tree]
    for _ in range(_DEEP):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    return bool(level)
