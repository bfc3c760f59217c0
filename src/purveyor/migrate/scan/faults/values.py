"""What can be told of a value from its expression alone."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from purveyor.migrate.scan.faults.body import Context, Scope

__all__ = ["is_never_callable"]

_PLAIN_TYPES = frozenset(
    {"bool", "bytearray", "bytes", "complex", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple"}
    | {"Dict", "FrozenSet", "List", "Mapping", "MutableMapping", "Sequence", "Set", "Tuple"}
)
_NEVER = (
    ast.List,
    ast.Dict,
    ast.Set,
    ast.Tuple,
    ast.ListComp,
    ast.DictComp,
    ast.SetComp,
    ast.GeneratorExp,
    ast.JoinedStr,
    ast.Compare,
    ast.UnaryOp,  # `not`: what the other operators give is asked of their operand
)


def is_never_callable(value: ast.expr | None, context: Context | None = None) -> bool:
    """Whether a value can only be something that cannot be called; None, the value, is not counted.

    Args:
        value: The expression; None if it is not known.
        context: Where it stands, to tell what its names mean.
    """
    waiting, followed = [value], set[str]()  # names may stand for each other in a circle
    while waiting:
        match waiting.pop():
            case ast.BoolOp(values=parts):
                waiting.extend(parts)
            case ast.IfExp(body=one, orelse=other) | ast.BinOp(left=one, right=other):
                waiting += [one, other]
            case ast.UnaryOp(op=ast.UAdd() | ast.USub() | ast.Invert(), operand=part):
                waiting.append(part)
            case ast.Call(func=ast.Attribute(attr="get"), args=[_, part]):
                waiting.append(part)
            case ast.Name(id=name):
                scope = context.scope.owner(name) if context is not None else None
                if scope is None or name in followed:
                    continue
                if name in scope.parameters:
                    if _is_plain_parameter(name, scope):
                        return True
                    continue
                followed.add(name)
                behind = scope.value(name)
                waiting.append(None if isinstance(behind, ast.Name) else behind)
            case part:
                if _is_plain(part, context):
                    return True
    return False


def _is_plain(value: ast.expr | None, context: Context | None) -> bool:
    match value:
        case ast.Constant():
            return value.value is not None and value.value is not ...
        case ast.Call(func=ast.Name(id=name)):
            return name in _PLAIN_TYPES and (context is None or context.scope.owner(name) is None)
        case _:
            return isinstance(value, _NEVER)


def _is_plain_parameter(name: str, scope: Scope) -> bool:
    if scope.bound[name] != [None]:  # assigned again
        return False
    annotation = scope.parameters[name].annotation
    return is_never_callable(scope.defaults.get(name)) if annotation is None else _is_plain_annotation(annotation)


def _is_plain_annotation(node: ast.expr) -> bool:
    while True:
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                return name in _PLAIN_TYPES
            case (
                ast.Subscript(value=ast.Name(id="Optional") | ast.Attribute(attr="Optional"), slice=inner)
                | ast.Subscript(value=inner)
                | ast.BinOp(op=ast.BitOr(), left=inner, right=ast.Constant(value=None))
            ):
                node = inner
            case _:
                return False
