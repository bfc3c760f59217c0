"""Attributes: that hide a method, that cannot be assigned, that nothing defines."""

from __future__ import annotations

import ast
import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Literal, NamedTuple

from purveyor.migrate.scan.faults.model import Fault
from purveyor.migrate.scan.faults.values import is_never_callable
from purveyor.migrate.source import External
from purveyor.migrate.source.syntax import called_on_super, names_of_decorators

if TYPE_CHECKING:
    from collections.abc import Iterator

    from purveyor.migrate.scan.faults.body import Function, Store
    from purveyor.migrate.scan.faults.survey import Survey
    from purveyor.migrate.source import ClassFacts

__all__ = ["assigned_names", "attribute_faults"]

_MethodKind = Literal["method", "read-only", "other"]

#: What Purveyor's Provider has as properties without a setter; LegacyProvider yields the first three.
_YIELDED = ("status", "health", "current")
_OWNED = ("metadata",)

#: Decorators under which a function is still a plain method.
_PLAIN = frozenset({"abstractmethod", "staticmethod", "classmethod", "override", "overload", "final"})
_READ_ONLY = frozenset({"property", "abstractproperty"})

_OF_OBJECT = frozenset(dir(object)) | {"__dict__"}


class _Defined(NamedTuple):
    owner: ClassFacts
    line: int
    kind: _MethodKind


def attribute_faults(survey: Survey, facts: ClassFacts, *, provider: bool) -> Iterator[Fault]:
    """Find what is wrong with the attributes of a class.

    Args:
        survey: What is known of the project.
        facts: The class.
        provider: Whether the class is to stand on Purveyor's Provider.
    """
    yield from _stored(survey, facts)
    yield from _class_level(survey, facts)
    yield from _hidden_by_base(survey, facts)
    yield from _frozen(survey, facts)
    if provider:
        yield from _on_provider(survey, facts)
    yield from _undefined(survey, facts)


def _stored(survey: Survey, facts: ClassFacts) -> Iterator[Fault]:
    """What methods of the class store under the name of a method or of a property."""
    for store in survey.body(facts).stores:
        found = (
            None
            if store.context.guarded or store.context.receiver == "cls"
            else _method(survey, facts, store.name)
        )
        if found is None:
            continue
        if found.kind == "read-only" and not _sets_by_hand(survey, facts):
            yield Fault(
                store.line,
                "read-only-attribute",
                f"`self.{store.name}` is assigned, but {_what(facts, found)} is a property without a setter: "
                f"this raises AttributeError. Assign the attribute that it reads, or give it a setter.",
            )
        elif found.kind == "method" and _hides(survey, facts, store):
            yield Fault(
                store.line,
                "shadowed-method",
                f"`self.{store.name}` hides {_what(facts, found)}, a method: from here on it cannot be called. "
                f"Rename one of the two.",
            )


def _class_level(survey: Survey, facts: ClassFacts) -> Iterator[Fault]:
    """What the class's own level binds to a value although it is a method, here or in a base."""
    body = survey.body(facts)
    direct = {statement.lineno for statement in facts.node.body}
    for name, bindings in body.bindings.items():
        line, value = bindings[-1]
        if name.startswith("__") or (isinstance(value, _FUNCTIONS) and len(bindings) == 1):
            continue
        values = [each for each in bindings if isinstance(each[1], ast.expr) and is_never_callable(each[1])]
        functions = [each for each in bindings if isinstance(each[1], _FUNCTIONS) and _kind([each[1]]) == "method"]
        if values and functions and len(values) + len(functions) == len(bindings):
            if direct.issuperset(each[0] for each in values) and _stand_directly(facts, functions):
                yield Fault(
                    values[-1][0],
                    "shadowed-method",
                    f"`{name}` is a value and a method (line {functions[-1][0]}) of one class; only the later "
                    f"one is kept. Rename one of the two.",
                )
        elif isinstance(value, ast.expr) and is_never_callable(value):
            found = _method(survey, facts, name, inherited=True)
            if found is not None and found.kind == "method":
                yield Fault(
                    line,
                    "shadowed-method",
                    f"The class attribute `{name}` hides {_what(facts, found)}, a method, which cannot be "
                    f"called any more. Rename one of the two.",
                )


