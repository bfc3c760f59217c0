"""Source that is nested deeper than Python's own stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.migrate.scan_faults.marked import faults_in

if TYPE_CHECKING:
    from pathlib import Path

DEPTH = 900
SUM = " + ".join(["'x'"] * DEPTH)

HEAD = """\
import os, threading
class Deep:
    def level(self): ...
"""

DEEP = {
    "a sum": f"    def q(self):\n        return {SUM} + self.nowhere\n",
    "one branch in another": "    def q(self, a):\n        if a == 0: pass\n"
    + "".join(f"        elif a == {number}: pass\n" for number in range(DEPTH))
    + "        else: return self.nowhere\n",
    "a condition in another": "    def q(self, a):\n        return "
    + "".join(f"{number} if a == {number} else " for number in range(DEPTH))
    + "self.nowhere\n",
    "attributes": f"    def q(self):\n        return self.nowhere{'.b' * DEPTH}\n",
    "calls": f"    async def q(self):\n        return self.nowhere{'.path()' * DEPTH}.read_text()\n",
    "places to store in": f"    def q(self):\n        self.nowhere{'[1]' * DEPTH} = 1\n",
}


@pytest.mark.parametrize("name", DEEP)
def test_what_is_deep_is_read_to_its_end(tmp_path: Path, name: str) -> None:
    found = faults_in(tmp_path, {"app.py": HEAD + DEEP[name]}, "data")
    assert [code for _, _, code in found] == ["undefined-attribute"]


@pytest.mark.parametrize(
    "value",
    [SUM, "-" * DEPTH + "1", "1 if os else " * DEPTH + "2", "a and (" * 90 + "1" + ")" * 90],
    ids=["sum", "signs", "conditions", "parentheses"],
)
def test_what_a_deep_value_can_be(tmp_path: Path, value: str) -> None:
    text = f"{HEAD}    def q(self, a):\n        self.level = {value}\n"
    found = faults_in(tmp_path, {"app.py": text}, "data")
    assert [(line, code) for _, line, code in found] == [(5, "shadowed-method")]


def test_a_deep_annotation_says_nothing(tmp_path: Path) -> None:
    unions = " | ".join(["int"] * DEPTH)
    text = f"{HEAD}    def initialize(self) -> {unions}: return self.level()\n    def cleanup(self): ...\n"
    found = faults_in(tmp_path, {"app.py": text})
    assert [(line, code) for _, line, code in found] == [(4, "sync-lifecycle"), (5, "sync-lifecycle")]


def test_a_config_of_a_config_of_a_config(tmp_path: Path) -> None:
    text = f"{HEAD}    def q(self, config):\n        return config{'.config' * DEPTH}\n"
    ((place, message),) = faults_in(tmp_path, {"app.py": text}).items()
    assert place == ("app.py", 5, "double-config")
    assert message.startswith("`...` takes a config out of a config")


def test_values_that_stand_for_each_other(tmp_path: Path) -> None:
    doubled = "".join(f"        a{number + 1} = a{number} + a{number}\n" for number in range(60))
    text = (
        f"{HEAD}    def circle(self, x):\n"
        "        a = b + x\n        b = a + x\n        self.level = a\n"
        f"    def many(self, a0):\n{doubled}        self.level = a60\n"
    )
    assert faults_in(tmp_path, {"app.py": text}, "data") == {}


def test_deep_annotations_of_parameters(tmp_path: Path) -> None:
    lists, unions = "list" + "[int]" * DEPTH, "int" + " | None" * DEPTH
    text = (
        f"{HEAD}    def one(self, a: {lists}):\n        self.level = a\n"
        f"    def two(self, a: {unions}):\n        self.level = a\n"
    )
    found = faults_in(tmp_path, {"app.py": text}, "data")
    assert [(line, code) for _, line, code in found] == [(5, "shadowed-method"), (7, "shadowed-method")]


def test_one_statement_that_reads_the_environment_often(tmp_path: Path) -> None:
    reads = ", ".join(["os.environ", "{**os.environ}"] * 200)
    ((place, _),) = faults_in(tmp_path, {"app.py": f"{HEAD}    def q(self):\n        return [{reads}]\n"}).items()
    assert place == ("app.py", 5, "environment-read")


def test_many_names_that_nothing_defines_are_each_told(tmp_path: Path) -> None:
    text = HEAD + "    def q(self):\n" + "".join(f"        nope{number}()\n" for number in range(500))
    assert len(faults_in(tmp_path, {"app.py": text}, "data")) == 500
