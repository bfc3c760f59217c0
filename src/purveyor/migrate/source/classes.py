"""What a class of the tree is: its bases, its methods and its attributes."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

from purveyor.migrate.source.names import External, Function, FunctionNode, Unresolved, parameters, source_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from purveyor.migrate.source.files import SourceFile
    from purveyor.migrate.source.names import Module, Scope

__all__ = ["Base", "ClassFacts", "Method", "MethodKind", "Place", "Resolved"]

Place = Literal["module", "class", "function", "conditional"]
MethodKind = Literal["method", "static", "class", "property", "setter"]

_ABSTRACT = ("abstractmethod", "abstractproperty", "abstractclassmethod", "abstractstaticmethod")
_IMPLICIT_CLASS_METHODS = ("__new__", "__init_subclass__", "__class_getitem__")
_KINDS: dict[str, MethodKind] = {
    "staticmethod": "static",
    "abstractstaticmethod": "static",
    "classmethod": "class",
    "abstractclassmethod": "class",
    "property": "property",
    "cached_property": "property",
    "abstractproperty": "property",
    "getter": "property",
    "setter": "setter",
    "deleter": "setter",
}
# Classes outside the tree whose metaclass is ABCMeta, or derived from it.
_ABC = frozenset({
    "abc.ABC", "abc.ABCMeta", "typing.Protocol", "typing_extensions.Protocol", "pydantic.BaseModel",
    "purveyor.Provider", "purveyor.provider.Provider", "purveyor.migrate.LegacyProvider",
})  # fmt: skip
_ABC_MODULES = ("collections.abc.", "numbers.")
# Classes outside the tree that have no methods which could implement something abstract.
_BARE = frozenset({
    "abc.ABC", "builtins.object", "typing.Generic", "typing.Protocol", "typing_extensions.Generic",
    "typing_extensions.Protocol",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Base:
    """One base in a class statement.

    Args:
        expression: As it is written, without subscripts of its own being taken away: ``Base[Config]``.
        resolved: What it is; a subscripted base is the class that is subscripted.
    """

    expression: str
    resolved: ClassFacts | External | Unresolved


@dataclass(frozen=True, eq=False)
class Method:
    """A function in a class body, or an alias of one (``aclose = cleanup``).

    Args:
        name: The name in the class.
        node: The definition; an alias has that of its original.
        kind: A property's setter and deleter are ``"setter"``, and stand for the property.
        decorators: Full names where they can be resolved, else as written; without arguments.
        is_abstract: Whether a decorator makes it abstract.
    """

    name: str
    node: FunctionNode
    kind: MethodKind = "method"
    decorators: tuple[str, ...] = ()
    is_abstract: bool = False

    @property
    def line(self) -> int:
        """The line of the ``def``, from 1."""
        return self.node.lineno

    @property
    def is_async(self) -> bool:
        """Whether it is an ``async def``."""
        return isinstance(self.node, ast.AsyncFunctionDef)

    @cached_property
    def is_generator(self) -> bool:
        """Whether it yields; together with `is_async`: an async generator."""
        return any(isinstance(node, ast.Yield | ast.YieldFrom) for node in _own_nodes(self.node))

    @property
    def receiver(self) -> str | None:
        """What the method calls its first parameter, mostly ``self`` or ``cls``; None if there is none."""
        positional = [*self.node.args.posonlyargs, *self.node.args.args]
        return positional[0].arg if positional and self.kind != "static" else None

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """Positional and keyword parameters in order, without the receiver."""
        arguments = self.node.args
        positional = [one.arg for one in (*arguments.posonlyargs, *arguments.args)]
        return (*positional[self.kind != "static" :], *(one.arg for one in arguments.kwonlyargs))

    @cached_property
    def required(self) -> tuple[str, ...]:
        """The parameters without a default."""
        arguments = self.node.args
        positional = [one.arg for one in (*arguments.posonlyargs, *arguments.args)]
        optional = set(positional[len(positional) - len(arguments.defaults) :])
        optional.update(
            one.arg for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if default
        )
        return tuple(name for name in self.parameters if name not in optional)

    @property
    def var_positional(self) -> str | None:
        """The name after ``*``."""
        return self.node.args.vararg.arg if self.node.args.vararg else None

    @property
    def var_keyword(self) -> str | None:
        """The name after ``**``."""
        return self.node.args.kwarg.arg if self.node.args.kwarg else None

    @cached_property
    def raises_not_implemented(self) -> bool:
        """Whether a statement of its body, not one in a branch, raises NotImplementedError."""
        return any(isinstance(one, ast.Raise) and _is_not_implemented(one.exc) for one in self.node.body)

    @cached_property
    def is_trivial(self) -> bool:
        """Whether it does nothing: a docstring, ``pass``, ``...``, a bare return or one of None."""
        return all(_does_nothing(one) for one in self.node.body)


Resolved: TypeAlias = "ClassFacts | Function | Module | External | Unresolved"


@dataclass(eq=False)
class ClassFacts:
    """What the source says of one class. Two are equal if they are the same one.

    Args:
        file: Where it is.
        node: Its statement.
        scope: Its body's names.
        place: Where the statement stands: directly in the module, under a condition of the module (such as
            ``if``, ``try`` or ``with``), in a class body or in a function.
        shadowed: Whether a later class of the same name in the same scope replaces it.
    """

    file: SourceFile = field(repr=False)
    node: ast.ClassDef = field(repr=False)
    scope: Scope = field(repr=False)
    place: Place
    shadowed: bool
    resolve: Callable[[Scope, ast.expr], Resolved] = field(repr=False)
    qualname: str = ""
    bases: tuple[Base, ...] = field(default=(), repr=False)
    mro: tuple[ClassFacts | External | Unresolved, ...] = field(default=(), repr=False)
    mro_problem: str | None = field(default=None, repr=False)
    subclasses: tuple[ClassFacts, ...] = field(default=(), repr=False)

    @property
    def name(self) -> str:
        """The class's own name."""
        return self.node.name

    @property
    def line(self) -> int:
        """The line of the word ``class``, from 1."""
        return self.node.lineno

    @cached_property
    def keywords(self) -> dict[str, ast.expr]:
        """The keywords of the class statement, such as ``metaclass``."""
        return {one.arg: one.value for one in self.node.keywords if one.arg is not None}

    @cached_property
    def decorators(self) -> tuple[str, ...]:
        """As for a method."""
        parent = self.scope.parent
        return tuple(self._decorator(one, parent or self.scope) for one in self.node.decorator_list)

    @property
    def methods(self) -> dict[str, Method]:
        """Its own methods by name; the last definition wins, as at run time."""
        return self._members[0]

    @property
    def attributes(self) -> dict[str, ast.expr | None]:
        """What else is assigned in its body; None where it is only annotated, or the value cannot be told."""
        return self._members[1]

    @cached_property
    def _members(self) -> tuple[dict[str, Method], dict[str, ast.expr | None]]:
        methods: dict[str, Method] = {}
        attributes: dict[str, ast.expr | None] = dict.fromkeys(self.scope.annotated)
        found = [(binding, name) for name, bound in self.scope.bindings.items() for binding in bound]
        for binding, name in sorted(found, key=lambda one: one[0].position):
            target = binding.target
            method: Method | None
            if isinstance(target, FunctionNode):
                method = self._definitions[target]
                if method.kind == "setter" and name in methods:
                    method = replace(method, is_abstract=method.is_abstract or methods[name].is_abstract)
            else:
                method = _wrapped(name, target, methods)
            if method is not None:
                attributes.pop(name, None)
                methods[name] = method
            else:
                methods.pop(name, None)
                attributes[name] = target if isinstance(target, ast.expr) else ast.Name(name, ast.Load())
        return methods, attributes

    @cached_property
    def _definitions(self) -> dict[FunctionNode, Method]:
        """All functions in its body, those too that a later one replaces."""
        every = (binding.target for bound in self.scope.bindings.values() for binding in bound)
        return {node: self._method(node) for node in every if isinstance(node, FunctionNode)}

    @cached_property
    def assigned(self) -> dict[str, list[int]]:
        """The attributes that its own methods assign on their receiver, whatever they call it, with the lines."""
        found: dict[str, set[int]] = {}
        for node, method in self._definitions.items():
            if method.receiver is not None:
                for name, line in _assigned_on(node, method.receiver):
                    found.setdefault(name, set()).add(line)
        return {name: sorted(found[name]) for name in sorted(found)}

    def find(self, name: str) -> tuple[ClassFacts, Method] | None:
        """The method of this name that an instance has, and the class of the tree that defines it."""
        for one in self.mro:
            if isinstance(one, ClassFacts):
                if name in one.methods:
                    return one, one.methods[name]
                if one.attributes.get(name) is not None:
                    return None
        return None

    @cached_property
    def is_abc(self) -> bool:
        """Whether ABCMeta makes it, so that its abstract methods keep it from being instantiated."""
        for one in self.mro:
            if isinstance(one, ClassFacts):
                metaclass = one.keywords.get("metaclass")
                if metaclass is not None and _is_abc_meta(one.resolve(one.scope.parent or one.scope, metaclass)):
                    return True
            elif _is_abc_meta(one):
                return True
        return False

    @cached_property
    def unimplemented(self) -> dict[str, ClassFacts]:
        """Methods that are abstract in the tree and that nothing implements, with the class that declares each.

        Whether `is_abc` enforces them is another question. What a base outside the tree may implement is left
        out.
        """
        settled: set[str] = set()
        found: dict[str, ClassFacts] = {}
        for one in self.mro:
            if isinstance(one, ClassFacts):
                for name, method in one.methods.items():
                    if method.is_abstract and name not in settled:
                        found[name] = one
                settled.update(one.methods, (name for name, value in one.attributes.items() if value is not None))
            elif isinstance(one, Unresolved) or one.qualified not in _BARE:
                break
        return {name: found[name] for name in sorted(found)}

    def _method(self, node: FunctionNode) -> Method:
        decorators = tuple(self._decorator(one, self.scope) for one in node.decorator_list)
        words = [decorator.rpartition(".")[2] for decorator in decorators]
        kind: MethodKind = "class" if node.name in _IMPLICIT_CLASS_METHODS else "method"
        for word in words:
            kind = _KINDS.get(word, kind)
        return Method(node.name, node, kind, decorators, is_abstract=any(word in _ABSTRACT for word in words))

    def _decorator(self, node: ast.expr, scope: Scope) -> str:
        called = node.func if isinstance(node, ast.Call) else node
        match self.resolve(scope, called):
            case External(qualified):
                return qualified
            case Function(file, _, qualname):
                return f"{file.module}.{qualname}".lstrip(".")
            case ClassFacts() as facts:
                return f"{facts.file.module}.{facts.qualname}".lstrip(".")
            case _:
                return source_of(called)


