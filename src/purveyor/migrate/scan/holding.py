"""Whether a class holds other providers and hands them out: registries, factories, loaders, managers."""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TYPE_CHECKING

from purveyor.migrate.scan.construction import mentioned, words_of
from purveyor.migrate.scan.lifecycle import closing_word, opening_word

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from purveyor.migrate.scan.lifecycle import Members
    from purveyor.migrate.source.project import ClassFacts, Method

__all__ = ["Holding"]

_TAKING = frozenset({"register", "add", "attach", "bind", "install", "put", "include"})
_HANDING = frozenset(
    {"get", "create", "build", "make", "resolve", "load", "lookup", "find", "instantiate", "obtain", "new", "from"}
)
_MANY = frozenset({"values", "items", "copy"})


class Holding:
    """What a class does with others; found out when it is asked for.

    Args:
        members: The methods of the class, from `members_of`.
        providers: The classes that look like providers by themselves.
    """

    def __init__(self, members: Members, providers: Container[ClassFacts]) -> None:
        self._members = members
        self._providers = providers

    @property
    def of_providers(self) -> bool:
        """Whether it holds providers and hands them out, so that its own lifecycle is only there for theirs."""
        if self.hands and (self.builds or (self.takes and self.typed)):
            return True
        return (self.takes or (self.hands and self.typed)) and self.tends

    @property
    def of_anything(self) -> bool:
        """Whether it hands out what it was given, or builds what it looks up by name."""
        return self.hands and (self.takes or self.builds)

    @cached_property
    def takes(self) -> bool:
        """Whether others are registered with it."""
        return any(_keeps_argument(method) for _, method in self._taking)

    @property
    def hands(self) -> bool:
        """Whether it has a method that gives one for a key."""
        return bool(self._handing)

    @cached_property
    def builds(self) -> bool:
        """Whether that method builds it, of a class that it looked up or imported by name."""
        return any(_builds_by_name(method) for _, method in self._handing)

    @cached_property
    def typed(self) -> bool:
        """Whether those methods name classes, or providers of this tree, in their annotations."""
        return any(_names_a_provider(*each, self._providers) for each in (*self._taking, *self._handing))

    @cached_property
    def tends(self) -> bool:
        """Whether it opens or closes all that it holds."""
        return any(_tends(method) for _, method in self._members.values())

    @cached_property
    def _taking(self) -> list[tuple[ClassFacts, Method]]:
        return [each for each in self._beginning(_TAKING) if not each[1].name.startswith("_")]

    @cached_property
    def _handing(self) -> list[tuple[ClassFacts, Method]]:
        return self._beginning(_HANDING)

    def _beginning(self, words: frozenset[str]) -> list[tuple[ClassFacts, Method]]:
        """The methods with arguments that begin with one of some words."""
        return [
            (owner, method)
            for name, (owner, method) in self._members.items()
            if words_of(name)[0] in words and method.kind not in ("property", "setter") and method.required
        ]


def _names_a_provider(owner: ClassFacts, method: Method, providers: Container[ClassFacts]) -> bool:
    """Whether an annotation of a method names a provider of this tree, or just classes."""
    arguments = method.node.args
    annotations = [argument.annotation for argument in (*arguments.posonlyargs, *arguments.args)]
    for annotation in (*annotations, method.node.returns):
        if annotation is None:
            continue
        for node in ast.walk(annotation):
            if isinstance(node, ast.Name) and node.id in ("type", "Type"):
                return True
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and "ype[" in node.value:
                return True
        if any(each in providers for each in mentioned(owner, annotation)):
            return True
    return False


def _keeps_argument(method: Method) -> bool:
    """Whether a method stores one of its arguments in a collection of the object or of the class."""
    arguments = method.node.args
    given = {argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    for node in ast.walk(method.node):
        match node:
            case ast.Assign(targets=[ast.Subscript(value=target)], value=value) if _belongs(target):
                if any(isinstance(part, ast.Name) and part.id in given for part in ast.walk(value)):
                    return True
            case ast.Call(func=ast.Attribute(value=target, attr="append" | "add" | "setdefault"), args=args):
                if _belongs(target) and any(isinstance(part, ast.Name) and part.id in given for part in args):
                    return True
            case _:
                pass
    return False


def _belongs(target: ast.expr) -> bool:
    """Whether an expression is a collection that lives as long as the object: ``self._x``, ``cls.x[key]``."""
    match target:
        case ast.Attribute(value=ast.Name()):
            return True
        case ast.Subscript(value=inner) | ast.Call(func=ast.Attribute(value=inner, attr="setdefault")):
            return _belongs(inner)
        case _:
            return False


def _builds_by_name(method: Method) -> bool:
    """Whether a method calls what it took out of a collection, or imported by name."""
    looked_up: set[str] = set()
    for node in ast.walk(method.node):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if _is_lookup(value):
                looked_up.add(name)
            case ast.NamedExpr(target=ast.Name(id=name), value=value) if _is_lookup(value):
                looked_up.add(name)
            case _:
                pass
    for node in ast.walk(method.node):
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in looked_up:
                return True
            case ast.Call(func=ast.Subscript() as function) if _is_lookup(function):
                return True
            case ast.Call(func=ast.Attribute(attr="import_module") | ast.Name(id="import_module" | "__import__")):
                return True
            case _:
                pass
    return False


def _is_lookup(value: ast.expr) -> bool:
    match value:
        case ast.Subscript(value=ast.Attribute(value=ast.Name()) | ast.Subscript() | ast.Name(), slice=index):
            return not isinstance(index, ast.Slice)
        case ast.Call(func=ast.Attribute(value=ast.Attribute() | ast.Name(), attr="get"), args=[_, *_]):
            return True
        case ast.Call(func=ast.Name(id="getattr"), args=[_, name, *_]):
            return not isinstance(name, ast.Constant)
        case _:
            return False


def _tends(method: Method) -> bool:
    """Whether a method opens or closes each of what a collection of the object holds."""
    held: set[str] = set()
    for node in ast.walk(method.node):
        match node:
            case ast.For() | ast.AsyncFor() | ast.comprehension():
                if _over_own_collection(node.iter):
                    held |= {part.id for part in ast.walk(node.target) if isinstance(part, ast.Name)}
            case _:
                pass
    return bool(held) and any(name in held for name in _lifecycle_calls(method.node))


def _over_own_collection(iterated: ast.expr) -> bool:
    match iterated:
        case ast.Attribute(value=ast.Name(id="self" | "cls")):
            return True
        case ast.Call(func=ast.Attribute(value=inner, attr=called)) if called in _MANY:
            return _over_own_collection(inner)
        case ast.Call(func=ast.Name(id="list" | "reversed" | "tuple" | "sorted"), args=[inner, *_]):
            return _over_own_collection(inner)
        case _:
            return False


def _lifecycle_calls(node: ast.AST) -> Iterator[str]:
    """The names on which methods that open or close are called."""
    for part in ast.walk(node):
        match part:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=called)):
                if opening_word(called) or closing_word(called):
                    yield name
            case _:
                pass
