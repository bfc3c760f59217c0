"""What can be told of a value from its expression alone."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from purveyor.migrate.scan.faults.body import Context

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
)


def is_never_callable(  # noqa: PLR0911 - one case a form
    value: ast.expr | None, context: Context | None = None
) -> bool:
    """Whether a value can only be something that cannot be called; None, the value, is not counted.

    Args:
        value: The expression; None if it is not known.
        context: Where it stands, to tell what its names mean.
    """
    match value:
        case ast.Constant():
            return value.value is not None and value.value is not ...
        case ast.BoolOp():
            return any(is_never_callable(each, context) for each in value.values)
        case ast.IfExp():
            return is_never_callable(value.body, context) or is_never_callable(value.orelse, context)
        case ast.UnaryOp():
            return isinstance(value.op, ast.Not) or is_never_callable(value.operand, context)
        case ast.BinOp():
            return is_never_callable(value.left, context) or is_never_callable(value.right, context)
        case ast.Call(func=ast.Name(id=name)):
            return name in _PLAIN_TYPES and (context is None or context.scope.owner(name) is None)
        case ast.Call(func=ast.Attribute(attr="get"), args=[_, default]):
            return is_never_callable(default, context)
        case ast.Name():
            return context is not None and _is_plain_name(value.id, context)
        case _:
            return isinstance(value, _NEVER)


def _is_plain_name(name: str, context: Context) -> bool:
    scope = context.scope.owner(name)
    if scope is None:
        return False
    if name not in scope.parameters:
        value = scope.value(name)
        return value is not None and not isinstance(value, ast.Name) and is_never_callable(value, context)
    if scope.bound[name] != [None]:  # assigned again
        return False
    annotation = scope.parameters[name].annotation
    if annotation is not None:
        return _is_plain_annotation(annotation)
    return is_never_callable(scope.defaults.get(name))


def _is_plain_annotation(node: ast.expr) -> bool:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in _PLAIN_TYPES
        case ast.Subscript(value=ast.Name(id="Optional") | ast.Attribute(attr="Optional"), slice=inner):
            return _is_plain_annotation(inner)
        case ast.Subscript(value=inner):
            return _is_plain_annotation(inner)
        case ast.BinOp(op=ast.BitOr(), left=left, right=ast.Constant(value=None)):
            return _is_plain_annotation(left)
        case _:
            return False
