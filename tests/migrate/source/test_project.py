"""A tree as one: who calls what, what is kept, and the standard library, which comes out of it as it went in."""

from __future__ import annotations

import ast
import gc
import hashlib
import sys
import sysconfig
from pathlib import Path

import pytest

from purveyor.errors import SourceNotFoundError
from purveyor.migrate.source import no_collection, read_project
from tests.migrate.source.trees import cls, file, name, project


def test_calls_are_found_by_the_last_name(tmp_path: Path) -> None:
    of = project(
        tmp_path,
        {
            "b.py": "def f():\n    registry.register_provider('x', X); register_provider(1)\n",
            "a.py": "register_provider(register_provider(2))\n",
            "c.py": "x = 'register_provider'\nother()()\n",
            "bad.py": "register_provider((",
            "latin.py": "# coding: latin-1\nself.register_provider('ä')\n".encode("latin-1"),
        },
    )
    found = [(one.path, call.lineno, call.col_offset) for one, call in of.calls("register_provider")]
    assert found == [("a.py", 1, 0), ("a.py", 1, 18), ("b.py", 2, 4), ("b.py", 2, 40), ("latin.py", 2, 0)]
    assert [one for one, _ in of.calls("register_provider")] == [one for one, _ in of.calls("register_provider")]
    assert list(of.calls("never")) == []


def test_classes_and_files_come_in_order_and_trees_are_kept_where_classes_are(tmp_path: Path) -> None:
    of = project(
        tmp_path, {"b.py": "class Z: ...\nclass A: ...\n", "a.py": "class M: ...", "c.py": "x = 1", "d.py": "("}
    )
    assert [facts.name for facts in of.classes] == ["M", "Z", "A"]
    assert [one.path for one in of.files] == ["a.py", "b.py", "c.py", "d.py"]
    assert ["tree" in vars(one) for one in of.files] == [True, True, False, True]
    assert cls(of, "Z").node is (file(of, "b.py").tree or ast.Module([], [])).body[0]
    assert of.root == tmp_path


def test_a_class_in_a_string_is_none(tmp_path: Path) -> None:
    of = project(tmp_path, {"a.py": 'x = """\nclass A: ...\n"""\ndef f():\n    class B: ...\n'})
    assert [facts.qualname for facts in of.classes] == ["f.<locals>.B"]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_classes_in_functions_are_found_whatever_ends_a_line(tmp_path: Path, newline: str) -> None:
    text = "def f():\n    pass\n\x0c\ndef g():\n    x = 1\n    class B: ...\n".replace("\n", newline)
    of = project(tmp_path, {"a.py": text.encode()})
    assert [(facts.qualname, facts.line) for facts in of.classes] == [("g.<locals>.B", 6)]


def test_a_root_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFoundError):
        read_project(tmp_path / "nowhere")


@pytest.mark.parametrize("collecting", [True, False])
def test_the_collector_is_left_as_it_was(tmp_path: Path, collecting: bool) -> None:
    was_on = gc.isenabled()
    try:
        gc.enable() if collecting else gc.disable()
        seen: list[bool] = []
        (tmp_path / "a.py").write_text("")
        read_project(tmp_path, progress=lambda *_: seen.append(gc.isenabled()))
        assert seen == [False]
        assert gc.isenabled() is collecting
    finally:
        gc.enable() if was_on else gc.disable()


def test_the_same_tree_gives_the_same_facts(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "a.py": "from b import *\nclass A(B, C): ...",
        "b.py": "from c import C\nclass B(C): ...",
        "c.py": "class C: ...\nclass D(C): ...",
    }

    def facts(root: Path) -> list[object]:
        return [
            (one.file.path, one.qualname, [name(two) for two in one.mro], [name(two) for two in one.subclasses])
            for one in project(root, files).classes
        ]

    assert facts(tmp_path / "one") == facts(tmp_path / "two")
    assert facts(tmp_path / "one")[2][3] == ["a.py:A", "b.py:B", "c.py:D"]  # type: ignore[index]


def test_the_standard_library_is_read_whole_and_left_alone() -> None:
    root = Path(sysconfig.get_path("stdlib"))

    def digest() -> str:
        found = hashlib.sha256()
        for path in sorted(root.rglob("*.py")):
            if "site-packages" not in path.parts:
                found.update(f"{path} {path.stat().st_mtime_ns} {path.stat().st_size}".encode())
        return found.hexdigest()

    before, modules = digest(), set(sys.modules)
    large = [
        "test",
        "tests",
        "idlelib",
        "lib2to3",
        "ensurepip",
        "encodings",
        "tkinter",
        "unittest",
        "distutils",
        "xml",
    ]
    of = read_project(root, exclude=["site-packages", *large])
    assert len(of.files) > 250
    assert len(of.classes) > 1_000
    for one in of.files:
        if one.status != "ok":
            assert one.reason, one.path
    unknown = [base for facts in of.classes for base in facts.bases if name(base.resolved).startswith("?")]
    assert len(unknown) < 60, [(base.expression, base.resolved) for base in unknown]
    assert [facts.qualname for facts in of.classes if facts.mro_problem] == []
    ordered = cls(of, "OrderedDict", "collections/__init__.py")
    assert name(ordered.mro[1]) == "builtins.dict"
    with no_collection():
        for facts in of.classes:
            assert facts.mro[0] is facts
            assert {*facts.methods}.isdisjoint(facts.attributes)
            assert all(facts.assigned.values())
            for method, owner in facts.unimplemented.items():
                assert owner in facts.mro
                assert owner.methods[method].is_abstract
    assert digest() == before
    imported = {each for each in set(sys.modules) - modules if not each.startswith("encodings.")}
    assert imported == set()  # nothing but the codecs that files say they are written in


def test_unparsable_files_of_the_standard_librarys_tests_are_named() -> None:
    root = Path(sysconfig.get_path("stdlib")) / "test"
    if not root.is_dir():
        pytest.skip("this Python comes without its tests")
    broken = {
        one.path: one.status for one in read_project(root, exclude=["[!bt]*", "test*"]).files if one.status != "ok"
    }
    assert all(path.rpartition("/")[2].startswith("bad") for path in broken), broken
    assert set(broken.values()) == {"unparsable", "undecodable"}
