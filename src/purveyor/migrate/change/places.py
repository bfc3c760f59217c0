"""Where a plan may change files, what the copy of an original is called, and what may be read as a plan."""

from __future__ import annotations

import errno
import os
import re
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["copy_names", "copy_of", "whole", "why_no_name", "why_not"]

_DRIVE = re.compile(r"[A-Za-z]:")
#: Folders that belong to tools, whatever their letters' case.
_FOREIGN = frozenset({".purveyor", ".git", ".hg", ".svn"})


def why_not(path: object) -> str | None:
    """Why a plan may not name this path; None if it may.

    A path is relative to the root of the tree and joined by ``/``, whatever the operating system.

    Args:
        path: What was given as a path.
    """
    if not isinstance(path, str) or not path:
        return "is no path"
    if path.startswith("/") or _DRIVE.match(path):
        return "is an absolute path"
    if "\\" in path:
        return "has a backslash"
    segments = path.split("/")
    if any(segment in ("", ".", "..") for segment in segments):
        return "has a segment that is empty, '.' or '..'"
    if any(segment.casefold() in _FOREIGN for segment in segments):
        return "leads into a folder that belongs to a tool"
    return why_no_name(path)


def why_no_name(text: str) -> str | None:
    """Why the operating system could not even be asked for this; None if it can."""
    if "\0" in text:
        return "has a null character"
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        return "has a character that no file name can have"
    return None


def whole(path: Path) -> bytes:
    """The bytes of a plain file: a device may have no end, and a pipe nobody who writes to it.

    Raises:
        OSError: It cannot be read, or is something else.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "it is no plain file")
    return path.read_bytes()


def copy_of(path: str, *, discovered: bool) -> str:
    """What the copy of an original is called.

    It must be inert. So it is no Python file where the tree imports whatever it finds in its folders, nor where a
    test runner would collect it by its name.

    Args:
        path: The original.
        discovered: Whether the tree discovers modules by itself.
    """
    name = path.rpartition("/")[2]
    plain, hidden = copy_names(path)
    return hidden if discovered or name.startswith("test") or not name.endswith(".py") else plain


def copy_names(path: str) -> tuple[str, str]:
    """The two names that a copy may have: as a module, and hidden from whatever looks for modules."""
    folder, slash, name = path.rpartition("/")
    stem, dot, suffix = name.rpartition(".")
    plain = f"{folder}{slash}{stem}_legacy{dot}{suffix}" if dot else f"{path}_legacy"
    return plain, f"{plain}.txt"
