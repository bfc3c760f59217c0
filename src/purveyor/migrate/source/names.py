"""What the names in a file are bound to, and where: each scope's bindings, read off the syntax tree."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from purveyor.migrate.source.files import SourceFile

__all__ = ["Binding", "External", "Function", "Import", "Module", "Scope", "Unresolved"]

Position: TypeAlias = tuple[int, int]  # line and column of the statement that binds
Path: TypeAlias = tuple[tuple[int, int, int], ...]  # the branches a statement stands in: line, column, which arm
FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class External:
    """Something that is not of the tree, by its full name: ``abc.ABC``, ``builtins.ValueError``."""

    qualified: str


@dataclass(frozen=True, slots=True)
class Unresolved:
    """An expression whose meaning cannot be read off the source."""

    name: str
    reason: str
    line: int


@dataclass(frozen=True, slots=True)
class Module:
    """A module of the tree; a namespace package has no file."""

    name: str
    file: SourceFile | None


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the tree, or a method."""

    file: SourceFile
    node: FunctionNode
    qualname: str


@dataclass(frozen=True, slots=True)
class Import:
    """One name that an import statement brings: a module (``name`` is None), or something of it (``"*"``: everything)."""

    module: str
    name: str | None
    level: int = 0


@dataclass(frozen=True, slots=True)
class Binding:
    """One place where a name gets its value; ``target`` is None for a value that is only known at run time."""

    position: Position
    path: Path
    typing_only: bool
    target: Import | ast.ClassDef | FunctionNode | ast.expr | None


@dataclass(eq=False)
class Scope:
    """A module, a class body or a function, and what its own statements bind."""

    file: SourceFile
    node: ast.Module | ast.ClassDef | FunctionNode
    parent: Scope | None
    path: Path = ()  # where its statement stands in the parent
    qualname: str = ""
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    stars: list[Binding] = field(default_factory=list)
    exports: frozenset[str] | None = None  # `__all__`, where it can be read
    outer: set[str] = field(default_factory=set)  # names that `global` and `nonlocal` send elsewhere
    inner: list[Scope] = field(default_factory=list)

    def inside(self, name: str) -> str:
        """The qualified name of something that this scope defines, as ``__qualname__`` has it."""
        if not self.qualname:
            return name
        if isinstance(self.node, ast.ClassDef):
            return f"{self.qualname}.{name}"
        return f"{self.qualname}.<locals>.{name}"


def read_scopes(file: SourceFile, tree: ast.Module, enter: Callable[[FunctionNode], bool]) -> Scope:
    """Read the module, every class in it, and the functions that are worth it.

    Args:
        file: Where the tree is from.
        tree: What to read.
        enter: Whether a function is worth reading: what it binds and defines stays unknown otherwise.
    """
    module = Scope(file, tree, None)
    waiting = [module]
    while waiting:
        scope = waiting.pop()
        _ScopeReader(scope, enter).read()
        waiting.extend(reversed(scope.inner))
    return module


def every_scope(module: Scope) -> Iterator[Scope]:
    """A scope and all below it, in the order of the source."""
    waiting = [module]
    while waiting:
        scope = waiting.pop()
        yield scope
        waiting.extend(reversed(scope.inner))


_Work: TypeAlias = tuple[ast.stmt, Path, bool]


