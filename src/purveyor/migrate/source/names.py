"""What the names in a file are bound to, and where: each scope's bindings, read off the syntax tree."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator

    from purveyor.migrate.source.files import SourceFile

__all__ = [
    "Binding",
    "External",
    "Function",
    "FunctionNode",
    "Import",
    "Module",
    "Path",
    "Position",
    "Scope",
    "Unresolved",
    "every_scope",
    "parameters",
    "read_scopes",
    "source_of",
]

Position: TypeAlias = tuple[int, int]  # line and column of the statement that binds
Path: TypeAlias = tuple[tuple[int, int, int], ...]  # the branches a statement stands in: line, column, which arm
FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


def source_of(node: ast.AST) -> str:
    """An expression as text, on one line."""
    try:
        return ast.unparse(node)
    except RecursionError:
        return "..."


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
    """One name that an import statement brings: a module (``name`` is None), or what it defines."""

    module: str
    name: str | None
    level: int = 0


Target: TypeAlias = Import | ast.ClassDef | FunctionNode | ast.expr | None


@dataclass(frozen=True, slots=True)
class Binding:
    """One place where a name gets its value; ``target`` is None for a value that is only known at run time."""

    position: Position
    path: Path
    typing_only: bool
    target: Target


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
    annotated: list[str] = field(default_factory=list)  # names with an annotation and no value
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


class _ScopeReader:
    """Goes over the statements of one scope once; branches are followed, inner scopes are left for later."""

    def __init__(self, scope: Scope, enter: Callable[[FunctionNode], bool]) -> None:
        self.scope = scope
        self.enter = enter
        self.work: list[tuple[ast.stmt, Path, bool]] = []
        self.position: Position = (0, 0)  # of the statement that is being read, and its branches
        self.path: Path = ()
        self.typing_only = False

    def read(self) -> None:
        node = self.scope.node
        if isinstance(node, FunctionNode):
            self.position = (node.lineno, node.col_offset)
            for parameter in parameters(node):
                self._bind(parameter, None)
        self._push(node.body)
        while self.work:
            statement, self.path, self.typing_only = self.work.pop()
            self.position = (statement.lineno, statement.col_offset)
            reader = _READERS.get(type(statement))
            if reader is not None:
                reader(self, statement)

    def _push(self, body: list[ast.stmt]) -> None:
        self.work.extend((one, self.path, self.typing_only) for one in reversed(body))

    def _push_arms(self, *arms: list[ast.stmt], typing_arms: Container[int] = ()) -> None:
        """Read the branches next, in their order."""
        for number, body in reversed(list(enumerate(arms))):
            path = (*self.path, (*self.position, number))
            typing_only = self.typing_only or number in typing_arms
            self.work.extend((one, path, typing_only) for one in reversed(body))

    def _bind(self, name: str, target: Target) -> None:
        binding = Binding(self.position, self.path, self.typing_only, target)
        self.scope.bindings.setdefault(name, []).append(binding)

    def _class(self, node: ast.ClassDef) -> None:
        self._bind(node.name, node)
        self._inner(node)

    def _function(self, node: FunctionNode) -> None:
        self._bind(node.name, node)
        if self.enter(node):
            self._inner(node)

    def _inner(self, node: ast.ClassDef | FunctionNode) -> None:
        scope = self.scope
        scope.inner.append(Scope(scope.file, node, scope, self.path, scope.inside(node.name)))

    def _import(self, node: ast.Import) -> None:
        for one in node.names:
            module = one.name if one.asname else one.name.partition(".")[0]
            self._bind(one.asname or module, Import(module, None))

    def _import_from(self, node: ast.ImportFrom) -> None:
        for one in node.names:
            target = Import(node.module or "", one.name, node.level)
            if one.name == "*":
                self.scope.stars.append(Binding(self.position, self.path, self.typing_only, target))
            else:
                self._bind(one.asname or one.name, target)

    def _assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self._target(target, node.value)

    def _annotated(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._target(node.target, node.value)
        elif isinstance(node.target, ast.Name):
            self.scope.annotated.append(node.target.id)

    def _augmented(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            if node.target.id == "__all__":
                self._export(node.value)
            else:
                self._bind(node.target.id, None)

    def _target(self, target: ast.expr, value: ast.expr | None) -> None:
        pairs = [(target, value)]
        while pairs:
            target, value = pairs.pop()
            match target:
                case ast.Name(id=name):
                    self._bind(name, value)
                    if name == "__all__":
                        self.scope.exports = frozenset()
                        self._export(value)
                case ast.Starred(value=inner):
                    pairs.append((inner, None))
                case ast.Tuple(elts=targets) | ast.List(elts=targets):
                    pairs.extend(zip(targets, _pairwise(targets, value), strict=True))
                case _:
                    pass

    def _if(self, node: ast.If) -> None:
        arms, typing_arms = [node.body], set[int]()
        while True:  # a chain of elif is one statement, however long
            typing_arm = _typing_arm(node.test)
            if typing_arm is not None:
                typing_arms.add(len(arms) - 1 + typing_arm)
            match node.orelse:
                case [ast.If() as node]:
                    arms.append(node.body)
                case otherwise:
                    self._push_arms(*arms, otherwise, typing_arms=typing_arms)
                    return

    def _loop(self, node: ast.For | ast.AsyncFor) -> None:
        self._target(node.target, None)
        self._push_arms(node.body, node.orelse)

    def _while(self, node: ast.While) -> None:
        self._push_arms(node.body, node.orelse)

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            if item.optional_vars is not None:
                self._target(item.optional_vars, None)
        self._push_arms(node.body)

    def _try(self, node: ast.Try | ast.TryStar) -> None:
        self._push(node.finalbody)
        self._push_arms([*node.body, *node.orelse], *(one.body for one in node.handlers))

    def _match(self, node: ast.Match) -> None:
        self._push_arms(*(one.body for one in node.cases))

    def _elsewhere(self, node: ast.Global | ast.Nonlocal) -> None:
        self.scope.outer.update(node.names)

    def _expression(self, node: ast.Expr) -> None:
        match node.value:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="__all__"), attr="extend"), args=[added]):
                self._export(added)
            case ast.Call(func=ast.Attribute(value=ast.Name(id="__all__"), attr="append"), args=[added]):
                self._export(ast.List([added]))
            case _:
                pass

    def _export(self, value: ast.expr | None) -> None:
        """Add to ``__all__``; once something in it cannot be read, all of it is unknown."""
        names = _strings(value)
        known = self.scope.exports
        self.scope.exports = None if names is None or known is None else known.union(names)


_READERS: dict[type[ast.stmt], Callable[[_ScopeReader, Any], None]] = {
    ast.ClassDef: _ScopeReader._class,
    ast.FunctionDef: _ScopeReader._function,
    ast.AsyncFunctionDef: _ScopeReader._function,
    ast.Import: _ScopeReader._import,
    ast.ImportFrom: _ScopeReader._import_from,
    ast.Assign: _ScopeReader._assign,
    ast.AnnAssign: _ScopeReader._annotated,
    ast.AugAssign: _ScopeReader._augmented,
    ast.If: _ScopeReader._if,
    ast.For: _ScopeReader._loop,
    ast.AsyncFor: _ScopeReader._loop,
    ast.While: _ScopeReader._while,
    ast.With: _ScopeReader._with,
    ast.AsyncWith: _ScopeReader._with,
    ast.Try: _ScopeReader._try,
    ast.TryStar: _ScopeReader._try,
    ast.Match: _ScopeReader._match,
    ast.Global: _ScopeReader._elsewhere,
    ast.Nonlocal: _ScopeReader._elsewhere,
    ast.Expr: _ScopeReader._expression,
}


def parameters(node: FunctionNode) -> list[str]:
    """Every name that calling a function binds."""
    arguments = node.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    return [one.arg for one in named if one is not None]


def _typing_arm(test: ast.expr) -> int | None:
    """Which branch of an ``if`` only a type checker takes."""
    match test:
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return 0
        case ast.UnaryOp(op=ast.Not(), operand=inner) if _typing_arm(inner) == 0:
            return 1
        case _:
            return None


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
