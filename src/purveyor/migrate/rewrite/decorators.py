"""Class decorators: which of them may give something else than the class that they are given."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from purveyor.migrate.source.names import FunctionNode
from purveyor.migrate.source.project import Function

if TYPE_CHECKING:
    from collections.abc import Iterator

    from purveyor.migrate.source.project import ClassFacts, Project

__all__ = ["strange_decorator"]

#: Decorators from elsewhere that give the class back; so does what registers it.
_GIVE_IT_BACK = {
    *("final", "runtime_checkable", "total_ordering", "deprecated", "dataclass_transform", "implementer"),
    *("no_type_check", "skip", "usefixtures"),
}


def strange_decorator(facts: ClassFacts, project: Project) -> tuple[str, int] | None:
    """The first decorator of a class that may make something else of it, and its line; None without one.

    A function of the tree gives the class back if all that it returns is its parameter, or a function inside of it
    that does so.

    Args:
        facts: The class.
        project: Where it stands.
    """
    for node, qualified in zip(facts.node.decorator_list, facts.decorators, strict=True):
        name = qualified.rpartition(".")[2]
        if name in _GIVE_IT_BACK:
            continue
        called = node.func if isinstance(node, ast.Call) else node
        functions = _functions(facts, project, called, name)
        known = all(_gives_back(each, called=called is not node) for each in functions)
        if not known or not (functions or name.lstrip("_").startswith("register")):
            return name, node.lineno
    return None


def _functions(facts: ClassFacts, project: Project, called: ast.expr, name: str) -> list[FunctionNode]:
    """What a decorator may be: the function that its name means, or else all methods of the tree of that name."""
    meant = project.resolve(facts.file, called)
    if isinstance(meant, Function):
        return [meant.node]
    if not isinstance(called, ast.Attribute):
        return []
    return [each.methods[name].node for each in project.classes if name in each.methods]


def _gives_back(function: FunctionNode, *, called: bool) -> bool:
    """Whether a function gives the class that it is given, or, if it is called first, a function that does."""
    nodes = [*ast.walk(function)]
    inner = {each.name: each for each in nodes if isinstance(each, FunctionNode)}
    written = {each.id for each in nodes if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
    own = {each.arg for each in ast.walk(function.args) if isinstance(each, ast.arg)} - written

    def gives(value: ast.expr | None) -> bool:
        match value:
            case ast.Name(id=name) if name in inner:
                return called and _gives_back(inner[name], called=False)
            case ast.Name(id=name):
                return name in own
            case ast.Call(func=ast.Name(id=name)) if name in inner:
                return _gives_back(inner[name], called=False)
            case ast.IfExp(body=body, orelse=orelse):
                return gives(body) and gives(orelse)
            case _:
                return False

    returned = [each.value for each in _statements(function) if isinstance(each, ast.Return)]
    return bool(returned) and all(map(gives, returned))


def _statements(function: FunctionNode) -> Iterator[ast.AST]:
    """What is in a function, without what is in functions and classes inside of it."""
    waiting: list[ast.AST] = [*function.body]
    while waiting:
        node = waiting.pop(0)
        yield node
        if not isinstance(node, FunctionNode | ast.ClassDef):
            waiting += ast.iter_child_nodes(node)
