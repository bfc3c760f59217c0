"""A tree of Python files as one: its classes, what its names mean, and who calls what."""

from __future__ import annotations

import ast
from bisect import bisect_left
from functools import partial
from typing import TYPE_CHECKING

from purveyor.migrate.source.classes import Base, ClassFacts, Method, MethodKind, Place, Resolved
from purveyor.migrate.source.collection import no_collection
from purveyor.migrate.source.files import list_tree, read_files
from purveyor.migrate.source.modules import Modules
from purveyor.migrate.source.mro import linearize
from purveyor.migrate.source.names import (
    External,
    Function,
    FunctionNode,
    Import,
    Module,
    Scope,
    Unresolved,
    every_scope,
    read_scopes,
    source_of,
)
from purveyor.migrate.source.resolve import Resolver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from purveyor.migrate.source.files import SourceFile

__all__ = [
    "Base",
    "ClassFacts",
    "External",
    "Function",
    "Method",
    "MethodKind",
    "Module",
    "Place",
    "Project",
    "Resolved",
    "Unresolved",
    "read_project",
]


def read_project(
    root: Path, *, exclude: Sequence[str] = (), progress: Callable[[int, int, str], None] | None = None
) -> Project:
    """Read a tree and find out what its classes are; arguments and errors as for `read_tree`."""
    listing = list_tree(root, exclude=exclude)
    scopes: dict[SourceFile, Scope] = {}
    files: list[SourceFile] = []
    with no_collection():
        for file in read_files(listing, progress=progress):
            files.append(file)
            if file.tree is not None:
                scopes[file] = read_scopes(file, file.tree, partial(_holds, file.class_lines))
                if not file.class_lines:
                    file.forget_tree()
        return Project(root, tuple(files), scopes, listing.compiled)


class Project:
    """A tree that has been read; made by `read_project`.

    Attributes:
        root: What was read.
        files: Every file, sorted by path.
        classes: Every class, wherever it stands, sorted by path and line.
    """

    def __init__(
        self,
        root: Path,
        files: tuple[SourceFile, ...],
        scopes: dict[SourceFile, Scope],
        compiled: Iterable[str] = (),
    ) -> None:
        self.root = root
        self.files = files
        self._scopes = scopes
        self._inner: dict[SourceFile, dict[ast.AST, Scope]] = {}
        self._calls: dict[SourceFile, dict[str, list[ast.Call]]] = {}
        nodes: dict[ast.ClassDef, ClassFacts] = {}
        self._resolver = Resolver(Modules(files, compiled), scopes, nodes)
        for scope in scopes.values():
            for inner in every_scope(scope):
                if isinstance(inner.node, ast.ClassDef):
                    nodes[inner.node] = self._class(inner, inner.node)
        self.classes = tuple(sorted(nodes.values(), key=_position))
        self._link()

    def resolve(self, file: SourceFile, expression: str | ast.expr, scope: ast.AST | None = None) -> Resolved:
        """What an expression means: through imports, re-exports, stars and assignments.

        Args:
            file: Where it stands.
            expression: A node, or its source such as ``"providers.Base"``.
            scope: The class or function of the file whose names it sees; the module's if None.
        """
        if file not in self._scopes:
            return Unresolved(str(expression), f"{file.path} is {file.status}", 0)
        if isinstance(expression, str):
            try:
                expression = ast.parse(expression, mode="eval").body
            except (SyntaxError, ValueError):
                return Unresolved(str(expression), "it is no expression", 0)
        return self._resolver.resolve(self._scope(file, scope), expression)

    def calls(self, name: str) -> Iterator[tuple[SourceFile, ast.Call]]:
        """Every call whose function's last name is ``name``: ``f()``, ``module.f()``; by path and line."""
        word = name.encode()
        for file in self.files:
            if file.status == "ok" and (word in file.data or not file.encoding.startswith("utf-8")):
                yield from ((file, call) for call in self._calls_in(file).get(name, ()))

    def starred(self) -> frozenset[SourceFile]:
        """The files of which another module imports everything, by ``from module import *``."""
        found: set[SourceFile] = set()
        for file, scope in self._scopes.items():
            for star in scope.stars:
                assert isinstance(star.target, Import), "only an import brings everything"
                module = self._resolver.modules.find(file, star.target.module, star.target.level)
                if isinstance(module, Module) and module.file is not None:
                    found.add(module.file)
        return frozenset(found)

    def _calls_in(self, file: SourceFile) -> dict[str, list[ast.Call]]:
        known = self._calls.get(file)
        if known is None:
            known = self._calls[file] = {}
            for node in ast.walk(file.tree or ast.Module([], [])):
                if isinstance(node, ast.Call):
                    match node.func:
                        case ast.Name(id=name) | ast.Attribute(attr=name):
                            known.setdefault(name, []).append(node)
                        case _:
                            pass
            for found in known.values():
                found.sort(key=lambda call: (call.lineno, call.col_offset))
        return known

    def _scope(self, file: SourceFile, node: ast.AST | None) -> Scope:
        module = self._scopes[file]
        if node is None or isinstance(node, ast.Module):
            return module
        inner = self._inner.get(file)
        if inner is None:
            assert file.tree is not None, "a file with names has a tree"
            inner = self._inner[file] = {}
            inner.update((one.node, one) for one in every_scope(read_scopes(file, file.tree, lambda _: True)))
        return inner.get(node, module)

    def _class(self, scope: Scope, node: ast.ClassDef) -> ClassFacts:
        parent = scope.parent
        assert parent is not None, "a class stands in a scope"
        place: Place = "module" if not scope.path else "conditional"
        if isinstance(parent.node, ast.ClassDef):
            place = "class"
        elif not isinstance(parent.node, ast.Module):
            place = "function"
        shadowed = any(
            isinstance(one.target, ast.ClassDef)
            and one.position > (node.lineno, node.col_offset)
            and scope.path[: len(one.path)] == one.path
            for one in parent.bindings[node.name]
        )
        return ClassFacts(scope.file, node, scope, place, shadowed, self._resolver.resolve, scope.qualname)

    def _link(self) -> None:
        derived: dict[ClassFacts, list[ClassFacts]] = {}
        for facts in self.classes:
            facts.bases = tuple(
                Base(source_of(node), self._resolver.base(facts, node)) for node in facts.node.bases
            )
            for base in facts.bases:
                if isinstance(base.resolved, ClassFacts) and facts not in derived.setdefault(base.resolved, []):
                    derived[base.resolved].append(facts)
        for facts, found in derived.items():
            facts.subclasses = tuple(found)
        linearize(self.classes)


def _position(facts: ClassFacts) -> tuple[str, int, int]:
    return facts.file.path, facts.node.lineno, facts.node.col_offset


def _holds(lines: Sequence[int], node: FunctionNode) -> bool:
    """Whether a function spans one of the lines, which are sorted."""
    first = bisect_left(lines, node.lineno)
    return first < len(lines) and lines[first] <= (node.end_lineno or node.lineno)
