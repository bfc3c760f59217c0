"""Which file of a tree an import statement means."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from purveyor.migrate.source.names import External, Module, Unresolved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from purveyor.migrate.source.files import SourceFile

__all__ = ["Modules"]


class Modules:
    """The modules of a tree by name, as imports in it name them.

    An absolute import is looked for at the root; then below folders that stand for entries of ``sys.path`` (they
    are in no package and hold one, or are called ``src``), the nearest to the importing file first; then, if the
    root is itself inside a package, under the name that this package turns out to have (`learn_own_name`).

    Args:
        files: All files of the tree.
        compiled: Dotted names of modules that are there, but not as source.
    """

    def __init__(self, files: Iterable[SourceFile], compiled: Iterable[str] = ()) -> None:
        self._files: dict[str, SourceFile] = {}
        self._folders: set[str] = set()
        self._compiled = frozenset(compiled)
        self._own: str | None = None
        by_path = {file.path: file for file in files}
        for file in by_path.values():
            if file.module not in self._files or file.is_package:  # a package wins over a module of the same name
                self._files[file.module] = by_path.get(file.alias_of or "", file)
            parts = file.module.split(".")
            self._folders.update(".".join(parts[:end]) for end in range(1, len(parts)))
        self._roots = self._import_roots()

    def named(self, name: str) -> Module | None:
        """The module of exactly this name from the root."""
        file = self._files.get(name)
        if file is not None:
            return Module(name, file)
        return Module(name, None) if name in self._folders else None

    def find(self, importer: SourceFile, name: str, level: int = 0) -> Module | External | Unresolved:
        """The module that ``from <level dots><name> import ...`` in a file means."""
        if level:
            return self._relative(importer, name, level)
        found = self._at_root(name) or self._below_roots(importer, name) or self._under_own_name(name)
        if found is not None:
            itself = found.file is importer and not importer.is_package and "." not in name
            return External(name) if itself else found  # redis.py means another redis
        top = name.partition(".")[0]
        package = self._files.get(top)
        if package is not None and package.is_package and not self._is_standard(top):
            return self._missing(name, name)
        return External(name)

    def learn_own_name(self, imports: Iterable[tuple[str, str]], provides: Callable[[Module, str], bool]) -> None:
        """Find out what the root is called, if it is itself inside a package, from the absolute imports in it.

        With the root at ``app/``, ``from app.core.base import Base`` means its ``core/base.py``. A prefix is the
        root's name if, for most imports below it, what is left is a module of the tree that has the imported name.

        Args:
            imports: Module and name of every absolute ``from`` import.
            provides: Whether a module has a name.
        """
        hits: dict[str, int] = {}
        tries: dict[str, int] = {}
        for module, name in sorted(set(imports)):
            parts = module.split(".")
            if parts[0] in sys.stdlib_module_names or self.named(parts[0]) or self._below_roots(None, module):
                continue
            for end in range(1, len(parts) + 1):
                prefix = ".".join(parts[:end])
                tries[prefix] = tries.get(prefix, 0) + 1
                inner = self.named(".".join(parts[end:]))
                if inner is not None and provides(inner, name):
                    hits[prefix] = hits.get(prefix, 0) + 1
        likely = sorted((-count, prefix) for prefix, count in hits.items() if 2 * count > tries[prefix])
        if likely and likely[0][0] not in {count for count, _ in likely[1:]}:
            self._own = likely[0][1]

    def _relative(self, importer: SourceFile, name: str, level: int) -> Module | External | Unresolved:
        package = importer.module.split(".") if importer.module else []
        up = level - importer.is_package
        if up > len(package):
            return External("." * level + name)
        parts = package[: len(package) - up] + (name.split(".") if name else [])
        full = ".".join(parts)
        if not full:
            return Module("", self._files.get(""))
        return self.named(full) or self._missing(full, "." * level + name)

    def _missing(self, full: str, written: str) -> External | Unresolved:
        if full in self._compiled:
            return External(full)
        return Unresolved(written, f"there is no module {full} in the tree", 0)

    def _is_standard(self, top: str) -> bool:
        """Whether a name is the standard library's, and the root a package, in which nothing shadows it."""
        return top in sys.stdlib_module_names and ("" in self._files or self._own is not None)

    def _at_root(self, name: str) -> Module | None:
        return None if self._is_standard(name.partition(".")[0]) else self.named(name)

    def _below_roots(self, importer: SourceFile | None, name: str) -> Module | None:
        if name.partition(".")[0] in sys.stdlib_module_names:
            return None
        found = [root for root in self._roots if self.named(f"{root}.{name}")]
        if not found:
            return None
        shared = {root: _shared(root, importer.module if importer else root) for root in found}
        best = max(shared.values())
        nearest = [root for root in found if shared[root] == best]
        return self.named(f"{nearest[0]}.{name}") if len(nearest) == 1 else None

    def _under_own_name(self, name: str) -> Module | None:
        if self._own is None or not f"{name}.".startswith(f"{self._own}."):
            return None
        return self.named(name[len(self._own) + 1 :])

    def _import_roots(self) -> tuple[str, ...]:
        packages = {name for name, file in self._files.items() if file.is_package}
        found: set[str] = set()
        for folder in self._folders | packages:
            parent = folder.rpartition(".")[0]
            if folder in packages and parent:
                found.add(parent)
            if folder.rpartition(".")[2] == "src":
                found.add(folder)
        return tuple(sorted(one for one in found if not _within(one, packages)))


def _within(folder: str, packages: set[str]) -> bool:
    parts = folder.split(".")
    return any(".".join(parts[:end]) in packages for end in range(1, len(parts) + 1))


def _shared(root: str, module: str) -> int:
    """How many leading names a folder and a module have in common."""
    count = 0
    for here, there in zip(root.split("."), module.split("."), strict=False):
        if here != there:
            break
        count += 1
    return count
