"""Names that lead to each other in very many ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from purveyor.migrate.source import Unresolved, read_project

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "level",
    [
        "A{after} = A{before} if x else A{before}\n",
        "if x:\n    A{after} = A{before}\nelse:\n    A{after} = A{before}\n",
    ],
    ids=["values", "branches"],
)
def test_many_ways_to_one_name_are_not_gone_one_by_one(tmp_path: Path, level: str) -> None:
    levels = "".join(level.format(before=number, after=number + 1) for number in range(50))
    (tmp_path / "a.py").write_text(f"A0 = 5\n{levels}class Q(A50): ...\n")
    (facts,) = read_project(tmp_path).classes
    assert isinstance(facts.bases[0].resolved, Unresolved)


def test_modules_that_all_import_each_other(tmp_path: Path) -> None:
    for number in range(12):
        others = [each for each in range(12) if each != number]
        imports = "".join(f"try:\n    from m{each} import X\nexcept ImportError: ...\n" for each in others)
        (tmp_path / f"m{number}.py").write_text(imports)
    (tmp_path / "a.py").write_text("from m0 import X\nclass Q(X): ...\n")
    (facts,) = read_project(tmp_path).classes
    found = facts.bases[0].resolved
    assert isinstance(found, Unresolved)
    assert "circle" in found.reason


def test_a_base_that_is_found_on_the_way_to_a_name(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        "class Base:\n    class Inner: ...\nclass Derived(Base): ...\nAlias = Derived.Inner\nclass Q(Alias): ...\n"
    )
    *_, facts = read_project(tmp_path).classes
    assert getattr(facts.bases[0].resolved, "qualname", None) == "Base.Inner"
