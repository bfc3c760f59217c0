"""How a class is opened and closed: which of the names for it a class has."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Literal, TypeAlias

from purveyor.migrate.source.project import ClassFacts
from purveyor.migrate.words import CLOSES, OPENS, PARTNERS, closing_word, opening_word

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from purveyor.migrate.source.project import Method

__all__ = [
    "CLOSES",
    "OPENS",
    "Lifecycle",
    "Members",
    "closing_word",
    "left_open",
    "lifecycle_of",
    "members_of",
    "opening_word",
    "sets_a_state",
]

#: What a state is called.
_STATES = frozenset({"mode", "phase", "position", "stage", "state", "status"})

#: The methods of a class by name, its own and inherited ones, each with the class that defines it.
Members: TypeAlias = "Mapping[str, tuple[ClassFacts, Method]]"


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """How a class is started and ended.

    Args:
        opens: The method that starts it, its own or inherited; None if there is none.
        closes: The method that ends it.
        is_async: Whether all of those that there are are coroutine functions.
        hooks: What the two call on `self` to be filled in by subclasses.
        context: What kind of context manager it is, if it is one.
    """

    opens: str | None
    closes: str | None
    is_async: bool
    hooks: tuple[str, ...] = ()
    context: Literal["async", "sync"] | None = None


def members_of(facts: ClassFacts) -> dict[str, tuple[ClassFacts, Method]]:
    """The methods of a class, its own and those it inherits within the tree."""
    found: dict[str, tuple[ClassFacts, Method]] = {}
    for owner in facts.mro:
        if isinstance(owner, ClassFacts):
            for name, method in owner.methods.items():
                found.setdefault(name, (owner, method))
    return found


def lifecycle_of(facts: ClassFacts, members: Members) -> Lifecycle | None:
    """Find out how a class is opened and closed.

    Where several methods would do, those are taken that need no arguments, are both asynchronous, were declared
    first (by the class furthest up), and belong together.

    Args:
        facts: The class.
        members: Its methods, from `members_of`.

    Returns:
        Its lifecycle; None if it has neither such a method nor is a context manager.
    """
    opens = [name for name, (_, method) in members.items() if opening_word(name) and _may_open(method)]
    closes = [name for name, (_, method) in members.items() if closing_word(name) and _may_close(method)]
    context: Literal["async", "sync"] | None = None
    if "__aenter__" in members and "__aexit__" in members:
        context = "async"
    elif "__enter__" in members and "__exit__" in members:
        context = "sync"
    if not opens and not closes and context is None:
        return None

    declared = _declared(facts)

    def worse(pair: tuple[str | None, str | None]) -> tuple[object, ...]:
        there = [(name, members[name][1]) for name in pair if name is not None]
        first = opening_word(pair[0]) if pair[0] else None
        last = closing_word(pair[1]) if pair[1] else None
        return (
            sum(bool(method.required) for _, method in there),
            sum(not method.is_async for _, method in there),
            sum(-declared[name] for name, _ in there),
            last not in PARTNERS.get(first or "", ()),
            OPENS.index(first) if first else 0,
            CLOSES.index(last) if last else 0,
            [name for name, _ in there],
        )

    starts: list[str | None] = [*opens] or [None]
    ends: list[str | None] = [*closes] or [None]
    opening, closing = min(product(starts, ends), key=worse)
    there = [members[name][1] for name in (opening, closing) if name is not None]
    return Lifecycle(
        opens=opening,
        closes=closing,
        is_async=bool(there) and all(method.is_async for method in there),
        hooks=_hooks([name for name in (opening, closing) if name is not None], members),
        context=context,
    )


def left_open(method: Method) -> bool:
    """Whether a method is there for others to write: abstract, empty, or it says that it is not implemented."""
    return method.is_abstract or method.is_trivial or method.raises_not_implemented or _only_returns_self(method)


def sets_a_state(method: Method) -> bool:
    """Whether all that a method does is to say in which state its object is, as those of doors and orders do.

    ``self.state = "open"`` is such a statement; a flag such as ``self.connected = True`` is none, since providers
    have them.
    """
    for statement in method.node.body:
        match statement:
            case ast.Assign(targets=[ast.Attribute(attr=name)], value=ast.Attribute() | ast.Constant(value=str())):
                if _STATES.isdisjoint(name.strip("_").split("_")):
                    return False
            case ast.Expr(value=ast.Constant()):
                pass
            case _:
                return False
    return not method.is_trivial


def _only_returns_self(method: Method) -> bool:
    match method.node.body:
        case [ast.Return(value=ast.Name(id=name))]:
            return name == method.receiver
        case _:
            return False


def _may_open(method: Method) -> bool:
    return method.kind == "method" and not method.is_generator and not _makes_another(method)


def _makes_another(method: Method) -> bool:
    """Whether a method gives out something else that is open, and does not become open itself."""
    returns = method.node.returns
    told = (
        {node.id for node in ast.walk(returns) if isinstance(node, ast.Name)}
        if returns is not None
        else set[str]()
    )
    if left_open(method):
        return bool(told - {"None", "bool", "Self", "Any", "object", "int", "str", "T"})
    gives = False
    for node in ast.walk(method.node):
        match node:
            case ast.Return(value=ast.Constant() | ast.Name(id="self") | None):
                pass
            case ast.Return(value=ast.Call(func=ast.Attribute(value=ast.Name(id="self")))):
                pass  # what another method does
            case ast.Return():
                gives = True
            case ast.Attribute(value=ast.Name(id="self"), ctx=ast.Store()):
                return False
            case _:
                pass
    return gives


def _may_close(method: Method) -> bool:
    """What must be told whom to close closes something else."""
    return method.kind == "method" and not method.is_generator and not method.required


def _declared(facts: ClassFacts) -> dict[str, int]:
    """For each method, how far up the tree it was first declared."""
    return {
        name: distance
        for distance, owner in enumerate(facts.mro)
        if isinstance(owner, ClassFacts)
        for name in owner.methods
    }


def _hooks(lifecycle: list[str], members: Members) -> tuple[str, ...]:
    """What the methods that open and close call on `self`, where the class that calls it leaves it to others."""
    found: dict[str, None] = {}
    for name in lifecycle:
        owner, method = members[name]
        for called in _called_on_self(method):
            declared = owner.find(called)
            if declared is None or opening_word(called) or closing_word(called):
                continue
            replaced = called.startswith("_") and members[called][0] is not declared[0]
            if replaced or left_open(declared[1]):
                found[called] = None
    return tuple(found)


def _called_on_self(method: Method) -> Iterator[str]:
    for node in ast.walk(method.node):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=receiver), attr=name)) if (
                receiver == method.receiver
            ):
                yield name
            case _:
                pass
