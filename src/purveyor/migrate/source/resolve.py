"""What an expression in a file means: a class, a function or a module of the tree, or something outside it."""

from __future__ import annotations

import ast
import builtins
import sys
from itertools import groupby
from typing import TYPE_CHECKING, TypeAlias

from purveyor.migrate.source.classes import ClassFacts
from purveyor.migrate.source.names import (
    External,
    Function,
    FunctionNode,
    Import,
    Module,
    Scope,
    Unresolved,
    source_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from purveyor.migrate.source.classes import Resolved
    from purveyor.migrate.source.files import SourceFile
    from purveyor.migrate.source.modules import Modules
    from purveyor.migrate.source.names import Binding, Path, Position

__all__ = ["Resolver"]

_END: Position = (1 << 60, 0)
_MOST_STEPS = 1_000  # that one expression is followed: names that go in circles may do so in very many ways
# Calls whose result is a class, and as what it counts.
_FACTORIES = frozenset({
    "collections.namedtuple", "enum.Enum", "enum.IntEnum", "typing.NamedTuple", "typing.NewType",
    "typing.TypedDict", "typing_extensions.NamedTuple", "typing_extensions.NewType",
    "typing_extensions.TypedDict",
})  # fmt: skip

_Key: TypeAlias = "tuple[Scope, str, Position]"
_Place: TypeAlias = "tuple[Scope, str, Position, Path]"


class Resolver:
    """Follows names through scopes, imports and assignments, as Python would at run time."""

    def __init__(
        self, modules: Modules, scopes: dict[SourceFile, Scope], classes: dict[ast.ClassDef, ClassFacts]
    ) -> None:
        self.modules = modules
        self._scopes = scopes
        self._classes = classes
        self._active: set[_Key] = set()
        self._known: dict[_Place, Resolved | None] = {}
        self._circles = 0  # how often a meaning hung on what was being looked for just then
        self._steps = 0
        modules.learn_own_name(self._absolute_imports(), self._provides)

    def resolve(self, scope: Scope, node: ast.expr, *, at: Position = _END, path: Path = ()) -> Resolved:
        """What an expression means where it stands.

        Args:
            scope: The scope whose names it sees first.
            node: The expression.
            at: Only what is bound before this place counts; the end of the file for code that runs later.
            path: The branches in which it stands.
        """
        if not self._active:
            self._steps = 0
        try:
            found = self._expression(scope, node, at, path)
        except RecursionError:
            self._circles += 1
            found = Unresolved("", "it is nested too deeply", 0)
        if isinstance(found, Unresolved):
            return Unresolved(source_of(node), found.reason, getattr(node, "lineno", 0))
        return found

    def base(self, facts: ClassFacts, node: ast.expr) -> ClassFacts | External | Unresolved:
        """What a base of a class is."""
        scope = facts.scope.parent
        assert scope is not None, "a class stands in a scope"
        found = self.resolve(scope, node, at=(facts.node.lineno, facts.node.col_offset), path=facts.scope.path)
        if isinstance(found, Function | Module):
            kind = "function" if isinstance(found, Function) else "module"
            return Unresolved(source_of(node), f"it is a {kind}", node.lineno)
        return found

    def _expression(self, scope: Scope, node: ast.expr, at: Position, path: Path) -> Resolved:
        found: Resolved
        match node:
            case ast.Name(id=name):
                found = self._name(scope, name, at, path)
            case ast.Attribute(value=value, attr=attr):
                found = self._attribute(self._expression(scope, value, at, path), attr)
            case ast.Subscript(value=value):
                found = self._expression(scope, value, at, path)
            case ast.IfExp(body=first, orelse=second):
                found = self._first(self._expression(scope, one, at, path) for one in (first, second))
            case ast.BoolOp(values=values):
                found = self._first(self._expression(scope, one, at, path) for one in values)
            case ast.Call(func=func):
                found = self._expression(scope, func, at, path)
                if not (isinstance(found, External) and found.qualified in _FACTORIES):
                    found = Unresolved("", "it is what a call returns", 0)
            case ast.Constant(value=str()):
                found = Unresolved("", "it is a string", 0)
            case _:
                found = Unresolved("", "it is computed at run time", 0)
        return found

    def _first(self, found: Iterable[Resolved]) -> Resolved:
        """The first that means something; else the first."""
        problem: Resolved | None = None
        for one in found:
            if not isinstance(one, Unresolved):
                return one
            problem = problem or one
        assert problem is not None, "there is at least one candidate"
        return problem

    def _name(self, scope: Scope, name: str, at: Position, path: Path) -> Resolved:
        current: Scope | None = scope
        while current is not None:
            if isinstance(current.node, ast.Module) or name not in current.outer:
                found = self._bound(current, name, at, path)
                if found is not None:
                    return found
            if isinstance(current.node, FunctionNode):
                at, path = _END, ()  # its body runs when the module is complete
            else:
                path = current.path
            current = current.parent
            while current is not None and isinstance(current.node, ast.ClassDef):
                path = current.path
                current = current.parent  # a class body is no scope to what is nested in it
        if hasattr(builtins, name):
            return External(f"builtins.{name}")
        behind = self._behind_stars(self._scopes[scope.file], name)
        return behind or Unresolved(name, "nothing defines or imports it", 0)

    def _bound(self, scope: Scope, name: str, at: Position, path: Path) -> Resolved | None:
        """What a name is bound to in one scope; None if nothing in it binds the name."""
        place, key = (scope, name, at, path), (scope, name, at)
        if place in self._known:
            return self._known[place]
        if key in self._active:
            self._circles += 1
            return Unresolved(name, "it is defined in a circle", 0)
        if self._steps == _MOST_STEPS:
            self._circles += 1
            return Unresolved(name, "it goes in too many circles", 0)
        self._steps += 1
        circles = self._circles
        self._active.add(key)
        try:
            candidates = self._candidates(scope, name, at, path)
            found = self._first(self._target(scope, name, one) for one in candidates) if candidates else None
        finally:
            self._active.discard(key)
        if self._circles == circles or not (path or self._active):
            self._known[place] = found
        return found

    def _candidates(self, scope: Scope, name: str, at: Position, path: Path) -> list[Binding]:
        """The bindings that may hold at a place, the likeliest first; those of a type checker come last."""
        bindings = scope.bindings.get(name, [])
        if scope.stars:
            stars = [one for one in scope.stars if self._brings(scope, one, name)]
            bindings = sorted([*bindings, *stars], key=lambda one: one.position)
        found: list[Binding] = []
        for typing_only in (False, True):
            possible = [
                one
                for one in bindings
                if one.typing_only == typing_only and one.position < at and not _contradict(one.path, path)
            ]
            found += _likeliest(possible, path, 0)[0]
        return found

    def _target(self, scope: Scope, name: str, binding: Binding) -> Resolved:
        match binding.target:
            case None:
                return Unresolved(name, "its value is only known at run time", 0)
            case Import() as imported:
                return self._imported(scope.file, imported, name if imported.name == "*" else imported.name)
            case ast.ClassDef() as node:
                return self._classes[node]
            case ast.FunctionDef() | ast.AsyncFunctionDef() as node:
                return Function(scope.file, node, scope.inside(node.name))
            case value:
                return self._expression(scope, value, binding.position, binding.path)

    def _imported(self, importer: SourceFile, imported: Import, name: str | None) -> Resolved:
        module = self.modules.find(importer, imported.module, imported.level)
        if not isinstance(module, Module) or name is None:
            if isinstance(module, External) and name is not None:
                return External(
                    f"{module.qualified}.{name}" if module.qualified.strip(".") else module.qualified + name
                )
            return module
        return self._of_module(module, name)

    def _brings(self, scope: Scope, star: Binding, name: str) -> bool:
        """Whether a star import binds a name, through other stars if need be, which may go in circles."""
        waiting = [(scope, star)]
        active = {each for each, wanted, _ in self._active if wanted == name}
        seen = set(active)
        while waiting:
            importer, one = waiting.pop()
            module = self._starred(importer, one)
            inner = self._scopes.get(module.file) if isinstance(module, Module) and module.file else None
            self._circles += inner in active
            if inner is None or inner in seen:
                continue
            seen.add(inner)
            if inner.exports is not None:
                if name in inner.exports:
                    return True
            elif not name.startswith("_"):
                if name in inner.bindings:
                    return True
                waiting.extend((inner, further) for further in inner.stars)
        return False

    def _starred(self, scope: Scope, star: Binding) -> Module | External | Unresolved:
        assert isinstance(star.target, Import), "a star is an import"
        return self.modules.find(scope.file, star.target.module, star.target.level)

    def _behind_stars(self, scope: Scope, name: str) -> External | Unresolved | None:
        """What a name may be that nothing binds: one that a star brings from where nobody can look."""
        waiting, seen, unseen = [scope], {scope}, list[External | Unresolved]()
        while waiting:
            importer = waiting.pop()
            for star in importer.stars:
                module = self._starred(importer, star)
                inner = self._scopes.get(module.file) if isinstance(module, Module) and module.file else None
                if inner is not None and inner not in seen:
                    seen.add(inner)
                    waiting.append(inner)
                elif not isinstance(module, Module) and module not in unseen:
                    unseen.append(module)
        if len(unseen) > 1:
            return Unresolved(name, "it comes from one of several star imports", 0)
        if unseen and isinstance(unseen[0], External):
            return External(f"{unseen[0].qualified}.{name}")
        return unseen[0] if unseen else None

    def _of_scope(self, scope: Scope, name: str) -> Resolved | None:
        return self._bound(scope, name, _END, ())

    def _of_module(self, module: Module, name: str) -> Resolved:
        scope = self._scopes.get(module.file) if module.file else None
        circular = (scope, name, _END) in self._active  # as in a package's own `from . import name`
        self._circles += circular
        if scope is not None and not circular:
            found = self._of_scope(scope, name)
            if found is not None:
                return found
        inner = self.modules.named(f"{module.name}.{name}".lstrip("."))
        if inner is not None:
            return inner
        if module.name in sys.stdlib_module_names or (module.name and module.file is None):
            return External(f"{module.name}.{name}")
        return self._missing(module, scope, name, circular=circular)

    def _missing(self, module: Module, scope: Scope | None, name: str, *, circular: bool) -> Resolved:
        if circular:
            return Unresolved(name, "it is defined in a circle", 0)
        if module.file is None:
            return Unresolved(name, f"there is no module {name} in the tree", 0)
        if scope is None:
            return Unresolved(name, f"{module.file.path} is {module.file.status}", 0)
        behind = None if hasattr(builtins, name) else self._behind_stars(scope, name)
        return behind or Unresolved(name, f"{module.file.path} does not define it", 0)

    def _absolute_imports(self) -> Iterator[tuple[str, str]]:
        for scope in self._scopes.values():
            for bound in scope.bindings.values():
                for one in bound:
                    if isinstance(one.target, Import) and one.target.name is not None and not one.target.level:
                        yield one.target.module, one.target.name

    def _provides(self, module: Module, name: str) -> bool:
        scope = self._scopes.get(module.file) if module.file else None
        if scope is not None and (
            name in scope.bindings or any(self._brings(scope, one, name) for one in scope.stars)
        ):
            return True
        return self.modules.named(f"{module.name}.{name}".lstrip(".")) is not None

    def _attribute(self, owner: Resolved, name: str) -> Resolved:
        match owner:
            case External(qualified):
                return External(f"{qualified}.{name}")
            case Module():
                return self._of_module(owner, name)
            case ClassFacts():
                return self._of_class(owner, name)
            case Function():
                return Unresolved(name, "it is an attribute of a function", 0)
            case _:
                return owner

    def _of_class(self, facts: ClassFacts, name: str) -> Resolved:
        waiting, seen = [facts], {facts}
        while waiting:
            one = waiting.pop()
            found = self._of_scope(one.scope, name)
            if found is not None:
                return found
            for node in reversed(one.node.bases):
                base = self.base(one, node)
                if isinstance(base, ClassFacts) and base not in seen:
                    seen.add(base)
                    waiting.append(base)
        return Unresolved(name, f"{facts.qualname} does not define it", 0)


def _likeliest(bindings: list[Binding], path: Path, depth: int) -> tuple[list[Binding], bool]:
    """Order bindings of one name, given in the order of the source: the latest statement first.

    Of the branches of one statement the first comes first, for it is what the author hopes for (``try: from fast
    import X``, ``except ImportError: X = None``). Nothing before a binding that is certain at `path` counts.

    Returns:
        The bindings, and whether the last of them is certain.
    """
    found: list[Binding] = []
    groups = [
        list(group) for _, group in groupby(bindings, key=lambda one: [step[:2] for step in one.path[depth:][:1]])
    ]
    for group in reversed(groups):
        if len(group[0].path) == depth:
            return [*found, group[-1]], True
        for step in sorted({one.path[depth] for one in group}):
            inner, certain = _likeliest([one for one in group if one.path[depth] == step], path, depth + 1)
            found += inner
            if certain and path[depth : depth + 1] == (step,):
                return found, True
    return found, False


def _contradict(one: Path, other: Path) -> bool:
    """Whether two places are on different branches of one statement."""
    for here, there in zip(one, other, strict=False):
        if here[:2] != there[:2]:
            return False
        if here[2] != there[2]:
            return True
    return False
