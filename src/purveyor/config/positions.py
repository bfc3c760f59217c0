"""Where each key of a TOML text stands. `tomllib` does not tell; only errors and origins ask."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import tree_sitter_toml
from tree_sitter import Language, Parser

from purveyor.config.tree import is_table

if TYPE_CHECKING:
    from tree_sitter import Node

    from purveyor.config.tree import KeyPath

__all__ = ["key_positions"]


def key_positions(text: str) -> dict[KeyPath, tuple[int, int]]:
    """The place of every key, table and array element of a valid TOML text.

    Args:
        text: The text, which `tomllib` has accepted.

    Returns:
        Line and column, both from 1 and in characters, for each path of keys and indexes.
    """
    source = text.encode()
    tree = Parser(Language(tree_sitter_toml.language())).parse(source)
    return _Walk(source).document(tree.root_node)


class _Walk:
    def __init__(self, source: bytes) -> None:
        self._lines = source.split(b"\n")
        self._places: dict[KeyPath, tuple[int, int]] = {}
        self._lengths: dict[KeyPath, int] = {}  # of arrays of tables, so far

    def document(self, root: Node) -> dict[KeyPath, tuple[int, int]]:
        self._pairs(root, ())
        for child in root.named_children:
            if child.type in ("table", "table_array_element"):
                self._table(child)
        return self._places

    def _table(self, table: Node) -> None:
        key = table.named_children[0]
        *parents, last = _parts(key)
        path = self._key(parents, (), key)
        path = (*path, last)
        if table.type == "table_array_element":
            index = self._lengths.get(path, 0)
            self._lengths[path] = index + 1
            self._note(path, key)
            path = (*path, index)
        self._note(path, key)
        self._pairs(table, path)

    def _pairs(self, node: Node, table: KeyPath) -> None:
        for pair in (child for child in node.named_children if child.type == "pair"):
            key, value = pair.named_children[:2]  # a comment may follow
            self._value(value, self._key(_parts(key), table, key))

    def _value(self, value: Node, path: KeyPath) -> None:
        if value.type == "inline_table":
            self._pairs(value, path)
        elif value.type == "array":
            elements = [child for child in value.named_children if child.type != "comment"]
            for index, element in enumerate(elements):
                self._note((*path, index), element)
                self._value(element, (*path, index))

    def _key(self, parts: list[str], table: KeyPath, node: Node) -> KeyPath:
        path = table
        for part in parts:
            path = (*path, part)
            if path in self._lengths:  # a key below an array of tables belongs to its last element
                path = (*path, self._lengths[path] - 1)
            self._note(path, node)
        return path

    def _note(self, path: KeyPath, node: Node) -> None:
        row, column = node.start_point
        characters = len(self._lines[row][:column].decode())
        self._places.setdefault(path, (row + 1, characters + 1))


def _parts(key: Node) -> list[str]:
    """The parts of a dotted key, unquoted; `tomllib` knows how."""
    parts: list[str] = []
    text = (key.text or b"").decode()
    table: Any = tomllib.loads(f"{text} = 0")
    while is_table(table):
        ((part, table),) = table.items()
        parts.append(part)
    return parts