def _hidden_by_base(survey: Survey, facts: ClassFacts) -> Iterator[Fault]:
    """Methods and properties of the class under whose name the constructor of a base stores a value."""
    constructor = _constructor(survey, facts)
    if constructor is None or constructor is facts:
        return
    for store in survey.body(constructor).stores:
        name, method = store.name, store.context.method
        if method is None or method.name != "__init__" or store.context.conditional or store.context.guarded:
            continue
        if name not in survey.body(facts).bindings or _method(survey, constructor, name) is not None:
            continue
        found = _method(survey, facts, name)
        where = f"`{constructor.name}.__init__` ({constructor.file.path}:{store.line})"
        if found is None or found.owner is not facts:
            continue
        if found.kind == "read-only" and not _sets_by_hand(survey, facts):
            yield Fault(
                found.line,
                "read-only-attribute",
                f"{where} assigns `self.{name}`, which is a property without a setter here: the constructor "
                f"raises AttributeError. Give it a setter, or rename it.",
            )
        elif found.kind == "method" and _hides(survey, constructor, store):
            yield Fault(
                found.line,
                "shadowed-method",
                f"{where} stores a value in `self.{name}`, which hides this method: it cannot be called. "
                f"Rename one of the two.",
            )


def _frozen(survey: Survey, facts: ClassFacts) -> Iterator[Fault]:
    """Assignments to the fields of a frozen dataclass."""
    fields: set[str] | None = None  # None: all attributes
    if not _is_frozen(survey, facts):
        frozen = [base for base in survey.known(facts)[1:] if _is_frozen(survey, base)]
        if not frozen:
            return
        fields = {name for base in frozen for name in survey.body(base).bindings}
    if _sets_by_hand(survey, facts):
        return
    for store in survey.body(facts).stores:
        reached = fields is None or store.name in fields
        expected = store.context.receiver != "self" or store.context.guarded
        if reached and not expected and _method(survey, facts, store.name) is None:
            yield Fault(
                store.line,
                "read-only-attribute",
                f"`self.{store.name}` is assigned in a frozen dataclass: this raises FrozenInstanceError. "
                f"Use dataclasses.replace(), or do not freeze it.",
            )


def _on_provider(survey: Survey, facts: ClassFacts) -> Iterator[Fault]:
    """Assignments to what Purveyor's Provider has as read-only properties."""
    stands_there = any(
        isinstance(base, External) and base.qualified.startswith("purveyor.") and ".migrate." not in base.qualified
        for base in facts.mro
    )
    told: set[str] = set()
    for store in survey.body(facts).stores:
        name = store.name
        if name in told or name not in (*_YIELDED, *_OWNED) or store.context.receiver == "cls":
            continue
        told.add(name)
        if any(name in survey.body(each).bindings for each in survey.classes(facts)):
            continue  # what the class itself has goes before what the Provider has
        if name in _OWNED or stands_there:
            then = "the assignment raises AttributeError there. Rename it."
        else:
            then = "LegacyProvider yields to the assignment; rename it before the class stands on Provider itself."
        message = f"`self.{name}` is assigned, and `{name}` is a read-only property of Purveyor's Provider: {then}"
        yield Fault(store.line, "read-only-attribute", message)


def _undefined(survey: Survey, facts: ClassFacts) -> Iterator[Fault]:
    """Attributes of self that are read and that nothing defines."""
    body = survey.body(facts)
    family = survey.family(facts)
    defined: set[str] | None = None
    told: set[str] = set()
    for read in body.reads:
        name = read.name
        if name in body.bindings or name in body.stored_anywhere or name in told or name in _OF_OBJECT:
            continue
        if name.startswith("__") or read.context.guarded or read.context.receiver != "self":
            continue
        if defined is None:
            if any(not _is_closed(survey, each) for each in family):
                return
            defined = assigned_names(survey, family)
        if name in defined or any(name in survey.body(each).texts for each in family):
            continue
        told.add(name)
        if _is_set_elsewhere(survey, name):
            continue
        near = get_close_matches(name, sorted(defined), n=1, cutoff=0.8)
        hint = f"Did you mean `self.{near[0]}`?" if near else "Assign it in the constructor, or correct the name."
        yield Fault(
            read.line,
            "undefined-attribute",
            f"`self.{name}` is read, but nothing in `{facts.name}` or its bases defines or assigns it. {hint}",
        )


