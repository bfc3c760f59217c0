"""Whether a tree imports what modules it finds in its folders, or takes what classes it finds in a module."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["discovers_classes", "discovers_modules"]

_WALKS = re.compile(rb"\b(?:iter_modules|walk_packages)\b")
_LISTS = re.compile(rb"\b(?:listdir|scandir|walk|i?glob|rglob|iterdir)\b")
_IMPORTS = re.compile(
    rb"\b(?:import_module|__import__|spec_from_file_location|exec_module|load_module|SourceFileLoader|run_path"
    rb"|import_string|load_source)\b"
)


_MEMBERS = re.compile(rb"\bgetmembers\b|\bvars\(|\bdir\(|__dict__")


def discovers_classes(sources: Iterable[bytes]) -> bool:
    """Whether one of these files imports by name and looks through what a module defines.

    Args:
        sources: The bytes of all files of the tree.
    """
    return any(_MEMBERS.search(data) and _IMPORTS.search(data) for data in sources)


def discovers_modules(sources: Iterable[bytes]) -> bool:
    """Whether one of these files walks packages, or both lists folders and imports by name.

    A copy of an original that lay there as a module would then be imported, and would register its classes twice.
    A word in a comment counts as well: the copies are then hidden without need, which harms nobody.

    Args:
        sources: The bytes of all files of the tree, also of those that do not parse.
    """
    return any(_WALKS.search(data) or (_LISTS.search(data) and _IMPORTS.search(data)) for data in sources)
