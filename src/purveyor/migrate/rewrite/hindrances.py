"""What keeps a class from being converted: it stays as it is, and `purveyor.migrate.adapt` serves.

Some of it concerns the class alone. The rest would also break the class once its base stands on `LegacyProvider`,
so that the base cannot be converted either.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from purveyor.migrate.source.project import ClassFacts, External, Unresolved
from purveyor.migrate.words import CLOSES, OPENS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from purveyor.migrate.scan.kinds import Classified
    from purveyor.migrate.source.project import Method

__all__ = [
    "OFFERED",
    "Hindrance",
    "assigned_in",
    "hindrance",
    "is_done",
    "line_of",
    "own_lifecycle",
    "stands_on_purveyor",
]

#: Bases from elsewhere that a converted class may have: they bring no metaclass but ABCMeta, and no lifecycle.
_HARMLESS = (
    "abc.ABC",
    "builtins.object",
    "object",
    "typing.Generic",
    "typing_extensions.Generic",
    "contextlib.AbstractAsyncContextManager",
    "contextlib.AbstractContextManager",
    "typing.AsyncContextManager",
    "typing.ContextManager",
)

#: How a class whose instances are made or written to in a way of its own says so.
_OWN_WAYS = ("__new__", "__setattr__", "__delattr__", "__getattribute__")

#: Names of `LegacyProvider` that a class cannot have for something else, since Purveyor uses them.
_RESERVED = (
    "_gate",
    "_bindings",
    "_governor",
    "_registration",
    "_abandoned",
    "_metadata",
    "_built",
    "_own_metadata",
    "_config_is_final",
    "_provider_name",
)
_DECLARED = ("provider_type", "provider_version", "provider_capabilities", "provider_reload")
_CALLED = ("validate", "reload")
_ANSWERED = ("check", "on_need_reloaded", "next_generation", "metadata")
#: What a provider has that is not underscored.
OFFERED = {*_DECLARED, *_CALLED, *_ANSWERED, "config", "state", "status", "health", "current", "from_config"}

_SHAPED = {
    *(
        "dataclass",
        "dataclasses.dataclass",
        "pydantic.dataclasses.dataclass",
        "attr.s",
        "attr.attrs",
        "attr.dataclass",
    ),
    *(f"{package}.{each}" for package in ("attr", "attrs") for each in ("define", "frozen", "mutable")),
}


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Why a class is not converted.

    Args:
        state: What it becomes instead.
        reason: Why, for people.
        line: Where.
        spreads: Whether it would break the class if its base were converted.
    """

    state: Literal["adapter", "refused"]
    reason: str
    line: int
    spreads: bool = False


def stands_on_purveyor(facts: ClassFacts) -> bool:
    """Whether a class is one of Purveyor's providers already."""
    return any(isinstance(each, External) and each.qualified.startswith("purveyor.") for each in facts.mro)


def is_done(facts: ClassFacts) -> bool:
    """Whether a class was converted before, or is one of Purveyor's own making."""
    if any(
        isinstance(each.resolved, External) and each.resolved.qualified.startswith("purveyor.")
        for each in facts.bases
    ):
        return True
    return stands_on_purveyor(facts) and "provider_capabilities" in facts.attributes


def own_lifecycle(classified: Classified) -> Iterator[tuple[str, Method]]:
    """The methods that start and stop a class, with what they are called in the place of."""
    lifecycle = classified.lifecycle
    if lifecycle is None:
        return
    named = [("initialize", lifecycle.opens), ("cleanup", lifecycle.closes)]
    if lifecycle.opens is None and lifecycle.closes is None and lifecycle.context is not None:
        prefix = "__a" if lifecycle.context == "async" else "__"
        named = [("initialize", f"{prefix}enter__"), ("cleanup", f"{prefix}exit__")]
    for role, name in named:
        found = classified.facts.find(name) if name else None
        if found is not None:
            yield role, found[1]


def hindrance(classified: Classified) -> Hindrance | None:
    """What keeps a class from being converted; None if nothing of its own does.

    What spreads goes before what does not.
    """
    for check in _CHECKS:
        found = check(classified)
        if found is not None:
            return found
    return None


