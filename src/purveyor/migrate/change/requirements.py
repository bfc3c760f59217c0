"""What a project's ``pyproject.toml`` lacks once its code stands on Purveyor."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path  # noqa: TC003 - for sphinx
from typing import TYPE_CHECKING, Any, cast

from purveyor.migrate.change.places import whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["OLDEST", "Lacking", "lacking"]

#: The first version of Python that Purveyor runs on.
OLDEST = (3, 11)

_PURVEYOR = re.compile(r"\s*purveyor\s*($|[\[(<>=!~;@])", re.IGNORECASE)
#: What a version has to be at least; Poetry also writes ``^3.9`` and ``3.9``.
_AT_LEAST = re.compile(r"(?:^|[,\s])(?:>=|>|~=|===?|\^|~)?(\d+)(?:\.(\d+))?")


@dataclass(frozen=True, slots=True)
class Lacking:
    """What is to be changed in a project's file.

    Args:
        file: The ``pyproject.toml``.
        dependency: Whether it does not depend on Purveyor.
        python: The versions of Python that it says it runs on, if some of them are too old for Purveyor.
    """

    file: Path
    dependency: bool
    python: str | None


def lacking(tree: Path) -> Lacking | None:
    """What the project that a tree belongs to lacks; None if that is nothing, or cannot be told.

    Args:
        tree: The tree; the file is looked for there and above, up to where a repository begins.
    """
    file = _project_file(tree)
    try:
        data: Any = {} if file is None else tomllib.loads(whole(file).decode())
    except (OSError, ValueError, RecursionError):
        return None
    project, poetry = _table(data, "project"), _table(data, "tool", "poetry")
    if file is None or not (project or poetry):
        return None
    of_poetry = _table(poetry, "dependencies")
    named = [*of_poetry, *_strings(project.get("dependencies"))]
    for each in (*_table(project, "optional-dependencies").values(), *_table(data, "dependency-groups").values()):
        named += _strings(each)
    dependency = "dependencies" not in _strings(project.get("dynamic")) and not any(map(_PURVEYOR.match, named))
    python = project.get("requires-python", of_poetry.get("python"))
    too_old = isinstance(python, str) and _allows_older(python)
    return Lacking(file, dependency, python if too_old else None) if dependency or too_old else None


def _project_file(tree: Path) -> Path | None:
    for folder in (tree, *tree.parents):
        if (file := folder / "pyproject.toml").is_file():
            return file
        if (folder / ".git").exists():
            return None
    return None


def _allows_older(versions: str) -> bool:
    """Whether some alternative has no lower bound that keeps old versions out."""
    for alternative in re.sub(r"([<>=!~^])\s+", r"\1", versions).split("||"):
        bounds = [(int(major), int(minor or 0)) for major, minor in _AT_LEAST.findall(alternative.strip())]
        if max([(0, 0), *bounds]) < OLDEST:
            return True
    return False


def _table(data: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    found: Any = data
    for key in path:
        found = cast("Mapping[str, Any]", found).get(key) if isinstance(found, dict) else None
    return cast("Mapping[str, Any]", found) if isinstance(found, dict) else {}


def _strings(values: object) -> Iterator[str]:
    if isinstance(values, list):
        yield from (each for each in cast("list[object]", values) if isinstance(each, str))
