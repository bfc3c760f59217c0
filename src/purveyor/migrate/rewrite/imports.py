"""Imports written into a module where their like stand, so that what was sorted stays sorted.

The order is that of isort's default profile, which Ruff's rule I001 has as well: sections (``__future__``, the
standard library, what is installed, the tree's own, relative ones) with a blank line between them; in each of them
``import x`` before ``from x import y``, by module; constants before classes before the rest; what has an alias by
itself.
"""

from __future__ import annotations

import sys
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

import libcst as cst

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

__all__ = ["is_docstring", "with_imports"]

Statement: TypeAlias = cst.SimpleStatementLine | cst.BaseCompoundStatement
#: Section, whether it is a ``from``, the module, and the first name that is taken from it.
_Key: TypeAlias = tuple[int, bool, tuple[str, str], tuple[int, str, str]]

_BLANK = cst.EmptyLine(indent=False)
_FUTURE, _STANDARD, _INSTALLED, _OWN, _RELATIVE = range(5)
#: The longest line that no usual formatter breaks.
_LONGEST = 79


def with_imports(
    body: Sequence[Statement], imports: Sequence[str], module: cst.Module, own: Collection[str]
) -> list[Statement]:
    """Add imports to those that a module begins with.

    Args:
        body: The module's statements.
        imports: What to add: ``from`` imports, with an alias only where it is the only name.
        module: The module, whose indentation is taken over.
        own: The names by which the tree's own modules are imported, up to the first dot.
    """
    start = next((i for i, each in enumerate(body) if not is_docstring(each)), len(body))
    head: list[cst.SimpleStatementLine] = []
    for each in body[start:]:
        if not (isinstance(each, cst.SimpleStatementLine) and _is_import(each)):
            break
        head.append(each)
    rest = [*body[start + len(head) :]]
    last = head[-1] if head else None
    for source in imports:
        added = cst.ensure_type(cst.parse_statement(source, module.config_for_parsing), cst.SimpleStatementLine)
        if not _extend(head, added, module):
            _insert(head, added, own, first=[_BLANK] if start else [])
    if rest and head and (last is None or _keyed(head[-1], own) != _keyed(last, own)):
        lines = rest[0].leading_lines
        apart = 2 if isinstance(rest[0], cst.ClassDef | cst.FunctionDef) and not _is_apart(lines) else 1
        rest[0] = rest[0].with_changes(leading_lines=[*[_BLANK] * (apart - _blanks(lines)), *lines])
    return [*body[:start], *head, *rest]


def is_docstring(statement: cst.CSTNode) -> bool:
    """Whether a statement is a string."""
    return (
        isinstance(statement, cst.SimpleStatementLine)
        and isinstance(statement.body[0], cst.Expr)
        and isinstance(statement.body[0].value, cst.SimpleString | cst.ConcatenatedString)
    )


def _extend(head: list[cst.SimpleStatementLine], added: cst.SimpleStatementLine, module: cst.Module) -> bool:
    """Add names to the one statement that takes some from their module, if it can be written anew as it was."""
    wanted = _taken(added)
    there = [index for index, each in enumerate(head) if set(_taken(each)) & set(wanted)]
    if not wanted or len(there) != 1:
        return False
    (source,) = wanted
    statement = head[there[0]]
    text = module.code_for_node(statement.body[0])
    if "#" in text or "\\" in text:
        return False
    names = [*_taken(statement)[source]]
    for name in wanted[source]:
        names.insert(next((i for i, each in enumerate(names) if _member(each) > _member(name)), len(names)), name)
    line = f"from {source} import {', '.join(names)}"
    if "\n" in text or "\r" in text or len(line) > _LONGEST:
        lines = "".join(f"{module.default_indent}{name},\n" for name in names)
        line = f"from {source} import (\n{lines})"
    written = cst.ensure_type(cst.parse_statement(line), cst.SimpleStatementLine)
    head[there[0]] = statement.with_changes(body=written.body)
    return True


