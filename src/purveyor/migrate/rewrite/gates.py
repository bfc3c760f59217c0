"""What a file must pass before and after it is rewritten.

LibCST accepts some code that Python does not, and drops a form feed and a trailing carriage return; so a file is
compiled as well, and must come back to the byte before anything is changed.
"""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import TYPE_CHECKING

from purveyor.errors import MissingExtraError

if TYPE_CHECKING:
    import libcst as cst

__all__ = ["GateError", "enter", "leave", "require_libcst", "screen"]


class GateError(Exception):
    """A file cannot be rewritten safely; its text says why."""


def screen(data: bytes, path: str) -> None:
    """Look whether a file can be rewritten, as far as that is cheap: LibCST is asked only where it may say no.

    Raises:
        GateError: It cannot.
        MissingExtraError: LibCST would have to be asked, and is not installed.
    """
    _compile(data, path, "it does not compile")
    if b"\x0c" in data or b"\r" in data.replace(b"\r\n", b""):
        enter(data, path)


def enter(data: bytes, path: str) -> cst.Module:
    """Parse a file that is to be rewritten.

    Raises:
        GateError: It does not compile, LibCST cannot parse it, or would not give it back as it is.
        MissingExtraError: LibCST is not installed.
    """
    _compile(data, path, "it does not compile")
    module = _parse(data)
    if module.bytes != data:
        raise GateError("LibCST would change bytes that are not to be touched (a form feed or a carriage return)")
    return module


def leave(module: cst.Module, path: str) -> bytes:
    """The bytes of a file that was rewritten.

    Raises:
        GateError: They are no program any more.
    """
    try:
        data = module.bytes
    except UnicodeEncodeError as error:
        raise GateError(f"the result cannot be encoded: {error.reason}") from error
    _compile(data, path, "the result does not compile")
    if _parse(data).bytes != data:
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
