"""What stands in a class's body, as `walk` gathers it for all checks."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

__all__ = [
    "Acquire",
    "Body",
    "Call",
    "Context",
    "Execution",
    "Function",
    "Name",
    "Read",
    "Scope",
    "Store",
    "self_attribute",
]

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

#: What happens to the result of a call, which decides whether the body of what is called runs there and then.
Execution: TypeAlias = Literal["plain", "await", "iterate", "with"]


@dataclass(slots=True, eq=False)
class Scope:
    """The names that a function binds.

    `imports` maps what it imports to the qualified name, or to what stands in the import statement where that is
    relative. `bound` has what it binds otherwise, with the values that are assigned as a whole.
    """

    parent: Scope | None
    parameters: dict[str, ast.arg] = field(default_factory=dict)
    defaults: dict[str, ast.expr] = field(default_factory=dict)
    imports: dict[str, str] = field(default_factory=dict)
    bound: dict[str, list[ast.expr | None]] = field(default_factory=dict)

    def owner(self, name: str) -> Scope | None:
        """The innermost scope that binds the name."""
        scope: Scope | None = self
        while scope is not None and name not in scope.bound and name not in scope.imports:
            scope = scope.parent
        return scope

    def value(self, name: str) -> ast.expr | None:
        """What the name stands for, if one value only is ever assigned to it."""
        scope = self.owner(name)
        values = scope.bound.get(name, []) if scope is not None and name not in scope.parameters else []
        return values[0] if len(values) == 1 else None


class Context(NamedTuple):
    """Where in the class something stands."""

    method: Function | None  # the method; None for the class's own level
    receiver: str | None  # what the method calls its instance or class
    scope: Scope  # of the innermost function
    is_async: bool = False  # whether the innermost function is
    deferred: bool = False  # in a function within the method, which runs some other time
    held: tuple[str, ...] = ()  # attributes of self whose `with` block this is in; "name()" for a method's
    conditional: bool = False  # under a condition that depends on an argument or on the lock's state
    catches: frozenset[str] = frozenset()  # the exceptions that are caught around it; "" for all
    statement: ast.stmt | None = None

    @property
    def guarded(self) -> bool:
        """Whether a missing attribute is expected here."""
        return "AttributeError" in self.catches


class Read(NamedTuple):
    """An attribute of self is read."""

    name: str
    line: int
    context: Context
    called: bool
    node: ast.Attribute


class Store(NamedTuple):
    """An attribute of self, or of the class, is assigned."""

    name: str
    line: int
    context: Context
    value: ast.expr | None  # None where it is unpacked, looped over, deleted...
    augmented: bool = False


class Call(NamedTuple):
    """Something is called."""

    node: ast.Call
    context: Context
    execution: Execution


class Name(NamedTuple):
    """A name or attribute is read that does not begin with self: ``os.environ``."""

    node: ast.Name | ast.Attribute
    context: Context


class Acquire(NamedTuple):
    """A `with` block on an attribute of self, which may be a lock."""

    name: str
    line: int
    context: Context


@dataclass(slots=True, eq=False)
class Body:
    """What stands in one class's body; what stands in classes within it is not part of it."""

    reads: list[Read] = field(default_factory=list)
    stores: list[Store] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    names: list[Name] = field(default_factory=list)
    compares: list[tuple[ast.Compare, Context]] = field(default_factory=list)
    imports: list[tuple[ast.Import | ast.ImportFrom, Context]] = field(default_factory=list)
    acquires: list[Acquire] = field(default_factory=list)
    yields: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)  # method, held there
    #: What the class's own level binds, in order: a line with a def, with what is assigned, or with None.
    bindings: dict[str, list[tuple[int, Function | ast.expr | None]]] = field(default_factory=dict)
    #: Attributes that are set on anything at all, and every text that may name one.
    stored_anywhere: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    dynamic: bool = False  # attributes are set or looked up in ways that cannot be followed


def self_attribute(node: ast.AST, context: Context) -> str | None:
    """The name of the attribute, if the node is one of the method's own instance or class."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == context.receiver:
        scope = context.scope.owner(node.value.id)
        if (
            scope is not None and scope.parent is None
        ):  # no function within the method has a parameter of that name
            return node.attr
    return None
