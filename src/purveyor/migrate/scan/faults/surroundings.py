"""Where a class gets its settings and other classes from, past the config and past imports."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from purveyor.migrate.scan.faults.body import self_attribute
from purveyor.migrate.scan.faults.model import Fault
from purveyor.migrate.source.names import source_of
from purveyor.migrate.source.syntax import last_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from purveyor.migrate.scan.faults.body import Call
    from purveyor.migrate.scan.faults.survey import Survey
    from purveyor.migrate.source import ClassFacts

__all__ = ["config_faults", "environment_faults", "lookup_faults"]

_IMPORTS = frozenset({"importlib.import_module", "__import__"})
_CLASS_NAME = re.compile(r"[A-Z][A-Za-z0-9]*$")
_WHOLE = frozenset({"copy", "items", "keys", "values", "pop", "update", "setdefault", "clear"})


def config_faults(survey: Survey, facts: ClassFacts) -> Iterator[Fault]:
    """Find a config that is taken out of a config: ``config.config``.

    Args:
        survey: What is known of the project.
        facts: The class.
    """
    body = survey.body(facts)
    called = {id(call.node.func) for call in body.calls}
    told: set[int] = set()
    for node, context in body.names:
        if not (isinstance(node, ast.Attribute) and node.attr == "config") or id(node) in called:
            continue
        if node.lineno in told:  # `config.config.config` is one fault, and long to write out
            continue
        inner = node.value
        if isinstance(inner, ast.Name):
            of_config = inner.id == "config" and context.scope.owner("config") is not None
            of_config = of_config and "config" not in context.scope.imports
        else:
            of_config = isinstance(inner, ast.Attribute) and inner.attr == "config"
        if of_config:
            told.add(node.lineno)
            yield Fault(
                node.lineno,
                "double-config",
                f"`{source_of(node)}` takes a config out of a config, which works only while every caller "
                f"wraps it. Take the real config, typed.",
            )


def lookup_faults(survey: Survey, facts: ClassFacts) -> Iterator[Fault]:
    """Find modules and classes that are looked up by a name which is put together at run time.

    Args:
        survey: What is known of the project.
        facts: The class.
    """
    for call in survey.body(facts).calls:
        what = _computed(survey, facts, call)
        if what is not None:
            yield Fault(
                call.node.lineno,
                "dynamic-lookup",
                f"{what} is looked up by a name that is put together at run time, so it must keep its name and "
                f"place. Name what there is in a table, or as entry points.",
            )


def environment_faults(survey: Survey, facts: ClassFacts) -> Iterator[Fault]:
    """Find settings that are read from the environment.

    Args:
        survey: What is known of the project.
        facts: The class.
    """
    body = survey.body(facts)
    whole = {id(node.value) for node, _ in body.names if isinstance(node, ast.Attribute) and node.attr in _WHOLE}
    handed_on = whole | {
        id(argument)
        for call in body.calls
        for argument in [*call.node.args, *(k.value for k in call.node.keywords)]
    }
    spread: dict[int, set[int]] = {}  # by the id of the statement
    for node, context in body.names:
        name = (
            survey.qualified(facts, node, context)
            if last_name(node) in _READS or isinstance(node, ast.Name)
            else None
        )
        if name == "os.environ":
            statement = context.statement
            if id(statement) not in spread:
                spread[id(statement)] = _spread(statement)
            if id(node) in handed_on or id(node) in spread[id(statement)]:
                continue
        if name in {"os.getenv", "os.environ"}:
            yield Fault(
                node.lineno,
                "environment-read",
                f"`{name}` is read inside the class, past its config. Let the setting be part of the config, "
                f"which a configuration file can fill from the environment.",
            )


_READS = frozenset({"getenv", "environ"})


def _computed(survey: Survey, facts: ClassFacts, call: Call) -> str | None:
    """What a call looks up by a computed name, in words."""
    function, arguments = call.node.func, call.node.args
    if not arguments or not isinstance(function, ast.Name | ast.Attribute):
        return None
    if last_name(function) in {"import_module", "__import__"} or isinstance(function, ast.Name):
        name = survey.qualified(facts, function, call.context)
        if name in _IMPORTS:
            return None if _is_text(arguments[0], call) else "A module"
        if name != "getattr" or len(arguments) < 2 or _is_text(arguments[1], call):
            return None
        owner = arguments[0]
        if isinstance(owner, ast.Name):
            value = call.context.scope.value(owner.id)
            if isinstance(value, ast.Call) and survey.qualified(facts, value.func, call.context) in _IMPORTS:
                return "A class of a module"
        if self_attribute(ast.Attribute(owner, ""), call.context) is None and _ends_like_class(arguments[1], call):
            return "A class"
    return None


def _is_text(node: ast.expr, call: Call) -> bool:
    if isinstance(node, ast.Name):
        value = call.context.scope.value(node.id)
        return value is not None and isinstance(value, ast.Constant)
    return isinstance(node, ast.Constant)


def _ends_like_class(node: ast.expr, call: Call) -> bool:
    """Whether a text that is put together ends like the name of a class: ``f"{name}Provider"``."""
    if isinstance(node, ast.Name):
        value = call.context.scope.value(node.id)
        return value is not None and not isinstance(value, ast.Name) and _ends_like_class(value, call)
    if isinstance(node, ast.JoinedStr):
        node = node.values[-1] if node.values else node
    elif isinstance(node, ast.BinOp):
        node = node.right
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(_CLASS_NAME.search(node.value))


def _spread(statement: ast.stmt | None) -> set[int]:
    """What is not read but handed on whole: ``{**os.environ}``, or written: ``os.environ["NAME"] = ...``."""
    found = set[int]()
    for node in ast.walk(statement) if statement is not None else ():
        if isinstance(node, ast.Dict):
            found.update(id(value) for key, value in zip(node.keys, node.values, strict=True) if key is None)
        elif isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
            found.add(id(node.value))
    return found