def _is_abc_meta(one: Resolved) -> bool:
    if isinstance(one, External):
        return one.qualified in _ABC or one.qualified.startswith(_ABC_MODULES)
    return isinstance(one, ClassFacts) and External("abc.ABCMeta") in one.mro


def _wrapped(name: str, value: object, methods: dict[str, Method]) -> Method | None:
    """The method that an assignment makes: an alias, or one wrapped by a call such as ``staticmethod(f)``."""
    match value:
        case ast.Name(id=original) if original in methods:
            return replace(methods[original], name=name)
        case ast.Call(func=ast.Name(id=wrapper), args=[ast.Name(id=original), *others]) if original in methods:
            kind = "setter" if wrapper == "property" and others else _KINDS.get(wrapper)
            if kind is not None or original == name:
                return replace(methods[original], name=name, kind=kind or methods[original].kind)
        case _:
            pass
    return None


def _inside(node: ast.stmt) -> list[ast.stmt]:
    found: list[ast.stmt] = [*getattr(node, "body", ())]
    for handler in getattr(node, "handlers", ()):
        found.extend(handler.body)
    for case in getattr(node, "cases", ()):
        found.extend(case.body)
    return [*found, *getattr(node, "orelse", ()), *getattr(node, "finalbody", ())]


def _assigned_on(function: FunctionNode, receiver: str) -> Iterator[tuple[str, int]]:
    """Attributes that a function assigns on a name of its own, also in functions inside it."""
    waiting: list[ast.stmt] = list(function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.ClassDef) or (isinstance(node, FunctionNode) and receiver in parameters(node)):
            continue
        waiting.extend(_inside(node))
        for target in _statement_targets(node):
            match target:
                case ast.Attribute(value=ast.Name(id=who), attr=name) if who == receiver:
                    yield name, target.lineno
                case _:
                    pass
        match node:
            case ast.Expr(
                value=ast.Call(
                    func=ast.Name(id="setattr") | ast.Attribute(attr="__setattr__"),
                    args=[ast.Name(id=who), ast.Constant(value=str(name)), _],
                )
            ) if who == receiver:
                yield name, node.lineno
            case _:
                pass