def _taken(statement: cst.SimpleStatementLine) -> dict[str, list[str]]:
    """The names that a statement takes from a module, as source; nothing if all of them have aliases."""
    node = statement.body[0]
    if len(statement.body) > 1 or not isinstance(node, cst.ImportFrom) or node.relative:
        return {}
    if node.module is None or isinstance(node.names, cst.ImportStar):
        return {}
    if all(each.asname is not None for each in node.names):
        return {}
    names = [_source(each.with_changes(comma=cst.MaybeSentinel.DEFAULT)) for each in node.names]
    return {_source(node.module): names}


def _insert(
    head: list[cst.SimpleStatementLine],
    added: cst.SimpleStatementLine,
    own: Collection[str],
    *,
    first: Sequence[cst.EmptyLine],
) -> None:
    """Put a statement into its section, or where that would be.

    Args:
        head: The statements that are there.
        added: The statement.
        own: As for `with_imports`.
        first: What stands before it if there is none.
    """
    key = _keyed(added, own)
    keys = [_keyed(each, own) for each in head]
    place = _place(key, keys)
    apart = [_BLANK] if _has_blocks(head, keys) else []
    begins = place == 0 or keys[place - 1][0] != key[0]
    lines: Sequence[cst.EmptyLine] = []
    if begins and place < len(head):
        following = head[place].leading_lines
        lines, comments = following[: _blanks(following)], following[_blanks(following) :]
        between = apart if comments or keys[place][0] != key[0] else []
        head[place] = head[place].with_changes(leading_lines=[*between, *comments])
    elif begins:
        lines = apart if head else first
    head.insert(place, added.with_changes(leading_lines=lines))


def _place(key: _Key, keys: Sequence[_Key]) -> int:
    """Where a statement goes: after what stands before it in its section, or else before what stands after it."""
    alike = [index for index, each in enumerate(keys) if each[0] == key[0]]
    before = [index for index in alike if keys[index] < key]
    if before:
        return before[-1] + 1
    after = alike or [index for index, each in enumerate(keys) if each[0] > key[0]]
    return after[0] if after else len(keys)


def _has_blocks(head: Sequence[cst.SimpleStatementLine], keys: Sequence[_Key]) -> bool:
    """Whether there are blank lines between sections, so far as there are several."""
    return all(
        _blanks(head[index].leading_lines) > 0
        for index in range(1, len(head))
        if keys[index][0] != keys[index - 1][0]
    )


def _keyed(statement: cst.SimpleStatementLine, own: Collection[str]) -> _Key:
    node = statement.body[0]
    assert isinstance(node, cst.Import | cst.ImportFrom)
    member = (0, "", "")
    if isinstance(node, cst.Import):
        name = _source(node.names[0].name)
    elif node.relative or node.module is None:
        return (_RELATIVE, True, ("", ""), member)
    else:
        name = _source(node.module)
        if not isinstance(node.names, cst.ImportStar):
            member = _member(_source(node.names[0].name))
    return (_section(name.partition(".")[0], own), isinstance(node, cst.ImportFrom), (name.lower(), name), member)


def _section(top: str, own: Collection[str]) -> int:
    if top == "__future__":
        return _FUTURE
    if top in sys.stdlib_module_names:
        return _STANDARD
    return _OWN if top in own else _INSTALLED


def _member(name: str) -> tuple[int, str, str]:
    """What the names of a statement are sorted by: a constant before a class before anything else."""
    name = name.partition(" ")[0]
    kind = 1 if len(name) > 1 and name.isupper() else 2 if name[0].isupper() else 3
    return kind, name.lower(), name


def _blanks(lines: Sequence[cst.EmptyLine]) -> int:
    """How many lines there are before the first comment."""
    return next((index for index, each in enumerate(lines) if each.comment is not None), len(lines))


def _is_apart(lines: Sequence[cst.EmptyLine]) -> bool:
    """Whether a comment stands by itself, above a statement that it does not belong to."""
    return any(one.comment is not None and other.comment is None for one, other in pairwise(lines))


def _is_import(statement: cst.SimpleStatementLine) -> bool:
    return all(isinstance(each, cst.Import | cst.ImportFrom) for each in statement.body)


def _source(node: cst.CSTNode) -> str:
    return cst.Module([]).code_for_node(node)
