"""What single expressions say by their form alone."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from purveyor.migrate.source.names import FunctionNode

__all__ = ["called_on_super", "calls_constructor", "last_name", "names_of_decorators"]


def last_name(node: ast.AST | None) -> str | None:
    """``c`` of ``a.b.c``, ``a`` of ``a``; None of all else, such as a call."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else None


def names_of_decorators(node: FunctionNode | ast.ClassDef) -> set[str]:
    """The last names of a definition's decorators, whether they are called or not."""
    plain = (each.func if isinstance(each, ast.Call) else each for each in node.decorator_list)
    return {name for each in plain if (name := last_name(each)) is not None}


def called_on_super(function: ast.expr) -> str | None:
    """The method's name, if what is called is ``super().method``."""
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Call):
        inner = function.value.func
        if isinstance(inner, ast.Name) and inner.id == "super":
            return function.attr
    return None


def calls_constructor(function: ast.expr) -> bool:
    """Whether what is called is ``super().__init__``, ``Base.__init__`` or the like."""
    return isinstance(function, ast.Attribute) and function.attr == "__init__"
