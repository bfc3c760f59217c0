"""Which members of a class become operations, and which it lacks as a provider."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from purveyor.migrate.rewrite.hindrances import assigned_in, own_lifecycle
from purveyor.migrate.source.project import ClassFacts
from purveyor.migrate.words import CHECKS, closing_word, opening_word

if TYPE_CHECKING:
    from purveyor.migrate.scan.kinds import Classified
    from purveyor.migrate.source.project import Method

__all__ = ["capabilities_of", "guard_of", "lifecycle_to_add", "literal_words", "operations_of"]

#: Decorators that leave a function what it is; below them an operation can be marked.
_TRANSPARENT = {"override", "final", "deprecated", "wraps", "no_type_check"}
#: Decorators that make something else than a method of a function, or say that it is not to be called.
_NO_OPERATION = {
    "abstractmethod",
    "overload",
    "operation",
    "property",
    "cached_property",
    "contextmanager",
    "asynccontextmanager",
    "fixture",
    "lru_cache",
    "cache",
    "singledispatchmethod",
    "setter",
    "getter",
    "deleter",
}
#: What shows who called.
_FRAMES = {"_getframe", "currentframe", "extract_stack", "format_stack", "print_stack", "walk_stack"}
_LIFECYCLE = {
    "initialize",
    "cleanup",
    "validate",
    "reload",
    "check",
    "on_need_reloaded",
    "next_generation",
    "from_config",
}


def operations_of(classified: Classified) -> tuple[list[str], list[tuple[str, str, int]]]:
    """The methods to mark as operations, and those left alone since a decorator's effect is not known.

    Returns:
        The names, in the order of the source; and for each that is left alone its name, decorator and line.
    """
    lifecycle = classified.lifecycle
    skipped = set(_LIFECYCLE)
    if lifecycle is not None:
        skipped |= {each for each in (lifecycle.opens, lifecycle.closes, *lifecycle.hooks) if each}
    names: list[str] = []
    unknown: list[tuple[str, str, int]] = []
    facts = classified.facts
    elsewhere = _loaded_in_body(facts.node) | _handed_on(classified) | _in_circles(facts)
    for name, method in facts.methods.items():
        if name.startswith("_") or name in skipped or method.kind != "method" or method.is_abstract:
            continue
        if (opening_word(name) or closing_word(name)) and not method.required:
            continue  # a step of a lifecycle, if not of this class then of one above or below it
        if name in CHECKS and not method.required:
            continue  # `LegacyProvider.check` asks it
        if name in elsewhere or _sees_its_caller(method):
            continue
        if method.raises_not_implemented or _is_accessor(method) or (method.is_generator and not method.is_async):
            continue
        tails = [each.partition("(")[0].rpartition(".")[2] for each in method.decorators]
        if any(tail in _NO_OPERATION for tail in tails):
            continue
        strange = next(
            (each for each, tail in zip(method.decorators, tails, strict=True) if tail not in _TRANSPARENT), None
        )
        if strange is not None:
            unknown.append((name, strange.partition("(")[0], method.line))
        else:
            names.append(name)
    return names, unknown


def guard_of(classified: Classified) -> tuple[str, int] | None:
    """The flag by which a class starts only once in its life, and the line that looks at it; None without one.

    ``if self._initialized: return``, where stopping does not set it back.
    """
    facts, lifecycle = classified.facts, classified.lifecycle
    opening = facts.find(lifecycle.opens) if lifecycle is not None and lifecycle.opens is not None else None
    closing = facts.find(lifecycle.closes) if lifecycle is not None and lifecycle.closes is not None else None
    if opening is None:
        return None
    body = [each for each in opening[1].node.body if not _is_docstring(each)]
    match body[:1]:
        case [ast.If(test=ast.Attribute(value=ast.Name(), attr=flag), body=[ast.Return()])]:
            set_back = closing is not None and flag in assigned_in(closing[1])
            return None if set_back else (flag, body[0].lineno)
        case _:
            return None


def _loaded_in_body(node: ast.ClassDef) -> set[str]:
    """The names that a class's body itself uses, such as functions that it decorates others with."""
    found: set[str] = set()
    waiting: list[ast.AST] = [*node.body]
    while waiting:
        each = waiting.pop()
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
            defaults = [*each.args.defaults, *(one for one in each.args.kw_defaults if one)]
            waiting += [*each.decorator_list, *defaults]
        elif isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load):
            found.add(each.id)
        elif not isinstance(each, ast.Lambda):
            waiting += ast.iter_child_nodes(each)
    return found