def _statement_targets(node: ast.stmt) -> Iterator[ast.expr]:
    waiting: list[ast.expr] = []
    match node:
        case ast.Assign(targets=targets):
            waiting.extend(targets)
        case ast.AnnAssign(target=target, value=ast.expr()):
            waiting.append(target)
        case ast.AugAssign(target=target) | ast.For(target=target) | ast.AsyncFor(target=target):
            waiting.append(target)
        case ast.With(items=items) | ast.AsyncWith(items=items):
            waiting.extend(item.optional_vars for item in items if item.optional_vars is not None)
        case _:
            pass
    while waiting:
        match one := waiting.pop():
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                waiting.extend(elements)
            case ast.Starred(value=inner):
                waiting.append(inner)
            case _:
                yield one


def _own_nodes(function: FunctionNode) -> Iterator[ast.AST]:
    """The nodes of a function's body, without what is inside functions, lambdas and classes in it."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            waiting.extend(ast.iter_child_nodes(node))


def _is_not_implemented(raised: ast.expr | None) -> bool:
    called = raised.func if isinstance(raised, ast.Call) else raised
    return isinstance(called, ast.Name) and called.id == "NotImplementedError"


def _does_nothing(node: ast.stmt) -> bool:
    match node:
        case ast.Pass() | ast.Expr(value=ast.Constant()) | ast.Return(value=None | ast.Constant(value=None)):
            return True
        case _:
            return False
