"""The names that converted code takes from elsewhere, and what they are called in its file."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from purveyor.migrate.source.project import External

if TYPE_CHECKING:
    from purveyor.migrate.source.files import SourceFile
    from purveyor.migrate.source.project import Project

__all__ = ["Borrowed"]

_HOMES = {
    "Any": "typing",
    "LegacyProvider": "purveyor.migrate",
    "Path": "pathlib",
    "ProviderType": "purveyor",
    "SecretStr": "pydantic",
    "dataclass": "dataclasses",
    "field": "dataclasses",
    "operation": "purveyor",
    "settings": "purveyor.migrate",
}


class Borrowed:
    """What one file imports for its conversion.

    A name that the file already has for the same thing is used as it is. Where it has the name for something else,
    or another module takes all of this one's names, it gets an alias that nobody else has.

    Attributes:
        postponed: Whether annotations are not evaluated as the file runs, so that none needs quotes.

    Args:
        project: The tree.
        file: The file.
        shared: Whether other modules import everything from it.
        discovered: Whether something looks through what the file defines, such as a loader of plugins.
    """

    def __init__(self, project: Project, file: SourceFile, *, shared: bool, discovered: bool = False) -> None:
        self.discovered = discovered
        self._project = project
        self._file = file
        self._local: dict[str, str] = {}
        self._imports: dict[str, list[str]] = {}
        tree = file.tree or ast.Module([], [])
        self.postponed = any(
            isinstance(each, ast.ImportFrom)
            and each.module == "__future__"
            and any(alias.name == "annotations" for alias in each.names)
            for each in tree.body
        )
        self._taken = set(_names(tree))
        self._shown = shared or discovered
        self._stars = any(
            isinstance(each, ast.ImportFrom) and each.names[0].name == "*" for each in ast.walk(tree)
        )

    def take(self, name: str) -> str:
        """What something is called in this file; it is imported if it is not there."""
        local = self._local.get(name)
        if local is None:
            local = self._local[name] = self._take(name)
        return local

    def new(self, name: str) -> str:
        """A name for a class of the file's own: ``name``, or one like it that no class of the tree has.

        Where others see all names of the file, or it those of others, it is one that a star does not bring.
        """
        if self._shown or self._stars:
            name = f"_{name.lstrip('_')}"
        taken = self._taken | {each.name for each in self._project.classes}
        candidates = (name, name.removesuffix("Config") + "Settings", *(f"{name}{n}" for n in range(2, 1000)))
        free = next(each for each in candidates if each not in taken)
        self._taken.add(free)
        return free

    @property
    def imports(self) -> list[str]:
        """The import statements to add, sorted by module; what gets an alias has one for itself."""
        found: list[str] = []
        for module, names in sorted(self._imports.items()):
            plain = sorted(each for each in names if " as " not in each)
            found += [f"from {module} import {', '.join(plain)}"] if plain else []
            found += [f"from {module} import {each}" for each in sorted(names) if " as " in each]
        return found

    def _take(self, name: str) -> str:
        home = _HOMES[name]
        there = self._project.resolve(self._file, name)
        if isinstance(there, External) and there.qualified == f"{home}.{name}" and name in self._bound_above():
            return name
        free = not self._stars and not self.discovered and not (self._shown and home.startswith("purveyor"))
        if (
            name == "LegacyProvider" and self.discovered
        ):  # a class among a module's names may be taken for a plugin
            return f"{self._bind('purveyor', 'migrate', free=False)}.{name}"
        return self._bind(home, name, free=free)

    def _bind(self, home: str, name: str, *, free: bool) -> str:
        """Import something by its name if that is free, or else by another that means nothing inside a class."""
        others = (f"_{name}", f"_purveyor_{name}", *(f"_purveyor_{name}{n}" for n in range(2, 1000)))
        local = next(each for each in ((name, *others) if free else others) if each not in self._taken)
        self._taken.add(local)
        self._imports.setdefault(home, []).append(name if local == name else f"{name} as {local}")
        return local

    def _bound_above(self) -> set[str]:
        """The names that import statements at the top of the module bind, once and for good."""
        bound: dict[str, int] = {}
        for node in self._file.tree.body if self._file.tree is not None else ():
            if isinstance(node, ast.Import | ast.ImportFrom):
                for each in node.names:
                    bound[each.asname or each.name] = bound.get(each.asname or each.name, 0) + 1
            elif isinstance(node, ast.ClassDef) or (
                bound and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
            ):
                break
        written = _names(self._file.tree or ast.Module([], []))
        return {name for name, count in bound.items() if written.count(name) == count}


def _names(tree: ast.AST) -> list[str]:
    """Every name that anything in a file binds, in whatever scope."""
    found: list[str] = []
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                found.append(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.append(name)
            case ast.arg(arg=name):
                found.append(name)
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                found += [(each.asname or each.name).partition(".")[0] for each in aliases]
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                found.append(name)
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                found += names
            case _:
                pass
    return found
