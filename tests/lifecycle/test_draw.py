"""Graphs as text: what is shown, and that no name breaks it."""

from __future__ import annotations

import re
from typing import Annotated, Any

from hypothesis import given
from hypothesis import strategies as st

from purveyor.lifecycle.draw import dot, mermaid, tree, tree_lines
from purveyor.lifecycle.graph import Graph, Node, resolve
from purveyor.metadata import ProviderStatus, ProviderType
from purveyor.needs import Needs
from purveyor.provider import Provider


class Plain(Provider[Any]):
    async def initialize(self) -> None: ...

    async def cleanup(self) -> None: ...


class Wants(Plain):
    memory: Annotated[Plain, Needs()]
    archive: Annotated[Plain | None, Needs("old files")]


class Deep(Plain):
    below: Annotated[Plain, Needs()]


def node(name: str, cls: type[Provider[Any]] = Plain, /, required: bool = True, **needs: str) -> Node:
    roles = {role.replace("_", " "): target for role, target in needs.items()}
    return Node(name, cls, ProviderType.CUSTOM, (), roles, required)


GRAPH = resolve(
    [
        node("notes"),
        node("index", Wants, False, memory="notes"),
        node("app", Wants, memory="index", old_files="notes"),
        node("other", Wants, memory="index", old_files="lake"),
        node("lake"),
        node("alone"),
    ]
).snapshot({"lake": ProviderStatus.READY})


def test_a_tree_has_what_nobody_needs_at_its_roots_and_each_provider_once_in_full() -> None:
    assert tree(GRAPH).splitlines() == [
        "app  custom, Wants",
        "├─ memory: index  custom, Wants, optional",
        "│  └─ memory: notes  custom, Plain",
        "└─ old files?: notes  (above)",
        "other  custom, Wants",
        "├─ memory: index  (above)",
        "└─ old files?: lake  custom, Plain, ready",
        "alone  custom, Plain",
    ]
    assert tree(GRAPH, ascii_only=True).splitlines()[1:4] == [
        "|- memory: index  custom, Wants, optional",
        "|  `- memory: notes  custom, Plain",
        "`- old files?: notes  (above)",
    ]
    assert tree(Graph()) == ""


def test_mermaid() -> None:
    assert mermaid(GRAPH).splitlines() == [
        "flowchart LR",
        '    n0["notes<br>custom, Plain"]',
        '    n1["index<br>custom, Wants, optional"]:::optional',
        '    n2["app<br>custom, Wants"]',
        '    n3["other<br>custom, Wants"]',
        '    n4["lake<br>custom, Plain, ready"]',
        '    n5["alone<br>custom, Plain"]',
        '    n1 -->|"memory"| n0',
        '    n2 -->|"memory"| n1',
        '    n2 -.->|"old files"| n0',
        '    n3 -->|"memory"| n1',
        '    n3 -.->|"old files"| n4',
        "    classDef optional stroke-dasharray: 4 3",
    ]
    assert mermaid(resolve([Node("x", None, ProviderType.MEMORY)])) == 'flowchart LR\n    n0["x<br>memory"]'


def test_dot() -> None:
    assert dot(GRAPH).splitlines() == [
        "digraph providers {",
        "    rankdir=LR;",
        "    node [shape=box];",
        r'    n0 [label="notes\ncustom, Plain"];',
        r'    n1 [label="index\ncustom, Wants, optional" style=dashed];',
        r'    n2 [label="app\ncustom, Wants"];',
        r'    n3 [label="other\ncustom, Wants"];',
        r'    n4 [label="lake\ncustom, Plain, ready"];',
        r'    n5 [label="alone\ncustom, Plain"];',
        '    n1 -> n0 [label="memory"];',
        '    n2 -> n1 [label="memory"];',
        '    n2 -> n0 [label="old files" style=dashed];',
        '    n3 -> n1 [label="memory"];',
        '    n3 -> n4 [label="old files" style=dashed];',
        "}",
    ]


# Names as bad as they come: what the languages use, and what steers terminals.
names = st.text(min_size=1, max_size=20) | st.text(
    '"\\\n\t\r\x1b[]{}|<>&#;`*_-. 1end%:,()', min_size=1, max_size=20
)


def graph_of(first: str, second: str, role: str) -> Graph:
    """Two providers of these names; the role is one that the class is made to have."""
    made = type("Made", (Plain,), {"__annotations__": {"it": Annotated[Plain, Needs(role)]}})
    return resolve(
        [Node(first, made, ProviderType.CUSTOM, (), {role: second}), Node(second, Plain, ProviderType.CUSTOM)]
    )


def visible(text: str) -> str:
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


@given(st.lists(names, min_size=2, max_size=2, unique=True), names)
def test_no_name_breaks_the_syntax(pair: list[str], role: str) -> None:
    first, second = pair
    graph = graph_of(first, second, role)
    expected = [visible(first), visible(second), visible(role)]

    lines = tree(graph).split("\n")
    assert lines == [f"{expected[0]}  custom, Made", f"└─ {expected[2]}: {expected[1]}  custom, Plain"]
    assert all(line.isprintable() for line in lines)

    head, *nodes, edge = mermaid(graph).split("\n")
    assert head == "flowchart LR"
    found = [
        re.fullmatch(rf'    n{number}\["([^"]*)<br>custom, {kind}"\]', line)
        for number, (line, kind) in enumerate(zip(nodes, ("Made", "Plain"), strict=True))
    ]
    found.append(re.fullmatch(r'    n0 -->\|"([^"]*)"\| n1', edge))
    for match, text in zip(found, expected, strict=True):
        assert match
        assert not re.search(r'[<>"`*\\|{}\[\]&]', match[1])
        assert not re.search(r"[.-] ", match[1]), "a list"
        assert re.sub(r"#(\d+);", lambda code: chr(int(code[1])), match[1]) == text

    lines = dot(graph).split("\n")
    assert lines[:3] == ["digraph providers {", "    rankdir=LR;", "    node [shape=box];"]
    assert lines[6:] == ["}"]
    quoted = r'"((?:[^"\\]|\\.)*)"'
    found = [re.fullmatch(rf"    n{number} \[label={quoted}\];", lines[3 + number]) for number in (0, 1)]
    found.append(re.fullmatch(rf"    n0 -> n1 \[label={quoted}\];", lines[5]))
    for match, text, more in zip(found, expected, ("\ncustom, Made", "\ncustom, Plain", ""), strict=True):
        assert match
        assert not re.search(r"&(?!amp;)", match[1])
        unescaped = re.sub(r"\\(.)", lambda code: "\n" if code[1] == "n" else code[1], match[1])
        assert unescaped.replace("&amp;", "&") == text + more


def test_a_deep_graph_is_drawn_without_recursion() -> None:
    count = 5_000
    graph = resolve([node("p0"), *(node(f"p{i}", Deep, below=f"p{i - 1}") for i in range(1, count))])
    *_, last = tree_lines(graph)
    assert last.name == "p0"
    assert last.branches == "   " * (count - 2) + "└─ "
    assert mermaid(graph).count("-->") == dot(graph).count("->") == count - 1
