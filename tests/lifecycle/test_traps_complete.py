"""Each of the 42 traps that the notes on the lifecycle number has a test that names it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
_NAMED = re.compile(r"\bTraps? (\d+(?:(?:, | and )\d+)*)")


def test_every_trap_is_named_by_a_test() -> None:
    named: dict[int, list[str]] = {}
    for file in TESTS.rglob("test_*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test"):
                for numbers in _NAMED.findall(ast.get_docstring(node) or ""):
                    for number in re.findall(r"\d+", numbers):
                        named.setdefault(int(number), []).append(node.name)
    assert sorted(named) == list(range(1, 43))