class _ScopeReader:
    """Goes over the statements of one scope once; branches are followed, inner scopes are left for later."""

    def __init__(self, scope: Scope, enter: Callable[[FunctionNode], bool]) -> None:
        self.scope = scope
        self.enter = enter
        self.exported: set[str] = set()
        self.exports_known = False
        self.work: list[_Work] = []

    def read(self) -> None:
        node = self.scope.node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            arguments = node.args
            for one in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
                self._opaque(one.arg, node, (), typing_only=False)
            for other in (arguments.vararg, arguments.kwarg):
                if other is not None:
                    self._opaque(other.arg, node, (), typing_only=False)
        self._push(node.body, (), typing_only=False)
        while self.work:
            self._statement(*self.work.pop())
        if self.exports_known:
            self.scope.exports = frozenset(self.exported)

    def _push(self, body: list[ast.stmt], path: Path, *, typing_only: bool) -> None:
        self.work.extend((one, path, typing_only) for one in reversed(body))

    def _arms(self, node: ast.stmt, arms: list[list[ast.stmt]], path: Path, *, typing_only: bool) -> None:
        for number in reversed(range(len(arms))):
            arm = (*path, (node.lineno, node.col_offset, number))
            self._push(arms[number], arm, typing_only=typing_only)

    def _bind(
        self, name: str, node: ast.stmt, path: Path, typing_only: bool, target: Import | ast.stmt | ast.expr | None
    ) -> None:
        binding = Binding((node.lineno, node.col_offset), path, typing_only, target)  # type: ignore[arg-type]
        self.scope.bindings.setdefault(name, []).append(binding)

    def _opaque(self, name: str, node: ast.stmt, path: Path, *, typing_only: bool) -> None:
        self._bind(name, node, path, typing_only, None)

    def _statement(self, node: ast.stmt, path: Path, typing_only: bool) -> None:  # noqa: PLR0912 - one case a statement
        match node:
            case ast.ClassDef():
                self._bind(node.name, node, path, typing_only, node)
                self._inner(node, path)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._bind(node.name, node, path, typing_only, node)
                if self.enter(node):
                    self._inner(node, path)
            case ast.Import():
                for one in node.names:
                    module = one.name if one.asname else one.name.partition(".")[0]
                    self._bind(one.asname or module, node, path, typing_only, Import(module, None))
            case ast.ImportFrom():
                self._import_from(node, path, typing_only)
            case ast.Assign():
                for target in node.targets:
                    self._assign(target, node.value, node, path, typing_only)
            case ast.AnnAssign():
                if node.value is not None:
                    self._assign(node.target, node.value, node, path, typing_only)
            case ast.AugAssign():
                self._augment(node, path, typing_only)
            case ast.If():
                self._if(node, path, typing_only)
            case ast.Try() | ast.TryStar():
                handlers = [one.body for one in node.handlers]
                self._push(node.finalbody, path, typing_only=typing_only)
                self._arms(node, [[*node.body, *node.orelse], *handlers], path, typing_only=typing_only)
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    if item.optional_vars is not None:
                        self._assign(item.optional_vars, None, node, path, typing_only)
                self._arms(node, [node.body], path, typing_only=typing_only)
            case ast.For() | ast.AsyncFor():
                self._assign(node.target, None, node, path, typing_only)
                self._arms(node, [node.body, node.orelse], path, typing_only=typing_only)
            case ast.While():
                self._arms(node, [node.body, node.orelse], path, typing_only=typing_only)
            case ast.Match():
                self._arms(node, [one.body for one in node.cases], path, typing_only=typing_only)
            case ast.Global() | ast.Nonlocal():
                self.scope.outer.update(node.names)
            case ast.Expr():
                self._extend_exports(node.value)
            case _:
                pass

    def _inner(self, node: ast.ClassDef | FunctionNode, path: Path) -> None:
        scope = self.scope
        scope.inner.append(Scope(scope.file, node, scope, path, scope.inside(node.name)))

    def _if(self, node: ast.If, path: Path, typing_only: bool) -> None:
        truth = _truth(node.test)
        if truth == "typing" or truth == "not typing":
            arms = [(0, node.body, typing_only or truth == "typing"), (1, node.orelse, typing_only or truth != "typing")]
        else:
            arms = [(0, node.body, typing_only), (1, node.orelse, typing_only)]
        for number, body, only in reversed(arms):
            self._push(body, (*path, (node.lineno, node.col_offset, number)), typing_only=only)

    def _import_from(self, node: ast.ImportFrom, path: Path, typing_only: bool) -> None:
        for one in node.names:
            target = Import(node.module or "", one.name, node.level)
            if one.name == "*":
                self.scope.stars.append(Binding((node.lineno, node.col_offset), path, typing_only, target))
            else:
                self._bind(one.asname or one.name, node, path, typing_only, target)

    def _assign(self, target: ast.expr, value: ast.expr | None, node: ast.stmt, path: Path, typing_only: bool) -> None:
        pairs = [(target, value)]
        while pairs:
            target, value = pairs.pop()
            match target:
                case ast.Name():
                    self._bind(target.id, node, path, typing_only, value)
                    if target.id == "__all__":
                        self.exported.clear()
                        self._export(value)
                case ast.Starred():
                    pairs.append((target.value, None))
                case ast.Tuple() | ast.List():
                    values = _pairwise(target.elts, value)
                    pairs.extend(zip(target.elts, values, strict=True))
                case _:
                    pass

    def _augment(self, node: ast.AugAssign, path: Path, typing_only: bool) -> None:
        if isinstance(node.target, ast.Name):
            if node.target.id == "__all__":
                self._export(node.value, more=True)
            else:
                self._opaque(node.target.id, node, path, typing_only=typing_only)

    def _extend_exports(self, value: ast.expr) -> None:
        match value:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="__all__"), attr="extend" | "append" as how), args=[added]):
                self._export(ast.List([added]) if how == "append" else added, more=True)
            case _:
                pass

    def _export(self, value: ast.expr | None, *, more: bool = False) -> None:
        names = _strings(value)
        self.exports_known = names is not None and (self.exports_known or not more)
        self.exported.update(names or ())


def _truth(test: ast.expr) -> str:
    """Whether a condition is the type checker's."""
    match test:
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return "typing"
        case ast.UnaryOp(op=ast.Not(), operand=inner) if _truth(inner) == "typing":
            return "not typing"
        case _:
            return ""


def _pairwise(targets: list[ast.expr], value: ast.expr | None) -> list[ast.expr | None]:
    values = value.elts if isinstance(value, ast.Tuple | ast.List) else []
    if len(values) != len(targets) or any(isinstance(one, ast.Starred) for one in [*values, *targets]):
        return [None] * len(targets)
    return list(values)


def _strings(value: ast.expr | None) -> list[str] | None:
    if not isinstance(value, ast.List | ast.Tuple):
        return None
    found = [one.value for one in value.elts if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    return found if len(found) == len(value.elts) else None
