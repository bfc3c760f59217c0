"""The order in which attributes are looked up, for every class of a tree at once."""

from __future__ import annotations

import ast
import builtins
from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

from purveyor.migrate.source.classes import ClassFacts
from purveyor.migrate.source.names import External, Unresolved

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Ancestor", "linearize", "merge", "run_time_bases"]

Ancestor: TypeAlias = ClassFacts | External | Unresolved

_OBJECT = External("builtins.object")
_GENERIC = ("typing.Generic", "typing_extensions.Generic")
_PROTOCOL = ("typing.Protocol", "typing_extensions.Protocol")


def linearize(classes: Iterable[ClassFacts]) -> None:
    """Give each class its `mro` and its `mro_problem`.

    The order is C3, as Python computes it (https://docs.python.org/3/howto/mro.html). Where there is none, it is
    depth first, and the problem says why. ``object``, which every class ends in, is left out.
    """
    done: dict[ClassFacts, tuple[Ancestor, ...]] = {}
    for facts in classes:
        _visit(facts, done)


def _visit(start: ClassFacts, done: dict[ClassFacts, tuple[Ancestor, ...]]) -> None:
    """Linearize a class after its bases, without recursion: a chain of bases may be long."""
    open_: dict[ClassFacts, None] = {}
    stack = [start]
    while stack:
        facts = stack[-1]
        if facts in done:
            stack.pop()
            continue
        open_[facts] = None
        bases = [one for one in run_time_bases(facts) if isinstance(one, ClassFacts)]
        if facts in bases or any(one in open_ and one not in done for one in bases):
            _close_cycle(facts, bases, open_, done)
            continue
        waiting = [one for one in bases if one not in done]
        if waiting:
            stack.append(waiting[0])
            continue
        done[facts] = _one(facts, done)
        stack.pop()


def _close_cycle(
    facts: ClassFacts,
    bases: Sequence[ClassFacts],
    open_: dict[ClassFacts, None],
    done: dict[ClassFacts, tuple[Ancestor, ...]],
) -> None:
    again = next(one for one in bases if one in open_ and one not in done)
    path = [one for one in open_ if one not in done]
    members = path[path.index(again) :]
    names = " -> ".join(one.qualname for one in [*members, again])
    for one in members:
        one.mro_problem = f"inherits from itself: {names}"
        one.mro = done[one] = _depth_first(one)


def _one(facts: ClassFacts, done: dict[ClassFacts, tuple[Ancestor, ...]]) -> tuple[Ancestor, ...]:
    bases = run_time_bases(facts)
    broken = next((one for one in bases if isinstance(one, ClassFacts) and one.mro_problem), None)
    if broken is not None:
        facts.mro_problem = f"its base {broken.qualname} has no method resolution order"
    elif len(set(bases)) < len(bases):
        facts.mro_problem = "it names a base twice"
    else:
        lines = [_line(one, done) for one in bases]
        merged = merge([*lines, bases]) if len(lines) > 1 else list(*lines)
        if merged is not None:
            facts.mro = (facts, *(one for one in merged if one != _OBJECT))
            return (facts, *merged) if merged else (facts, _OBJECT)
        facts.mro_problem = "its bases are in an order that contradicts their own"
    facts.mro = _depth_first(facts)
    return facts.mro


def run_time_bases(facts: ClassFacts) -> tuple[Ancestor, ...]:
    """What the bases are at run time: ``Generic[T]`` gives way to generic bases after it (PEP 560)."""
    found: list[Ancestor] = []
    resolved = [base.resolved for base in facts.bases]
    protocol = any(isinstance(one, External) and one.qualified in _PROTOCOL for one in resolved)
    for number, base in enumerate(facts.bases):
        one = base.resolved
        if isinstance(one, External) and one.qualified in _GENERIC:
            later = facts.node.bases[number + 1 :]
            if protocol or any(isinstance(other, ast.Subscript) for other in later):
                continue
        found.append(one)
    if getattr(facts.node, "type_params", None) and not any(
        isinstance(one, External) and one.qualified in (*_GENERIC, *_PROTOCOL) for one in found
    ):
        found.append(External("typing.Generic"))
    return tuple(found)


def _line(one: Ancestor, done: dict[ClassFacts, tuple[Ancestor, ...]]) -> tuple[Ancestor, ...]:
    if isinstance(one, ClassFacts):
        return done[one]
    if isinstance(one, External) and one.qualified.startswith("builtins."):
        kind = getattr(builtins, one.qualified.removeprefix("builtins."), None)
        if isinstance(kind, type):
            return tuple(External(f"builtins.{each.__name__}") for each in kind.__mro__)
    return (one, _OBJECT)


def merge(lines: list[tuple[Ancestor, ...]]) -> list[Ancestor] | None:
    """C3: again and again the first head that no line has further behind; None if there is no such head."""
    merged: list[Ancestor] = []
    behind = Counter(one for line in lines for one in line[1:])
    heads = [0] * len(lines)
    while any(head < len(line) for head, line in zip(heads, lines, strict=True)):
        fronts = (line[head] for head, line in zip(heads, lines, strict=True) if head < len(line))
        chosen = next((one for one in fronts if not behind[one]), None)
        if chosen is None:
            return None
        merged.append(chosen)
        for number, line in enumerate(lines):
            if heads[number] < len(line) and line[heads[number]] == chosen:
                heads[number] += 1
                if heads[number] < len(line):
                    behind[line[heads[number]]] -= 1
    return merged


def _depth_first(start: ClassFacts) -> tuple[Ancestor, ...]:
    found: dict[Ancestor, None] = {}
    waiting: list[Ancestor] = [start]
    while waiting:
        one = waiting.pop()
        if one not in found and one != _OBJECT:
            found[one] = None
            if isinstance(one, ClassFacts):
                waiting.extend(reversed(run_time_bases(one)))
    return tuple(found)
