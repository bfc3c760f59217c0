"""A plan is a pure function of its input, survives its file, and is refused when it is damaged."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from purveyor.errors import PlanError
from purveyor.migrate.change.places import copy_names, copy_of, why_not
from purveyor.migrate.change.plan import Change, Plan, assemble, converted, load_plan, make_plan, original
from purveyor.migrate.source.discovery import discovers_modules

from .helpers import FILES, sample_plan

CASE = Path(__file__).parents[1] / "cases" / "abstract-on-plain-root" / "before"


def test_the_same_changes_give_the_same_bytes_and_a_file_gives_the_same_plan(tmp_path: Path) -> None:
    plan = sample_plan(classes=[{"name": "Base", "state": "converted"}], options={"exclude": ["x"]})
    assert plan.to_json() == sample_plan(classes=plan.classes, options=plan.options).to_json()
    (tmp_path / "plan.json").write_bytes(plan.to_json())
    loaded = load_plan(tmp_path / "plan.json")
    assert loaded == plan
    assert loaded.to_json() == plan.to_json()
    assert plan.to_json().isascii()
    assert plan.tool.startswith("purveyor ")
    assert [file.path for file in plan.files] == [
        path for path, (_, after, _) in FILES.items() if after is not None
    ]


def test_how_a_plan_is_laid_out_makes_no_other_plan_of_it(tmp_path: Path) -> None:
    plan = sample_plan()
    (tmp_path / "plan.json").write_text(json.dumps(json.loads(plan.to_json()), indent=4))
    assert load_plan(tmp_path / "plan.json").id == plan.id
    assert sample_plan(root="elsewhere").id != plan.id


def test_a_diff_is_shown_in_the_encoding_of_its_file() -> None:
    latin = next(file for file in sample_plan().files if "latin" in file.path)
    assert "-name = 'é'" in latin.diff
    assert latin.encoding == "latin-1"


@given(st.binary(max_size=60), st.binary(max_size=60), st.sampled_from(["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-7", "iso2022_jp", "nonsense", "zip_codec", "shift_jis"]))  # fmt: skip
@example(b"", b"\xef\xbb\xbfx = 1\n", "utf-8-sig")
@example(b"\xe9", b"", "utf-8")
def test_any_bytes_in_any_encoding_come_back(before: bytes, after: bytes, encoding: str) -> None:
    plan = assemble(".", [Change("f.py", before, after, encoding=encoding)])
    if before == after:
        assert not plan.files
        return
    (file,) = plan.files
    assert converted(plan, file, before) == converted(plan, file, after) == after
    assert original(plan, file, before) == original(plan, file, after) == before
    with pytest.raises(PlanError, match="neither as before nor as planned"):
        original(plan, file, before + after + b"?")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "iso2022_jp", "nonsense", "ascii"])
def test_an_encoding_that_does_not_bring_the_bytes_back_is_none(encoding: str) -> None:
    before, after = (
        b"x = '\x1b(B'\n",
        b"x = '\x1b(B\xc3\xa9'\n",
    )  # an escape that changes nothing, and is not written
    plan = assemble(".", [Change("f.py", before, after, encoding=encoding)])
    (file,) = plan.files
    assert file.encoding == "utf-8"
    assert converted(plan, file, before) == after
    assert original(plan, file, after) == before


def test_a_generated_file_is_warned_of() -> None:
    warning = {"line": 3, "code": "pickle", "message": "it unpickles"}
    (file,) = assemble(".", [Change("f.py", b"", b"x", generated=True, warnings=(warning,))]).files
    assert [each["code"] for each in file.warnings] == ["generated", "pickle"]
    assert assemble(".", [Change("f.py", b"", b"x")]).files[0].warnings == ()


# --- of a tree --------------------------------------------------------------------------------------


def test_a_tree_is_planned_wherever_it_lies(tmp_path: Path) -> None:
    trees = [Path(shutil.copytree(CASE, tmp_path / name / "tree")) for name in ("a", "b")]
    seen: list[tuple[int, int, str]] = []
    plans = [
        make_plan(tree, relative_to=tree.parent, exclude=["nothing"], progress=lambda *told: seen.append(told))
        for tree in trees
    ]
    assert plans[0].to_json() == plans[1].to_json()
    assert str(tmp_path) not in plans[0].to_json().decode()
    assert [file.path for file in plans[0].files] == ["core/base.py", "core/queue.py"]
    assert {each["kind"] for each in plans[0].classes} == {"base", "provider"}
    assert plans[0].files[1].classes[0]["capabilities"] == ["push", "pop"]
    assert plans[0].root == "tree"
    assert plans[0].options == {"exclude": ["nothing"]}
    assert seen[-1][0] == seen[-1][1]
    assert make_plan(trees[0], relative_to=trees[0]).root == "."
    assert make_plan(trees[0], relative_to=tmp_path / "c").root == "../a/tree"
    only = make_plan(trees[0], relative_to=tmp_path, exclude=["core/queue.py"])
    assert [each["path"] for each in only.classes] == ["core/base.py"]


def test_one_file_is_planned(tmp_path: Path) -> None:
    file = tmp_path / "base.py"
    shutil.copy(CASE / "core/base.py", file)
    plan = make_plan(file, relative_to=tmp_path)
    assert (plan.root, [each.path for each in plan.files]) == (".", ["base.py"])


def test_copies_hide_in_a_tree_that_imports_what_it_finds(tmp_path: Path) -> None:
    tree = Path(shutil.copytree(CASE, tmp_path / "tree"))
    (tree / "loader.py").write_text("import pkgutil\nfor each in pkgutil.iter_modules(['.']): print(each)\n")
    assert {file.copy for file in make_plan(tree, relative_to=tmp_path).files} == {
        "core/base_legacy.py.txt",
        "core/queue_legacy.py.txt",
    }


@pytest.mark.parametrize(
    ("sources", "found"),
    [
        ([b"import pkgutil\npkgutil.walk_packages(p)"], True),
        ([b"for n in os.listdir(d): import_module(n)"], True),
        ([b"for n in p.glob('*.py'): __import__(n.stem)"], True),
        ([b"for n in p.rglob('*.py'): spec.loader.exec_module(m)"], True),
        ([b"os.listdir(d)", b"import_module(n)"], False),
        ([b"import_module(f'providers.{name}')"], False),
        ([b"class Walker: sidewalk = listdirs"], False),
        ([], False),
    ],
)
def test_which_trees_import_what_they_find(sources: list[bytes], found: bool) -> None:
    assert discovers_modules(sources) is found


@pytest.mark.parametrize(
    ("path", "copy", "hidden"),
    [
        ("base.py", "base_legacy.py", "base_legacy.py.txt"),
        ("a/b/__init__.py", "a/b/__init___legacy.py", "a/b/__init___legacy.py.txt"),
        ("a.b/c", "a.b/c_legacy.txt", "a.b/c_legacy.txt"),
        ("w.pyw", "w_legacy.pyw.txt", "w_legacy.pyw.txt"),
        ("tests/test_x.py", "tests/test_x_legacy.py.txt", "tests/test_x_legacy.py.txt"),
    ],
)
def test_what_copies_are_called(path: str, copy: str, hidden: str) -> None:
    assert copy_of(path, discovered=False) == copy
    assert copy_of(path, discovered=True) == hidden
    assert {copy, hidden} <= set(copy_names(path))


# --- damage -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["", None, 3, "/etc/passwd", "../x.py", "a/../../x.py", "a//b.py", "./a.py", "a/", "C:x.py", "c:\\x.py", "a\\b.py", "a\0.py", ".purveyor/x.py", "a/.git/hooks/x.py", ".PURVEYOR/x", "a/\ud800.py"],
)  # fmt: skip
def test_paths_that_a_plan_may_not_name(path: object) -> None:
    assert why_not(path)


@pytest.mark.parametrize(
    "path", ["a.py", "a/b c.py", "é.py", "..a.py", "a..b/c.py", "-x.py", ".hidden/a.py", "caf\udce9.py"]
)
def test_paths_that_a_plan_may_name(path: str) -> None:
    assert why_not(path) is None


def edit_file(**changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda plan: plan["files"][0].update(changes)


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (lambda plan: plan.update(version=2), "version 2, not 1"),
        (lambda plan: plan.update(version=True), "version True"),
        (lambda plan: plan.pop("version"), "no plan"),
        (lambda plan: plan.pop("root"), "'root' is missing"),
        (lambda plan: plan.update(files={}), "'files' is dict, not list"),
        (lambda plan: plan.update(files=[3]), "no object"),
        (lambda plan: plan.update(classes=[3]), "'classes' holds something else"),
        (lambda plan: plan["files"].append(plan["files"][0]), "'base.py' is in it twice"),
        (lambda plan: plan["files"].append(plan["files"][0] | {"path": "base_legacy.py", "copy": "base_legacy_legacy.py"}), "'base_legacy.py' is in it twice"),
        (edit_file(path="../base.py"), "the path '../base.py' has a segment"),
        (edit_file(path="/base.py"), "absolute"),
        (edit_file(copy="other.py"), "a copy of another name, 'other.py'"),
        (edit_file(before="xyz"), "for a SHA-256"),
        (edit_file(after="Z" * 64), "for a SHA-256"),
        (edit_file(mode="77777"), "a mode that is none"),
        (edit_file(mode="rw"), "invalid literal"),
        (edit_file(mode=420), "'mode' is int, not str"),
        (edit_file(encoding="nonsense"), "unknown encoding"),
        (edit_file(encoding="zlib_codec"), "not a text encoding"),
        (edit_file(encoding="ascii", diff="\u1234"), "can't encode"),
        (edit_file(warnings=["x"]), "'warnings' holds"),
        (edit_file(warnings=[{"line": 1, "message": "m", "more": {"deep": 1}}]), "'warnings' holds dict, which no plan has there"),
        (edit_file(classes=[{"state": "converted"}]), "'name' is missing"),
        (edit_file(classes=[{"name": "Base"}]), "'state' is missing"),
        (edit_file(path="\ud800.py", copy="\ud800_legacy.py"), "has a character that no file name can have"),
        (lambda plan: plan.update(root="tree\0"), "the root 'tree\\x00' has a null character"),
        (lambda plan: plan.update(root="tree\ud800"), "has a character that no file name can have"),
        (lambda plan: plan.update(options={"exclude": [["x"]]}), "'options' holds list, which no plan has there"),
        (lambda plan: plan.update(classes=[{"name": json.loads("[" * 400 + "]" * 400)}]), "'classes' holds list"),
    ],
)  # fmt: skip
def test_a_damaged_plan(tmp_path: Path, edit: Callable[[dict[str, Any]], None], problem: str) -> None:
    data = json.loads(sample_plan().to_json())
    edit(data)
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(data))
    with pytest.raises(PlanError) as caught:
        load_plan(file)
    assert problem in caught.value.problem
    assert caught.value.where == str(file)
    assert caught.value.hint == "make the plan again with `purveyor migrate plan`"


def test_a_plan_that_does_not_change_a_file(tmp_path: Path) -> None:
    data = json.loads(sample_plan().to_json())
    data["files"][0]["after"] = data["files"][0]["before"]
    (tmp_path / "plan.json").write_text(json.dumps(data))
    with pytest.raises(PlanError, match="does not change"):
        load_plan(tmp_path / "plan.json")


@pytest.mark.parametrize("data", [b"", b"{", b"[" * 100_000, b"\xff", b"[]", b"3"])
def test_what_is_no_plan(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "plan.json").write_bytes(data)
    with pytest.raises(PlanError, match="it is no"):
        load_plan(tmp_path / "plan.json")


def test_a_plan_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="No such file"):
        load_plan(tmp_path / "plan.json")


def edited(plan: Plan, old: str, new: str) -> Plan:
    data = json.loads(plan.to_json())
    data["files"][0]["diff"] = data["files"][0]["diff"].replace(old, new)
    loaded = plan_of(data)
    assert loaded != plan
    return loaded


def plan_of(data: dict[str, Any]) -> Plan:
    from purveyor.migrate.change.plan import _plan

    return _plan(data)


def test_an_edited_diff_is_noticed() -> None:
    before, after, _ = FILES["base.py"]
    assert after
    other = edited(sample_plan(), "(object)", "(evil)")
    with pytest.raises(PlanError, match=r"base.py: its diff was edited: it gives other bytes"):
        converted(other, other.files[0], before)
    with pytest.raises(PlanError, match=r"base.py: its diff was edited: the hunk does not fit"):
        original(other, other.files[0], after)


def test_a_warning_without_a_line_is_found_before_anything_is_changed(plan_file: Path) -> None:
    data = json.loads(plan_file.read_bytes())
    data["files"][0]["warnings"] = [{"x": 1}]
    plan_file.write_text(json.dumps(data))
    with pytest.raises(PlanError, match="'line' is missing"):
        load_plan(plan_file)