def _bases(classified: Classified) -> Hindrance | None:
    facts = classified.facts
    if facts.mro_problem is not None:
        return Hindrance("refused", f"its bases cannot be put in order: {facts.mro_problem}", facts.line)
    for each in facts.mro:
        if isinstance(each, Unresolved):
            return Hindrance("refused", f"its base {each.name} is not to be found: {each.reason}", each.line)
        if isinstance(each, External) and not _is_harmless(each.qualified):
            reason = f"it also derives from {each.qualified}, whose constructor and metaclass are not known"
            if each.qualified.startswith("pydantic"):
                reason = "it is itself a pydantic model, whose metaclass admits no other"
            return Hindrance("adapter", reason, facts.line, spreads=True)
    return None


def _metaclass(classified: Classified) -> Hindrance | None:
    for each in classified.facts.mro:
        if isinstance(each, ClassFacts) and (metaclass := each.keywords.get("metaclass")) is not None:
            name = ast.unparse(metaclass)
            if name.rpartition(".")[2] not in {"ABCMeta", "type"}:
                return Hindrance("adapter", f"it has the metaclass {name}", each.line, spreads=True)
    return None


def _reserved(classified: Classified) -> Hindrance | None:
    for owner in _in_tree(classified.facts):
        for name in _RESERVED:
            line = line_of(owner, name)
            if line is not None:
                return Hindrance("adapter", f"it has a {name} of its own, which Purveyor uses", line, spreads=True)
    return None


def _place(classified: Classified) -> Hindrance | None:
    facts = classified.facts
    if facts.place != "module":
        where = {"class": "a class", "function": "a function"}.get(facts.place, "a condition")
        return Hindrance("adapter", f"it stands inside {where}", facts.line)
    if facts.file.generated:
        return Hindrance("adapter", "its file is generated: change what generates it", facts.line)
    return None


def _shaped(classified: Classified) -> Hindrance | None:
    for owner in _in_tree(classified.facts):
        for decorator in owner.decorators:
            if decorator.partition("(")[0] in _SHAPED:
                taken = sorted(OFFERED & owner.attributes.keys())
                if taken:
                    reason = f"its field {taken[0]} would get a default"
                    return Hindrance("adapter", reason, owner.line, spreads=True)
                return Hindrance("adapter", f"@{decorator.partition('(')[0]} writes its constructor", owner.line)
        for name in _OWN_WAYS:
            if name in owner.methods:
                return Hindrance("adapter", f"it writes its own {name}", owner.methods[name].line)
        if "__eq__" in owner.methods and "__hash__" not in {*owner.methods, *owner.attributes}:
            reason = "its instances have no hash, since it defines __eq__ alone"
            return Hindrance("adapter", reason, owner.methods["__eq__"].line)
    return None


def _lifecycle(classified: Classified) -> Hindrance | None:
    for role, method in own_lifecycle(classified):
        taken = method.required if method.name not in ("__aexit__", "__exit__") else ()
        if not method.is_async or method.is_generator:
            return Hindrance("adapter", f"its {method.name} is no coroutine", method.line)
        if taken:
            return Hindrance("adapter", f"its {method.name} takes arguments: {', '.join(taken)}", method.line)
        if method.name != role and (found := classified.facts.find(role)) is not None:
            return Hindrance(
                "adapter", f"it has a {role} beside the {method.name} of its lifecycle", found[1].line
            )
    for name in dict.fromkeys(("initialize", "cleanup", *OPENS, *CLOSES)):
        found = classified.facts.find(name)
        if found is not None and found[1].is_generator and not name.startswith("_"):
            return Hindrance("adapter", f"its {name} is a generator", found[1].line)
    for name in ("initialize", "cleanup"):
        found = classified.facts.find(name)
        if found is not None and not _is_step(found[1]):
            return Hindrance("adapter", f"its {name} is no coroutine without arguments", found[1].line)
    return None


def _clashes(classified: Classified) -> Hindrance | None:
    for owner in _in_tree(classified.facts):
        for name in _CALLED:
            method = owner.methods.get(name)
            if method is not None and not _is_step(method):
                return Hindrance(
                    "adapter",
                    f"its {name} is no coroutine without arguments, as the manager wants it",
                    method.line,
                )
        for name in (*_ANSWERED, *_DECLARED):
            line = line_of(owner, name)
            if line is not None:
                return Hindrance("adapter", f"its {name} is not what Purveyor's is", line)
    return None


