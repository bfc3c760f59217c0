"""Small trees for the tests."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from purveyor.migrate.source import (
    ClassFacts,
    External,
    Function,
    Module,
    Project,
    SourceFile,
    Unresolved,
    read_project,
)


def write(root: Path, files: dict[str, str | bytes]) -> Path:
    for path, content in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content if isinstance(content, bytes) else dedent(content).encode())
    return root


def project(root: Path, files: dict[str, str | bytes]) -> Project:
    return read_project(write(root, files))


def file(of: Project, path: str) -> SourceFile:
    return next(one for one in of.files if one.path == path)


def cls(of: Project, qualname: str, path: str | None = None) -> ClassFacts:
    """The last class of this name."""
    return [one for one in of.classes if one.qualname == qualname and path in {None, one.file.path}][-1]


def name(of: object) -> str:
    """A result in short."""
    match of:
        case ClassFacts():
            return f"{of.file.path}:{of.qualname}"
        case Function():
            return f"{of.file.path}:{of.qualname}()"
        case Module():
            return f"module {of.name}"
        case External():
            return of.qualified
        case Unresolved():
            return f"? {of.reason}"
    raise AssertionError(of)


def resolved(root: Path, files: dict[str, str | bytes], expression: str, path: str = "main.py") -> str:
    of = project(root, files)
    return name(of.resolve(file(of, path), expression))
