"""Under which names the files of a tree are imported."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from purveyor.migrate.verify import layout as layout_module
from purveyor.migrate.verify.layout import Layout, is_test
from purveyor.migrate.verify.parsing import parsed


def lay(folder: Path, files: dict[str, str]) -> Layout:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return Layout(folder, sorted([*files, "data.json"]))


def test_packages_and_src(tmp_path: Path) -> None:
    layout = lay(
        tmp_path,
        {"src/app/__init__.py": "", "src/app/mod.py": "", "src/loose.py": "", "lib/pkg/__init__.py": "", "lib/pkg/a.py": "", "top.py": "", "spaces/mod.py": ""},
    )  # fmt: skip
    names = {path: (layout.root(path), layout.module(path)) for path in layout.files}
    assert names == {
        "lib/pkg/__init__.py": ("lib/", "pkg"),
        "lib/pkg/a.py": ("lib/", "pkg.a"),
        "spaces/mod.py": ("", "spaces.mod"),
        "src/app/__init__.py": ("src/", "app"),
        "src/app/mod.py": ("src/", "app.mod"),
        "src/loose.py": ("src/", "loose"),
        "top.py": ("", "top"),
    }
    assert layout.roots(["src/app/mod.py", "src/loose.py", "top.py"]) == ["src/", ""]
    assert layout.data("top.py") == b""


def test_the_names_that_the_project_uses_decide(tmp_path: Path) -> None:
    files = {
        "memory/providers/__init__.py": "",
        "memory/providers/local.py": "",
        "tests/test_local.py": "from memory.providers.local import X",
    }
    assert lay(tmp_path / "a", files).module("memory/providers/local.py") == "memory.providers.local"
    files["tests/test_local.py"] = "  import providers.local"
    assert lay(tmp_path / "b", files).module("memory/providers/local.py") == "providers.local"


def test_who_imports_whom(tmp_path: Path) -> None:
    layout = lay(
        tmp_path,
        {
            "pkg/__init__.py": "from .a import X",
            "pkg/a.py": "",
            "pkg/b.py": "from . import a",
            "pkg/sub/__init__.py": "",
            "pkg/sub/c.py": "from ..a import X",
            "pkg/d.py": "import pkg.a as a, os",
            "pkg/e.py": "from pkg import a, b",
            "pkg/other.py": "from .b import y",
            "pkg/__main__.py": "import pkg.a",
            "setup.py": "import pkg.a",
            "tests/helper.py": "import pkg.a",
            "broken.py": "import pkg.a (",
            "null.py": "import pkg.a\0",
        },
    )
    assert layout.importers(["pkg/a.py"]) == [
        "pkg/__init__.py",
        "pkg/b.py",
        "pkg/d.py",
        "pkg/e.py",
        "pkg/sub/c.py",
    ]
    assert layout.importers([]) == []


def test_what_imports_nothing_is_not_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layout = lay(
        tmp_path,
        {"a.py": "", "data.py": "x = 1\n", "b.py": "import a\n", "deep.py": f"import a\nx = {'-' * 100_000}1"},
    )
    read: list[bytes] = []

    def noted(source: bytes) -> ast.Module | None:
        read.append(source)
        return parsed(source)

    monkeypatch.setattr(layout_module, "parsed", noted)
    assert layout.importers(["a.py"]) == ["b.py"]
    assert b"x = 1\n" not in read
    assert b"import a\n" in read


def test_tests_are_known_by_their_names() -> None:
    assert all(map(is_test, ["tests/a.py", "a/test/b.py", "test_a.py", "a/b_test.py", "conftest.py"]))
    assert not any(map(is_test, ["a.py", "testing/a.py", "contest.py"]))


def test_what_can_be_imported_by_a_name(tmp_path: Path) -> None:
    files = {"v1.0/pkg/__init__.py": "", "v1.0/pkg/a.py": "", "a.py": "import pkg.a", "b.c.py": "import pkg.a", ".d.py": "import pkg.a"}  # fmt: skip
    layout = lay(tmp_path, files)
    assert layout.root("v1.0/pkg/a.py") == "v1.0/"
    assert {path: layout.importable(path) for path in [*files, "e.pyw"]} == {
        "v1.0/pkg/__init__.py": True,
        "v1.0/pkg/a.py": True,
        "a.py": True,
        "b.c.py": False,
        ".d.py": False,
        "e.pyw": False,
    }
    assert layout.importers(["v1.0/pkg/a.py"]) == ["a.py"]
    assert layout.module("e.pyw") == "e"