def _handed_on(classified: Classified) -> set[str]:
    """The methods that starting or stopping hands to somebody else, a thread perhaps: it waits for them."""
    facts, lifecycle = classified.facts, classified.lifecycle
    names = (lifecycle.opens, lifecycle.closes, *lifecycle.hooks) if lifecycle is not None else ()
    found: set[str] = set()
    for name in names:
        method = facts.find(name) if name else None
        if method is not None:
            called = {id(each.func) for each in ast.walk(method[1].node) if isinstance(each, ast.Call)}
            found |= {
                each.attr
                for each in ast.walk(method[1].node)
                if isinstance(each, ast.Attribute) and id(each) not in called and isinstance(each.ctx, ast.Load)
            }
    return found


def _in_circles(facts: ClassFacts) -> set[str]:
    """The plain methods that call each other in a circle, as those that visit a tree do: it may be a deep one."""
    plain = {name: each for name, each in facts.methods.items() if not each.is_async and each.kind == "method"}
    calls = {
        name: {
            each.attr
            for each in ast.walk(method.node)
            if isinstance(each, ast.Attribute)
            and isinstance(each.value, ast.Name)
            and each.value.id == method.receiver
            and each.attr in plain
        }
        for name, method in plain.items()
    }
    found: set[str] = set()
    for name in plain:
        reached: set[str] = set()
        waiting = [*calls[name]]
        while waiting:
            other = waiting.pop()
            if other not in reached:
                reached.add(other)
                waiting += calls[other]
        if name in reached:
            found.add(name)
    return found


def _sees_its_caller(method: Method) -> bool:
    """Whether a method would notice what stands between it and who calls it: it looks there, or calls itself."""
    for each in ast.walk(method.node):
        match each:
            case ast.Attribute(value=ast.Name(id=owner), attr=name):
                if (owner == method.receiver and name == method.name) or name in _FRAMES:
                    return True
                if owner == "inspect" and name == "stack":
                    return True
            case ast.Name(id=name) if name in _FRAMES:
                return True
            case ast.keyword(arg="stacklevel"):
                return True
            case _:
                pass
    return False


def lifecycle_to_add(classified: Classified) -> list[tuple[str, str]]:
    """What the manager calls and the class calls by another name: ``[("initialize", "connect")]``."""
    found: list[tuple[str, str]] = []
    for role, method in own_lifecycle(classified):
        if method.name != role and classified.facts.find(role) is None:
            found.append((role, method.name))
    return found


def capabilities_of(facts: ClassFacts, operations: list[str]) -> tuple[str, ...]:
    """What a provider answers for: what the class says, or else its operations, inherited ones included."""
    for owner in facts.mro:
        if isinstance(owner, ClassFacts):
            words = literal_words(owner.attributes.get("capabilities"))
            if words is not None:
                return words
    return tuple(operations)


def literal_words(node: ast.expr | None) -> tuple[str, ...] | None:
    """The strings of a literal list, tuple or set of strings; None if it is anything else."""
    if not isinstance(node, ast.List | ast.Tuple | ast.Set):
        return None
    words = [each.value for each in node.elts if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    return tuple(words) if words and len(words) == len(node.elts) else None


def _is_accessor(method: Method) -> bool:
    """Whether a plain method only says what is known: to lease and time it would cost more than it does."""
    body = [each for each in method.node.body if not _is_docstring(each) and not isinstance(each, ast.Pass)]
    if method.is_async or len(body) > 1:
        return False
    return not body or (
        isinstance(body[0], ast.Return) and not any(isinstance(each, ast.Call) for each in ast.walk(body[0]))
    )


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
