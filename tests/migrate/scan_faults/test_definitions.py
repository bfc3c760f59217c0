"""Bases, imports and names that are not there; orders that are none; classes of one name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from purveyor.migrate.scan.faults import file_faults
from purveyor.migrate.source import read_project
from tests.migrate.scan_faults.marked import check

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE = {"pack/__init__.py": "", "pack/tools.py": "def total(): ...\nclass Base: ...\n"}


def test_missing_bases(tmp_path: Path) -> None:
    text = """
        from pack.tools import Missing  # ! missing-import
        from pack.absent import Gone  # ! missing-import
        def make(): ...
        Known = make()
        class A(Nowhere): ...  # ! missing-base
        class B(Missing[int]): ...  # ! missing-base
        class C(Gone): ...  # ! missing-base
        class D(make()): ...
        class E(Known): ...
        """
    messages = check(tmp_path, text, files=PACKAGE)
    assert "The base `Nowhere` cannot be found: nothing defines or imports `Nowhere`" in messages[2]
    assert "there is no module pack.absent in the tree" in messages[1]


def test_imports_of_a_module(tmp_path: Path) -> None:
    text = """
        import os.path, json as j
        import pack.tools
        import pack.absent  # ! missing-import
        import pack.absent as other  # ! missing-import
        from pack import tools, nothing  # ! missing-import
        from pack.tools import (
            total,
            average,  # ! missing-import
        )
        from pack.tools import *
        from unheard_of.package import thing
        try:
            from pack import fast
        except ImportError:
            fast = None
        try:
            from pack import faster
        except (ValueError, ModuleNotFoundError):
            faster = None
        try:
            from pack import fastest
        except:
            fastest = None
        try:
            from pack import slow  # ! missing-import
        except ValueError:
            slow = None
        else:
            from pack import slower  # ! missing-import
        with open("x"):
            from pack import within  # ! missing-import
        if os.name:
            from pack import never
        class Book:
            pass
        """
    check(tmp_path, text, files=PACKAGE)


def test_imports_in_methods(tmp_path: Path) -> None:
    text = """
        class Book:
            from .pack.tools import total
            from .pack.tools import average  # ! missing-import
            def read(self):
                from pack.tools import median  # ! missing-import
                try:
                    from pack.tools import mean
                except ImportError:
                    mean = None
                return median, mean
            def write(self):
                def later():
                    from pack.tools import total
                    return total
                return later
        """
    check(tmp_path, text, kind="data", files=PACKAGE)


def test_the_module_of_another_kind_of_class_is_not_its_fault(tmp_path: Path) -> None:
    check(tmp_path, "from pack import nothing\nclass Book: ...\n", kind="data", files=PACKAGE)


@pytest.mark.parametrize(
    "text",
    [
        "def __getattr__(name): ...",
        "globals().update(average=1)",
        "from numbers import *",
        "def make():\n    global average",
        "if (average := 1): ...",
        "import sys\nsys.modules[__name__] = None",
        "exec('average = 1')",
    ],
)
def test_what_a_module_may_define_unseen(tmp_path: Path, text: str) -> None:
    app = "from tools import average\nclass Book(average): ...\n"
    check(tmp_path, app, files={"tools.py": f"{text}\nclass A: ...\n"})
    check(tmp_path, f"{text}\nclass Book:\n    def read(self): return average\n")


def test_names(tmp_path: Path) -> None:
    text = """
        from typing import TypeVar
        import os
        CONSTANT = 1
        class Book:
            size: int = 3
            other = size
            pages = undefined_here  # ! missing-import
            def read(self, by, *rest, key=None, **more):
                use = by, rest, key, more, CONSTANT, os, __file__, __class__, Later, print, size
                for a, (b, *c) in by: use = a, b, c
                with by as d: use = d
                try: ...
                except ValueError as e: use = e
                match by:
                    case [f, *g]: use = f, g
                    case {"x": h, **i}: use = h, i
                    case [_]: use = None
                    case other_name: use = other_name
                declared: int
                del use
                use = declared
                def inner(j, /): return j, use, json.dumps(1)  # ! missing-import
                class Inner(missing_base): ...  # ! missing-import missing-base
                def later(): yield use
                use = later
                import re, os.path as p
                from math import pi as k
                use = [m for m in by if (n := m)], lambda o=1: o, Inner, inner, re, p, k, n
                global counter
                counter = json
                try:
                    unicode_of_old
                except NameError:
                    pass
                return jason  # ! missing-import
            @missing_decorator  # ! missing-import
            def write(self, default=missing_default): ...  # ! missing-import
        class Later: ...
        def around():
            local = 1
            class Nested:
                def read(self): return local
        """
    messages = check(tmp_path, text, kind="data")
    assert "`json` is used, but nothing defines or imports it." in messages[1]


@pytest.mark.skipif("sys.version_info < (3, 12)")
def test_type_parameters(tmp_path: Path) -> None:
    text = """
        class Box[T]:
            def put[U](self, item): return T, U, V  # ! missing-import
        """
    check(tmp_path, text, kind="data")


def test_orders_of_bases(tmp_path: Path) -> None:
    text = """
        class Base: ...
        class Child(Base): ...
        class Wrong(Base, Child): ...  # ! mro
        class Right(Child, Base): ...
        class Twice(Base, Base): ...  # ! mro
        """
    messages = check(tmp_path, text, kind="data")
    assert "its bases are in an order that contradicts their own" in messages[0]


def test_classes_of_one_name(tmp_path: Path) -> None:
    text = """
        import os
        class Radio: ...  # ! duplicate-class
        class Radio: ...  # ! duplicate-class
        if os.name:
            class Either: ...
        else:
            class Either: ...
        class A:
            class Config: ...
        class B:
            class Config: ...
        def make():
            class A: ...
        """
    first, second = check(tmp_path, text, kind="data")
    assert "is replaced by another of its name (line 4)" in first
    assert "replaces another of its name (line 3)" in second


def test_a_file_says_its_own_faults(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("from app_tools import x\nfrom . import gone\nclass A: ...\n")
    (tmp_path / "app_tools.py").write_text("")
    (tmp_path / "__init__.py").write_text("")
    (tmp_path / "empty.py").write_text("from app_tools import x\n")
    project = read_project(tmp_path)
    by_path = {file.path: file_faults(project, file) for file in project.files}
    assert [(fault.line, fault.code) for fault in by_path["app.py"]] == [
        (1, "missing-import"),
        (2, "missing-import"),
    ]
    assert by_path["app_tools.py"] == ()
