"""The parameters of a constructor, and which of them go on to that of a base."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from purveyor.migrate.rewrite.fields import without_none
from purveyor.migrate.rewrite.keys import same

if TYPE_CHECKING:
    from purveyor.migrate.rewrite.keys import Function
    from purveyor.migrate.source.project import Method

__all__ = ["Parameter", "hands_all_on", "named_in", "taken_by"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter that has a name.

    Args:
        name: Its name.
        line: Where it stands.
        annotation: The source of its type, without that it may be None.
        default: The source of its default; None if it must be given.
        first: Whether it is the first that a caller gives.
        positional_only: Whether it cannot be given by its name.
    """

    name: str
    line: int
    annotation: str | None
    default: str | None
    first: bool = False
    positional_only: bool = False


def named_in(node: Function) -> list[Parameter]:
    """The parameters of a method that have names, without the first."""
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(positional) - len(arguments.defaults)) + [*arguments.defaults]
    found = [
        Parameter(
            each.arg,
            each.lineno,
            _annotation(each),
            _source(default),
            first=index == 1,
            positional_only=index < len(arguments.posonlyargs),
        )
        for index, (each, default) in enumerate(zip(positional, defaults, strict=True))
    ][1:]
    for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        found.append(Parameter(each.arg, each.lineno, _annotation(each), _source(default)))
    return found


def taken_by(function: Function, name: str, base: Function) -> str | None:
    """What a base's constructor calls what it is given; None if as keywords, "" if it is not given it."""
    for call in ast.walk(function):
        if not isinstance(call, ast.Call) or not _is_constructor(call.func):
            continue
        assert isinstance(call.func, ast.Attribute)
        positional = [each.arg for each in (*base.args.posonlyargs, *base.args.args)]
        if isinstance(call.func.value, ast.Call):  # super() has given it itself
            positional = positional[1:]
        for parameter, value in zip(positional, call.args, strict=False):
            if _holds(value, name):
                return parameter
        for keyword in call.keywords:
            if _holds(keyword.value, name):
                return keyword.arg
    return ""


def _holds(value: ast.expr, name: str) -> bool:
    return any(isinstance(each, ast.Name) and each.id == name for each in same(value))


def _annotation(parameter: ast.arg) -> str | None:
    node = parameter.annotation
    if node is None:
        return None
    text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ast.unparse(node)
    return without_none(text)


def hands_all_on(method: Method) -> bool:
    """Whether a constructor takes anything, and only gives it to its base's."""
    if not (method.var_positional and method.var_keyword) or named_in(method.node):
        return False
    names = (method.var_positional, method.var_keyword)
    calls = [call for call in ast.walk(method.node) if isinstance(call, ast.Call) and _is_constructor(call.func)]
    given = [each.value for call in calls for each in call.args if isinstance(each, ast.Starred)]
    given += [each.value for call in calls for each in call.keywords if each.arg is None]
    return bool(calls) and all(
        any(node is each for each in given)
        for node in ast.walk(method.node)
        if isinstance(node, ast.Name) and node.id in names
    )


def _is_constructor(function: ast.expr) -> bool:
    return isinstance(function, ast.Attribute) and function.attr == "__init__"


def _source(node: ast.expr | None) -> str | None:
    return None if node is None else ast.unparse(node)
