"""What of a function's body always runs, and which of its names are those of a scope inside it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from purveyor.migrate.source.names import parameters

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Surveyed", "survey"]


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What there is in a function.

    Args:
        nodes: Everything in it, itself first, as `ast.walk` gives it.
        certain: The ids of what runs whenever the function does, up to where it may return.
        inner: The ids of names that belong to a scope inside it.
    """

    nodes: list[ast.AST]
    certain: set[int]
    inner: set[int]


def survey(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Surveyed:
    """Look at a function.

    Args:
        function: Its statement. Its parameters and decorators are not looked at.
    """
    found = Surveyed(list(ast.walk(function)), set(), set())
    waiting: list[tuple[ast.AST, bool, frozenset[str]]] = []
    always = True
    for statement in function.body:
        waiting.append((statement, always, frozenset()))
        always = always and not any(isinstance(each, ast.Return) for each in ast.walk(statement))
    apart: set[int] = set()  # ids of parts of a scope that do not see its names
    while waiting:
        node, certain, bound = waiting.pop()
        if certain:
            found.certain.add(id(node))
        if isinstance(node, ast.Name) and node.id in bound:
            found.inner.add(id(node))
        always_run = _always_run(node)
        for part in _outside(node):
            apart.add(id(part))
            waiting.append((part, certain, bound))
        inside = bound | _bound_by(node)
        waiting.extend(
            (child, certain and (always_run is None or child in always_run), inside)
            for child in ast.iter_child_nodes(node)
            if id(child) not in apart
        )
    return found


def _always_run(node: ast.AST) -> list[ast.AST] | None:
    """Which parts run whenever a statement or expression does; None: all."""
    match node:
        case (
            ast.If(test=part)
            | ast.IfExp(test=part)
            | ast.While(test=part)
            | ast.For(iter=part)
            | ast.AsyncFor(iter=part)
            | ast.Match(subject=part)
            | ast.BoolOp(values=[part, *_])
        ):
            return [part]
        case ast.Try() | ast.TryStar() | ast.With() | ast.AsyncWith():
            return []  # an exception may be meant
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda() | ast.ClassDef():
            return []
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            return []
        case _:
            return None


def _outside(node: ast.AST) -> list[ast.expr]:
    """The parts of an inner scope that run where it stands, and do not see its names."""
    match node:
        case (
            ast.FunctionDef(args=args, decorator_list=others)
            | ast.AsyncFunctionDef(args=args, decorator_list=others)
        ):
            return [*others, *args.defaults, *(each for each in args.kw_defaults if each is not None)]
        case ast.Lambda(args=args):
            return [*args.defaults, *(each for each in args.kw_defaults if each is not None)]
        case (
            ast.ListComp(generators=[first, *_])
            | ast.SetComp(generators=[first, *_])
            | ast.DictComp(generators=[first, *_])
            | ast.GeneratorExp(generators=[first, *_])
        ):
            return [first.iter]
        case _:
            return []


def _bound_by(node: ast.AST) -> set[str]:
    """The names that a scope binds and that those inside it see; none if it is no scope."""
    match node:
        case ast.FunctionDef(body=body) | ast.AsyncFunctionDef(body=body):
            return set(parameters(node)) | _stored(body)
        case ast.Lambda(args=args):
            return {each.arg for each in ast.walk(args) if isinstance(each, ast.arg)}
        case ast.ListComp(generators=parts) | ast.SetComp(generators=parts):
            return _stored([each.target for each in parts])
        case ast.DictComp(generators=parts) | ast.GeneratorExp(generators=parts):
            return _stored([each.target for each in parts])
        case _:
            return set()


def _stored(parts: Sequence[ast.AST]) -> set[str]:
    """The names that are written to, without those of scopes further in and of scopes around."""
    names: set[str] = set()
    elsewhere: set[str] = set()
    waiting = [*parts]
    while waiting:
        node = waiting.pop()
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                names.add(name)
            case ast.Nonlocal(names=others) | ast.Global(names=others):
                elsewhere.update(others)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.Lambda():
                pass
            case _:
                waiting.extend(ast.iter_child_nodes(node))
    return names - elsewhere
