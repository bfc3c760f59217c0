"""Whether a class can be made, opened and closed as Purveyor does it."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from purveyor.migrate.scan.faults.body import self_attribute
from purveyor.migrate.scan.faults.model import Fault
from purveyor.migrate.source.names import source_of
from purveyor.migrate.source.syntax import called_on_super, calls_constructor, last_name, names_of_decorators

if TYPE_CHECKING:
    from collections.abc import Iterator

    from purveyor.migrate.scan.faults.body import Function, Read, Store
    from purveyor.migrate.scan.faults.survey import Survey
    from purveyor.migrate.scan.kinds import Classified
    from purveyor.migrate.source import ClassFacts, Method

__all__ = ["abstract_faults", "constructor_faults", "lifecycle_faults"]

#: Annotations of a plain function whose result can be awaited.
_AWAITABLE = re.compile(r"\b(Awaitable|Coroutine|Future|Task)\b")

#: Names of classes that are made to be completed by others.
_INCOMPLETE = re.compile(r"^_*(Abstract|Base)|(Base|Mixin|ABC|Interface|Protocol)$", re.IGNORECASE)


def abstract_faults(survey: Survey, facts: ClassFacts) -> Iterator[Fault]:
    """Find abstract methods of its bases that a class leaves open, and every class that derives from it too.

    Args:
        survey: What is known of the project.
        facts: The class.
    """
    declares = any(method.is_abstract for method in facts.methods.values())
    if declares or not facts.unimplemented or _INCOMPLETE.search(facts.name):
        return
    if facts.node.decorator_list and not names_of_decorators(facts.node) <= {"dataclass", "final"}:
        return  # a decorator may add them
    open_ = {
        name: owner
        for name, owner in facts.unimplemented.items()
        if not any(name in survey.body(each).bindings for each in _before(survey, facts, owner))
        and all(
            each is facts or owner not in each.mro or name in each.unimplemented for each in survey.family(facts)
        )
    }
    if not open_ or any("__getattr__" in survey.body(each).bindings for each in survey.classes(facts)):
        return
    named = ", ".join(f"`{name}` ({_place(facts, owner, name)})" for name, owner in open_.items())
    if facts.is_abc:
        then = "The class cannot be instantiated: implement what is missing."
    else:
        then = (
            "Nothing enforces this today, since no base is an ABC; a new base that is one, such as Purveyor's, "
            "begins to: implement what is missing first."
        )
    yield Fault(
        facts.line, "unimplemented-abstract", f"`{facts.name}` leaves abstract methods open: {named}. {then}"
    )


def lifecycle_faults(facts: ClassFacts, classified: Classified) -> Iterator[Fault]:
    """Find lifecycle methods that Purveyor cannot call as they are.

    Args:
        facts: The class.
        classified: What it was found to be.
    """
    lifecycle = classified.lifecycle
    if lifecycle is None:
        return
    for name in dict.fromkeys((lifecycle.opens, lifecycle.closes)):
        found = facts.find(name) if name is not None else None
        if found is None:
            continue
        owner, method = found
        line, of = (
            (method.line, "")
            if owner is facts
            else (facts.line, f" of `{owner.name}` ({owner.file.path}:{method.line})")
        )
        if method.kind in {"method", "class", "static"} and method.required:
            needed = ", ".join(f"`{parameter}`" for parameter in method.required)
            yield Fault(
                line,
                "lifecycle-arguments",
                f"`{name}`{of} needs {needed}, but Purveyor calls it without arguments. Give defaults, or take "
                f"the values from the config.",
            )
        if not _is_awaited(method):
            yield Fault(
                line,
                "sync-lifecycle",
                f"`{name}`{of} is not async, but Purveyor awaits it. Serve the class with "
                f"purveyor.migrate.adapt(), or make it async.",
            )


def constructor_faults(survey: Survey, facts: ClassFacts) -> Iterator[Fault]:
    """Find attributes that are missing since a constructor does not call that of its base.

    Args:
        survey: What is known of the project.
        facts: The class.
    """
    body = survey.body(facts)
    constructor = next(
        (value for _, value in body.bindings.get("__init__", ()) if isinstance(value, ast.FunctionDef)), None
    )
    if constructor is None or any(calls_constructor(call.node.func) for call in body.calls):
        return
    known = survey.known(facts)
    if any(survey.body(each).dynamic or "__getattr__" in survey.body(each).bindings for each in known):
        return
    missing = _assigned_by_bases(survey, facts)
    if not missing:
        return
    settled = _assigned_from(survey, facts, constructor)
    for each in known:
        settled.update(survey.body(each).bindings)
    read = {
        each.name
        for other in known
        for each in survey.body(other).reads
        if _is_effective(survey, facts, other, each)
    }
    left = {
        name: (owner, store)
        for name, (owner, store) in missing.items()
        if name not in settled and (name in read or not name.startswith("_"))
    }
    if left:
        owner, store = next(iter(left.values()))
        names = ", ".join(f"`self.{name}`" for name in left)
        where = f"{owner.file.path}:{store.line}"
        yield Fault(
            constructor.lineno,
            "super-not-called",
            f"The constructor does not call super().__init__(), so {names}, assigned by "
            f"`{owner.name}.__init__` ({where}), stays unset. Call it, or assign what is missing.",
        )


def _before(survey: Survey, facts: ClassFacts, owner: ClassFacts) -> list[ClassFacts]:
    classes = survey.classes(facts)
    return classes[: classes.index(owner)]


def _place(facts: ClassFacts, owner: ClassFacts, name: str) -> str:
    line = owner.methods[name].line
    return f"{owner.name}, line {line}" if owner.file is facts.file else f"{owner.name}, {owner.file.path}:{line}"


def _is_awaited(method: Method) -> bool:
    if method.is_async or method.kind in {"property", "setter"}:
        return True
    if method.node.returns is not None and _AWAITABLE.search(source_of(method.node.returns)):
        return True
    returned = method.node.body[-1]
    if isinstance(returned, ast.Return) and isinstance(returned.value, ast.Call):
        return last_name(returned.value.func) in {
            "create_task",
            "ensure_future",
            "gather",
            "run_in_executor",
            "to_thread",
        }
    return any(
        "coroutine" in decorator or decorator.rpartition(".")[2].startswith("async")
        for decorator in method.decorators
    )


def _assigned_by_bases(survey: Survey, facts: ClassFacts) -> dict[str, tuple[ClassFacts, Store]]:
    """What the constructors of the bases assign, those being passed over that are not called either."""
    found: dict[str, tuple[ClassFacts, Store]] = {}
    for owner in survey.known(facts)[1:]:
        body = survey.body(owner)
        if "__init__" not in body.bindings:
            continue
        for store in body.stores:
            method = store.context.method
            if method is not None and method.name == "__init__" and not store.context.deferred:
                found.setdefault(store.name, (owner, store))
        if not any(called_on_super(call.node.func) == "__init__" for call in body.calls):
            break
    return found


def _assigned_from(survey: Survey, facts: ClassFacts, constructor: Function) -> set[str]:
    """What is assigned by a constructor and by all that it calls on self."""
    names: set[str] = set()
    waiting: list[Function] = [constructor]
    seen: set[int] = set()
    by_function: dict[int, tuple[set[str], set[str]]] = {}
    functions: dict[str, list[Function]] = {}
    for each in survey.classes(facts):
        body = survey.body(each)
        for name, bindings in body.bindings.items():
            functions.setdefault(name, []).extend(
                value for _, value in bindings if isinstance(value, ast.FunctionDef | ast.AsyncFunctionDef)
            )
        for store in body.stores:
            by_function.setdefault(id(store.context.method), (set(), set()))[0].add(store.name)
        for call in body.calls:
            called = self_attribute(call.node.func, call.context) or called_on_super(call.node.func)
            if called is not None:
                by_function.setdefault(id(call.context.method), (set(), set()))[1].add(called)
    while waiting:
        function = waiting.pop()
        if id(function) not in seen:
            seen.add(id(function))
            stored, called_names = by_function.get(id(function), (set(), set()))
            names |= stored
            for name in sorted(stored | called_names):  # a store may run a property's setter
                waiting.extend(functions.get(name, ()))
    return names


def _is_effective(survey: Survey, facts: ClassFacts, owner: ClassFacts, read: Read) -> bool:
    """Whether the method in which something is read is one that an instance of the class has."""
    assert read.context.method is not None, "self is known in methods only"
    name = read.context.method.name
    if name == "__init__" and owner is not facts:
        return False
    first = next((each for each in survey.classes(facts) if name in survey.body(each).bindings), None)
    return first is owner
