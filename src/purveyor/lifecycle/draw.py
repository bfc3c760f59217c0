"""A graph as text: a tree for a terminal, Mermaid and Graphviz DOT for documents.

No name can break the syntax that it stands in, or steer a terminal.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from purveyor.lifecycle.graph import Graph, Node

__all__ = ["TreeLine", "dot", "mermaid", "tree", "tree_lines"]

# Where a label begins with them, "1. " and "- " would make a list of it.
_MERMAID_SPECIAL = re.compile(r"[^\w .:,/-]|(?<=[.-]) ")
_DOT_SPECIAL = str.maketrans({"\\": r"\\", '"': r"\"", "&": "&amp;"})


class TreeLine(NamedTuple):
    """One line of a tree.

    Args:
        branches: What joins it to the lines above.
        role: What the line above needs it for; empty at a root. A question mark says that it can do without.
        name: The provider.
        details: What it is; a provider that is shown a second time has but a reference here.
    """

    branches: str
    role: str
    name: str
    details: str

    def __str__(self) -> str:
        return f"{self.branches}{self.role and f'{self.role}: '}{self.name}  {self.details}"


def tree(graph: Graph, *, ascii_only: bool = False) -> str:
    """A tree for people: below each provider that nobody needs, what it needs.

    Args:
        graph: The graph.
        ascii_only: Whether to draw without box-drawing characters.
    """
    return "\n".join(map(str, tree_lines(graph, ascii_only=ascii_only)))


def tree_lines(graph: Graph, *, ascii_only: bool = False) -> Iterator[TreeLine]:
    """The lines of the tree, for those who style them.

    Args:
        graph: The graph.
        ascii_only: Whether to draw without box-drawing characters.
    """
    fork, end, beside = ("|- ", "`- ", "|  ") if ascii_only else ("├─ ", "└─ ", "│  ")
    shown: set[str] = set()
    todo = [("", "", "", name) for name in reversed(list(graph.nodes)) if not graph.dependants(name)]
    while todo:
        branches, below, role, name = todo.pop()
        details = "(above)" if name in shown else ", ".join(_details(graph.nodes[name]))
        yield TreeLine(branches, role, _printable(name), details)
        if name in shown:
            continue
        shown.add(name)
        needs = graph.needs(name)
        for edge in reversed(needs):
            role = _printable(edge.role) + ("?" if edge.optional else "")
            last = edge is needs[-1]
            todo.append((below + (end if last else fork), below + ("   " if last else beside), role, edge.target))


def mermaid(graph: Graph) -> str:
    """A Mermaid flowchart; what is optional is dashed."""
    numbers = {name: number for number, name in enumerate(graph.nodes)}
    lines = ["flowchart LR"]
    for name, node in graph.nodes.items():
        label = f"{_in_mermaid(name)}<br>{_in_mermaid(', '.join(_details(node)))}"
        lines.append(f'    n{numbers[name]}["{label}"]' + ("" if node.required else ":::optional"))
    for edge in graph.edges:
        arrow = "-.->" if edge.optional else "-->"
        lines.append(f'    n{numbers[edge.source]} {arrow}|"{_in_mermaid(edge.role)}"| n{numbers[edge.target]}')
    if not all(node.required for node in graph.nodes.values()):
        lines.append("    classDef optional stroke-dasharray: 4 3")
    return "\n".join(lines)


def dot(graph: Graph) -> str:
    """A directed graph in Graphviz's DOT; what is optional is dashed."""
    numbers = {name: number for number, name in enumerate(graph.nodes)}
    lines = ["digraph providers {", "    rankdir=LR;", "    node [shape=box];"]
    for name, node in graph.nodes.items():
        style = "" if node.required else " style=dashed"
        label = rf"{_in_dot(name)}\n{_in_dot(', '.join(_details(node)))}"
        lines.append(f'    n{numbers[name]} [label="{label}"{style}];')
    for edge in graph.edges:
        style = " style=dashed" if edge.optional else ""
        ends = f"n{numbers[edge.source]} -> n{numbers[edge.target]}"
        lines.append(f'    {ends} [label="{_in_dot(edge.role)}"{style}];')
    return "\n".join([*lines, "}"])


def _details(node: Node) -> Iterator[str]:
    yield node.type.value
    if node.cls is not None:
        yield _printable(node.cls.__name__)
    if not node.required:
        yield "optional"
    if node.status is not None:
        yield node.status.value


def _printable(text: str) -> str:
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def _in_mermaid(text: str) -> str:
    return _MERMAID_SPECIAL.sub(lambda match: f"#{ord(match[0])};", _printable(text))


def _in_dot(text: str) -> str:
    return _printable(text).translate(_DOT_SPECIAL)