def assigned_names(survey: Survey, family: tuple[ClassFacts, ...]) -> set[str]:
    """All attributes that these classes define or assign, on anything."""
    names: set[str] = set()
    for each in family:
        body = survey.body(each)
        names.update(body.bindings, body.stored_anywhere)
    return names


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def _method(survey: Survey, facts: ClassFacts, name: str, *, inherited: bool = False) -> _Defined | None:
    """The method or property of this name that an instance has; None if it has none, or nobody can tell."""
    for owner in survey.known(facts)[inherited:]:
        bindings = survey.body(owner).bindings.get(name)
        if bindings:
            functions = [value for _, value in bindings if isinstance(value, _FUNCTIONS)]
            line, last = bindings[-1]
            if len(functions) == len(bindings):
                return _Defined(owner, bindings[0][0], _kind(functions))
            if isinstance(last, ast.Call) and _makes_read_only_property(last):
                return _Defined(owner, line, "read-only")
            return None
    return None


def _kind(functions: list[Function]) -> _MethodKind:
    decorators = set[str]()
    for function in functions:
        decorators |= names_of_decorators(function)
    if decorators <= _PLAIN:
        return "method"
    return "read-only" if decorators & _READ_ONLY and decorators <= _READ_ONLY | _PLAIN else "other"


def _makes_read_only_property(call: ast.Call) -> bool:
    if not (isinstance(call.func, ast.Name) and call.func.id == "property"):
        return False
    return len(call.args) <= 1 and all(keyword.arg in {"fget", "doc"} for keyword in call.keywords)


def _hides(survey: Survey, facts: ClassFacts, store: Store) -> bool:
    """Whether what is stored under a method's name can only be something that is no method."""
    alike = [
        each for other in survey.family(facts) for each in survey.body(other).stores if each.name == store.name
    ]
    if any(not is_never_callable(each.value, each.context) and not _is_none(each.value) for each in alike):
        return False
    if _is_none(store.value):  # how an object is taken apart, unless the constructor does it
        return store.context.method is not None and store.context.method.name == "__init__"
    return True


def _is_none(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _stand_directly(facts: ClassFacts, functions: list[tuple[int, Function | ast.expr | None]]) -> bool:
    direct = {statement.lineno for statement in facts.node.body if isinstance(statement, _FUNCTIONS)}
    return direct.issuperset(line for line, _ in functions)


def _what(facts: ClassFacts, found: _Defined) -> str:
    owner = found.owner
    if owner is facts:
        return f"line {found.line}"
    where = f"line {found.line}" if owner.file is facts.file else f"{owner.file.path}:{found.line}"
    return f"`{owner.name}`'s ({where})"


def _sets_by_hand(survey: Survey, facts: ClassFacts) -> bool:
    return any("__setattr__" in survey.body(each).bindings for each in survey.classes(facts))


def _is_frozen(survey: Survey, facts: ClassFacts) -> bool:
    return any(
        isinstance(decorator, ast.Call)
        and survey.qualified(facts, decorator.func) == "dataclasses.dataclass"
        and any(
            keyword.arg == "frozen" and isinstance(keyword.value, ast.Constant) and keyword.value.value is True
            for keyword in decorator.keywords
        )
        for decorator in facts.node.decorator_list
    )


def _constructor(survey: Survey, facts: ClassFacts) -> ClassFacts | None:
    """The class whose ``__init__`` runs; the class's own is passed over if it calls its base's."""
    for owner in survey.known(facts):
        body = survey.body(owner)
        if "__init__" not in body.bindings:
            continue
        if owner is facts and any(called_on_super(call.node.func) == "__init__" for call in body.calls):
            continue
        return owner
    return None


def _is_closed(survey: Survey, facts: ClassFacts) -> bool:
    """Whether all attributes of the class can be read off the source."""
    body = survey.body(facts)
    if body.dynamic or not survey.all_known(facts) or facts.mro_problem or facts.keywords.keys() - {"metaclass"}:
        return False
    if any(name in body.bindings for name in ("__getattr__", "__getattribute__", "__slots__", "__setstate__")):
        return False
    metaclass = facts.keywords.get("metaclass")
    if metaclass is not None and survey.qualified(facts, metaclass) != "abc.ABCMeta":
        return False
    known = {"dataclass", "final", "runtime_checkable", "total_ordering", "abstractmethod", "unique"}
    return names_of_decorators(facts.node) <= known


def _is_set_elsewhere(survey: Survey, name: str) -> bool:
    """Whether some file of the tree assigns an attribute of this name, on whatever, or names it in a text."""
    pattern = re.compile(rf"\.{name}\s*(?:=(?!=)|:[^=\n]*=|[-+*/|&@%]=)|[\"']{name}[\"']")
    return any(
        name in file.text and pattern.search(file.text) for file in survey.project.files if file.status == "ok"
    )