def _proxies(classified: Classified) -> Hindrance | None:
    for owner in _in_tree(classified.facts):
        if "__getattr__" in owner.methods:
            reason = "its __getattr__ would not be asked any more for what every provider has"
            return Hindrance("adapter", reason, owner.methods["__getattr__"].line, spreads=True)
        slots = owner.attributes.get("__slots__")
        for each in ast.walk(slots) if slots is not None else ():
            if isinstance(each, ast.Constant) and each.value in ("__dict__", "__weakref__"):
                reason = f"its __slots__ name {each.value}, which every provider has"
                return Hindrance("adapter", reason, owner.line, spreads=True)
        for each in ast.walk(owner.node) if _names_bases(owner) else ():
            if isinstance(each, ast.Attribute) and each.attr in ("__orig_bases__", "__bases__"):
                return Hindrance("adapter", f"it asks for {each.attr}", each.lineno, spreads=True)
    return None


def _reflects(classified: Classified) -> Hindrance | None:
    """One that goes through all that its instances hold would find what a provider has of its manager."""
    for owner in _in_tree(classified.facts):
        for name, method in owner.methods.items():
            if name not in ("__getstate__", "__setstate__", "__copy__", "__deepcopy__"):
                line = _reflected_in(method)
                if line is not None:
                    return Hindrance("adapter", f"its {name} looks at all that it holds", line, spreads=True)
    return None


def _reflected_in(method: Method) -> int | None:
    """Where a method does more with all attributes of its instance than to look for some by their names."""
    apart: set[int] = set()
    nodes = [*ast.walk(method.node)]
    picks = any(isinstance(each, ast.Attribute) and each.attr in ("startswith", "endswith") for each in nodes)
    picks = picks or any(isinstance(each, ast.Name) and each.id in ("hasattr", "getattr") for each in nodes)
    for node in nodes:
        match node:
            case ast.Subscript(value=value) | ast.Compare(left=ast.Constant(), comparators=[value]):
                apart.add(id(value))
            case ast.Call(func=ast.Attribute(value=value, attr="get" | "pop" | "setdefault" | "update")):
                apart.add(id(value))
            case (
                ast.Attribute(value=ast.Name(id=name), attr="__dict__")
                | ast.Call(func=ast.Name(id="vars"), args=[ast.Name(id=name)])
            ) if name == method.receiver and id(node) not in apart:
                return node.lineno
            case ast.Call(
                func=ast.Name(id="dir" | "getmembers") | ast.Attribute(attr="getmembers"),
                args=[ast.Name(id=name), *_],
            ) if name == method.receiver and not picks:
                return node.lineno
            case _:
                pass
    return None


def _names_bases(owner: ClassFacts) -> bool:
    return "_bases__" in owner.file.text


def _early(classified: Classified) -> Hindrance | None:
    """A `validate` that asks for what only the start makes: the manager calls it before."""
    facts, lifecycle = classified.facts, classified.lifecycle
    found = facts.find("validate")
    opening = facts.find(lifecycle.opens) if lifecycle is not None and lifecycle.opens is not None else None
    if found is None or opening is None:
        return None
    constructor = facts.find("__init__")
    made = assigned_in(opening[1]) - (assigned_in(constructor[1]) if constructor is not None else set())
    for each in ast.walk(found[1].node):
        if isinstance(each, ast.Attribute) and isinstance(each.ctx, ast.Load) and each.attr in made:
            reason = f"its validate asks for {each.attr}, which only {opening[1].name} makes"
            return Hindrance("adapter", reason, each.lineno)
    return None


def assigned_in(method: Method) -> set[str]:
    """The attributes that a method assigns, of whatever object."""
    return {
        each.attr
        for each in ast.walk(method.node)
        if isinstance(each, ast.Attribute) and isinstance(each.ctx, ast.Store)
    }


_CHECKS: tuple[Callable[[Classified], Hindrance | None], ...] = (
    _bases,
    _metaclass,
    _reserved,
    _proxies,
    _reflects,
    _place,
    _shaped,
    _lifecycle,
    _clashes,
    _early,
)


def _is_step(method: Method) -> bool:
    """Whether a manager can await it: a coroutine without arguments."""
    return method.is_async and not method.is_generator and not method.required and method.kind == "method"


def _is_harmless(qualified: str) -> bool:
    return qualified in _HARMLESS or qualified.startswith(("collections.abc.", "purveyor."))


def _in_tree(facts: ClassFacts) -> Iterator[ClassFacts]:
    return (each for each in facts.mro if isinstance(each, ClassFacts) and not is_done(each))


def line_of(owner: ClassFacts, name: str) -> int | None:
    """Where a class defines or assigns a name."""
    if name in owner.methods:
        return owner.methods[name].line
    if name in owner.assigned:
        return owner.assigned[name][0]
    if owner.attributes.get(name) is not None:
        return owner.line
    return None
