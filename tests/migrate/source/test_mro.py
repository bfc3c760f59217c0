"""The order of lookup where the generated packages do not reach: circles, contradictions, and names outside the tree."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from purveyor.migrate.source.mro import linearize
from tests.migrate.source.trees import cls, name, project


def order(root: Path, text: str, qualname: str = "A") -> tuple[list[str], str | None]:
    facts = cls(project(root, {"main.py": text}), qualname)
    return [name(one).removeprefix("main.py:") for one in facts.mro], facts.mro_problem


@pytest.mark.parametrize(
    ("text", "mro", "problem"),
    [
        ("class A: ...", ["A"], None),
        ("class A(object): ...", ["A"], None),
        ("class B: ...\nclass A(B, Gone, lib): ...", ["A", "B", "? nothing defines or imports it"], "twice"),
        (
            "class A(ValueError): ...",
            ["A", "builtins.ValueError", "builtins.Exception", "builtins.BaseException"],
            None,
        ),
        ("class A(len): ...", ["A", "builtins.len"], None),
        (
            "class B: ...\nclass A(object, B): ...",
            ["A", "B"],
            "its bases are in an order that contradicts their own",
        ),
        ("class B: ...\nclass A(B, B): ...", ["A", "B"], "it names a base twice"),
        (
            "class B: ...\nclass C(B): ...\nclass A(B, C): ...",
            ["A", "B", "C"],
            "its bases are in an order that contradicts their own",
        ),
        (
            "class O: ...\nclass B(O): ...\nclass C(O): ...\nclass D(B, C): ...\nclass E(C, B): ...\nclass F(D, E): ...\nclass A(F): ...",
            ["A", "F", "D", "B", "O", "C", "E"],
            "its base F has no method resolution order",
        ),
        (
            "from typing import Protocol, Generic\nclass A(Protocol, Generic[T]): ...",
            ["A", "typing.Protocol"],
            None,
        ),
        (
            "import typing as t\nclass B(t.Generic[T]): ...\nclass A(t.Generic[T], B[T]): ...",
            ["A", "B", "typing.Generic"],
            None,
        ),
        (
            "class A(first(), second()): ...",
            ["A", "? it is what a call returns", "? it is what a call returns"],
            None,
        ),
    ],
)
def test_the_order_of_a_class(tmp_path: Path, text: str, mro: list[str], problem: str | None) -> None:
    found, told = order(tmp_path, text)
    if problem == "twice":
        assert found == [*mro, "? nothing defines or imports it"]
        assert told is None
        return
    assert (found, told) == (mro, problem)


def test_type_parameters_make_a_class_generic(tmp_path: Path) -> None:
    of = project(
        tmp_path,
        {
            "main.py": "from typing import Generic, Protocol\nclass P(Protocol): ...\nclass B: ...\nclass A(B[int]): ..."
        },
    )
    for facts in of.classes:
        facts.node.type_params = [ast.Name("T")]  # type: ignore[attr-defined]  # as Python 3.12 reads `class A[T]`
    linearize(of.classes)
    orders = {facts.name: [name(one).removeprefix("main.py:") for one in facts.mro] for facts in of.classes}
    assert orders == {
        "P": ["P", "typing.Protocol"],
        "B": ["B", "typing.Generic"],
        "A": ["A", "B", "typing.Generic"],
    }


def test_inheritance_in_a_circle_is_told_for_all_in_it_and_below(tmp_path: Path) -> None:
    of = project(
        tmp_path,
        {
            "a.py": "from b import B\nclass A(B): ...\nclass Below(A): ...\n",
            "b.py": "from c import C\nclass B(C): ...\n",
            "c.py": "import a\nclass C(a.A): ...\nclass Apart: ...\n",
            "d.py": "from d_ import *\n",
        },
    )
    assert {facts.name: facts.mro_problem for facts in of.classes} == {
        "A": "inherits from itself: A -> B -> C -> A",
        "B": "inherits from itself: A -> B -> C -> A",
        "C": "inherits from itself: A -> B -> C -> A",
        "Below": "its base A has no method resolution order",
        "Apart": None,
    }
    assert [name(one) for one in cls(of, "Below").mro] == ["a.py:Below", "a.py:A", "b.py:B", "c.py:C"]
    assert cls(of, "B").find("x") is None
    assert cls(of, "C").is_abc is False


def test_a_long_chain_of_bases_is_no_trouble(tmp_path: Path) -> None:
    lines = ["class C0: ..."] + [f"class C{n}(C{n - 1}): ..." for n in range(1, 600)]
    found, problem = order(tmp_path, "\n".join(lines), "C599")
    assert problem is None
    assert len(found) == 600
