"""Additions written into a file by LibCST, which keeps every byte of what is not touched."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, cast

import libcst as cst

from purveyor.migrate.rewrite.imports import is_docstring, with_imports

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from purveyor.migrate.rewrite.compose import Addition

__all__ = ["edit"]

Statement: TypeAlias = cst.SimpleStatementLine | cst.BaseCompoundStatement

_BLANK = cst.EmptyLine(indent=False)


def edit(
    module: cst.Module, additions: Mapping[str, Addition], imports: Sequence[str], own: Collection[str] = ()
) -> cst.Module:
    """Write additions into a module.

    Args:
        module: The module as it is.
        additions: By the name of the class; of several classes of a name the last is meant.
        imports: Import statements to add.
        own: The names by which the tree's own modules are imported, up to the first dot.
    """
    body: list[Statement] = []
    last = {
        statement.name.value: index
        for index, statement in enumerate(module.body)
        if isinstance(statement, cst.ClassDef)
    }
    for index, statement in enumerate(module.body):
        addition = None
        if isinstance(statement, cst.ClassDef) and last[statement.name.value] == index:
            addition = additions.get(statement.name.value)
        if addition is None:
            body.append(statement)
        else:
            assert isinstance(statement, cst.ClassDef)
            body += _with_config(_class(statement, addition, module), addition, module, first=not body)
    return module.with_changes(body=with_imports(body, imports, module, own) if imports else body)


def _with_config(node: cst.ClassDef, addition: Addition, module: cst.Module, *, first: bool) -> list[Statement]:
    if not addition.config:
        return [node]
    if addition.config_after:
        return [node, _parsed(addition.config, module, [_BLANK, _BLANK])]
    config = _parsed(addition.config, module, [] if first else [_BLANK, _BLANK])
    if not node.leading_lines or node.leading_lines[0].comment is not None:
        node = node.with_changes(leading_lines=[_BLANK, _BLANK, *node.leading_lines])
    return [config, node]


def _class(node: cst.ClassDef, addition: Addition, module: cst.Module) -> cst.ClassDef:
    if addition.base:
        node = node.with_changes(bases=_with_base(node.bases, addition.base, addition.place))
    return node.with_changes(body=_body(node.body, addition, module))


def _with_base(bases: Sequence[cst.Arg], text: str, index: int) -> list[cst.Arg]:
    added = cst.Arg(cst.parse_expression(text))
    if index < len(bases):
        return [*bases[:index], added.with_changes(comma=_comma(bases, index)), *bases[index:]]
    if not bases:
        return [added]
    before = bases[-1]
    comma = bases[-2].comma if len(bases) > 1 else cst.MaybeSentinel.DEFAULT
    kept = before.with_changes(
        comma=comma if isinstance(comma, cst.Comma) else cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    )
    return [*bases[:-1], kept, added.with_changes(comma=before.comma)]


def _comma(bases: Sequence[cst.Arg], index: int) -> cst.Comma:
    """A comma like those that are there."""
    near = bases[index - 1].comma if index > 0 else bases[index].comma if index + 1 < len(bases) else None
    return near if isinstance(near, cst.Comma) else cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))


def _body(body: cst.BaseSuite, addition: Addition, module: cst.Module) -> cst.BaseSuite:
    if isinstance(body, cst.SimpleStatementSuite):  # class Name(Base): pass
        line = cst.SimpleStatementLine(body.body, trailing_whitespace=body.trailing_whitespace)
        body = cst.IndentedBlock([line])
    assert isinstance(body, cst.IndentedBlock)
    statements = [_marked(cast("Statement", each), addition) for each in body.body]
    top = 1 if statements and is_docstring(statements[0]) else 0
    added = _at_the_top(addition, module, first=top == 0)
    constructor = next((i for i, each in enumerate(statements) if _function_name(each) == "__init__"), None)
    lifecycle = [_parsed(each, module, [_BLANK]) for each in addition.lifecycle]
    if constructor is None:
        added += lifecycle
    elif lifecycle:
        statements[constructor + 1 : constructor + 1] = lifecycle
        _separate(statements, constructor + 1 + len(lifecycle))
    if added:
        _separate(statements, top)
        statements[top:top] = added
    return body.with_changes(body=statements)


def _at_the_top(addition: Addition, module: cst.Module, *, first: bool) -> list[Statement]:
    added: list[Statement] = []
    for each in addition.declares:
        added.append(_parsed(each, module, [] if added or first else [_BLANK]))
    if addition.builder:
        added.append(_parsed(addition.builder, module, [_BLANK] if added or not first else []))
    return added


def _separate(statements: list[Statement], index: int) -> None:
    """Have a blank line before what follows an addition."""
    if index < len(statements) and not any(line.comment is None for line in statements[index].leading_lines):
        following = statements[index]
        lines = [_BLANK, *following.leading_lines]
        statements[index] = following.with_changes(leading_lines=lines)


def _marked(statement: Statement, addition: Addition) -> Statement:
    if not isinstance(statement, cst.FunctionDef) or statement.name.value not in addition.operations:
        return statement
    if any(cst.Module([]).code_for_node(each.decorator).endswith("overload") for each in statement.decorators):
        return statement
    decorator = cst.Decorator(cst.Name(addition.decorator))
    return statement.with_changes(decorators=[*statement.decorators, decorator])


def _function_name(statement: Statement) -> str | None:
    return statement.name.value if isinstance(statement, cst.FunctionDef) else None


def _parsed(source: str, module: cst.Module, leading: Sequence[cst.EmptyLine]) -> Statement:
    config = module.config_for_parsing
    lines = [
        (len(line) - len(line.lstrip(" "))) // 4 * module.default_indent + line.lstrip(" ")
        for line in source.split("\n")
    ]
    statement = cst.parse_statement("\n".join(lines), config)
    return statement.with_changes(leading_lines=leading)
