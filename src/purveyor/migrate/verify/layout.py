"""How the files of a tree are imported: under which names, from which folders, and who imports whom."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from purveyor.migrate.verify.parsing import parsed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["Layout", "is_test"]

_IMPORT = re.compile(rb"^[ \t]*(?:from|import)[ \t]+([\w.]+)", re.MULTILINE)
#: Modules that do something when they are imported, or are not meant to be.
_NOT_IMPORTED = {"setup", "conftest", "__main__", "noxfile", "tasks", "fabfile", "manage"}


class Layout:
    """The Python files of a tree, as modules.

    Args:
        tree: The folder.
        paths: Its files, relative to it, with ``/``.
    """

    def __init__(self, tree: Path, paths: Sequence[str]) -> None:
        self._tree = tree
        self.files = [path for path in paths if path.endswith(".py")]
        self._there = set(self.files)
        self._data = {path: (tree / path).read_bytes() for path in self.files}
        self._imported = {name.decode() for data in self._data.values() for name in _IMPORT.findall(data)}
        self._roots: dict[str, str] = {}

    def data(self, path: str) -> bytes:
        """A file's bytes."""
        return self._data[path]

    def root(self, path: str) -> str:
        """The folder from which a file is imported: ``""`` for the tree itself, or with a ``/`` at the end.

        A folder above a file is one if modules below it are imported by the names they have from there. Where
        nobody imports any, it is the folder that holds the outermost package, or the tree.
        """
        folder = path.rpartition("/")[0]
        if folder not in self._roots:
            self._roots[folder] = self._find_root(path)
        return self._roots[folder]

    def roots(self, paths: Sequence[str]) -> list[str]:
        """Those of many files, each once."""
        return list(dict.fromkeys(self.root(path) for path in paths))

    def module(self, path: str) -> str:
        """The name under which a file is imported."""
        return _dotted(path[len(self.root(path)) :])

    def importable(self, path: str) -> bool:
        """Whether a file can be imported by a name at all, as ``script.pyw`` and ``.hidden.py`` cannot."""
        return path.endswith(".py") and "." not in path[len(self.root(path)) : -len(".py")]

    def importers(self, paths: Sequence[str]) -> list[str]:
        """The files that import one of these, without tests and scripts."""
        wanted = {self.module(path) for path in paths}
        return [
            path
            for path in self.files
            if path not in paths
            and not is_test(path)
            and path.rpartition("/")[2].removesuffix(".py") not in _NOT_IMPORTED
            and self.importable(path)
            and wanted & set(self._imports(path))
        ]

    def _find_root(self, path: str) -> str:
        parts = path.split("/")[:-1]
        candidates = ["".join(f"{part}/" for part in parts[:n]) for n in range(len(parts) + 1)]
        usual = self._usual_root(parts)
        votes = {candidate: self._votes(path, candidate) for candidate in candidates}
        best = max(votes.values())
        if not best or votes[usual] == best:
            return usual
        return next(candidate for candidate in candidates if votes[candidate] == best)

    def _usual_root(self, parts: list[str]) -> str:
        n = len(parts)
        while n and "/".join([*parts[:n], "__init__.py"]) in self._there:
            n -= 1
        if n == len(parts):  # in no package
            n = 1 if parts[:1] == ["src"] else 0
        return "".join(f"{part}/" for part in parts[:n])

    def _votes(self, path: str, root: str) -> int:
        """How many of the names that the tree imports are that of the module, or of a package around it."""
        parts = _dotted(path[len(root) :]).split(".")
        names = {".".join(parts[:n]) for n in range(1, len(parts) + 1)}
        return len(names & self._imported)

    def _imports(self, path: str) -> Iterator[str]:
        """The modules that a file may import, under their full names."""
        tree = parsed(self._data[path]) if b"import" in self._data[path] else None
        if tree is None:
            return
        module = self.module(path).split(".")
        package = module if path.endswith("__init__.py") else module[:-1]
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = package[: len(package) + 1 - node.level] if node.level else []
                name = ".".join([*base, *([node.module] if node.module else [])])
                yield name
                yield from (f"{name}.{alias.name}" for alias in node.names)


def is_test(path: str) -> bool:
    """Whether a file holds tests, by its name or its folder's."""
    *folders, name = path.split("/")
    return (
        name.startswith("test_")
        or name.endswith("_test.py")
        or name == "conftest.py"
        or not {"test", "tests"}.isdisjoint(folders)
    )


def _dotted(path: str) -> str:
    return path.removesuffix(".py").removesuffix(".pyw").removesuffix("/__init__").replace("/", ".")
