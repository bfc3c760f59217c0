"""What a name means: through imports, stars, branches, assignments and scopes."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.migrate.source.trees import cls, file, name, project, resolved

BASE = "class Base: ...\nclass Other: ...\n"


@pytest.mark.parametrize(
    ("statements", "expression", "meaning"),
    [
        ("from app.core.base import Base", "Base", "app/core/base.py:Base"),
        ("from app.core.base import Base as B", "B", "app/core/base.py:Base"),
        ("import app.core.base", "app.core.base.Base", "app/core/base.py:Base"),
        ("import app.core.base", "app.core.base", "module app.core.base"),
        ("import app.core.base as b", "b.Base", "app/core/base.py:Base"),
        ("from app.core import base", "base.Base", "app/core/base.py:Base"),
        ("from app import core", "core.base.Base", "app/core/base.py:Base"),
        ("from app import core", "core", "module app.core"),
        ("from app.core.base import *", "Base", "app/core/base.py:Base"),
        ("from app import Exported", "Exported", "app/core/base.py:Base"),  # a re-export
        ("from app import *", "Exported", "app/core/base.py:Base"),
        ("from app import *", "hidden", "? nothing defines or imports it"),
        ("from app.core.base import make", "make", "app/core/base.py:make()"),
        ("from app.core.base import make", "make.attribute", "? it is an attribute of a function"),
        ("from app.core.base import Missing", "Missing", "? app/core/base.py does not define it"),
        ("from app.core.gone import Base", "Base", "? there is no module app.core.gone in the tree"),
        ("import app.core.gone", "app.core.gone.Base", "? app/core/__init__.py does not define it"),
        ("from app.broken import Base", "Base", "? app/broken.py is unparsable"),
        ("from space.deep.inner import Inner", "Inner", "space/deep/inner.py:Inner"),  # namespace packages
        ("import space", "space.unknown.Thing", "space.unknown.Thing"),
        ("from pydantic import BaseModel as M", "M", "pydantic.BaseModel"),
        ("import abc", "abc.ABC", "abc.ABC"),
        ("import a.b.c as d", "d.E", "a.b.c.E"),
        ("", "Exception", "builtins.Exception"),
        ("", "nothing", "? nothing defines or imports it"),
        ("from app.core.base import Base\nAlias = Base", "Alias", "app/core/base.py:Base"),
        ("from app.core.base import Base\nAlias: type[Base] = Base", "Alias", "app/core/base.py:Base"),
        ("from app.core.base import Base\nOne = Two = Base[int]", "One", "app/core/base.py:Base"),
        ("import app.core.base as b\nOne, (Two, _) = b.Base, (b.Other, 1)", "Two", "app/core/base.py:Other"),
        (
            "import app.core.base as b\n[One, *Two] = b.Base, b.Other",
            "One",
            "? its value is only known at run time",
        ),
        ("import app.core.base as b\nOne = b.Base if x else b.Other", "One", "app/core/base.py:Base"),
        ("import app.core.base as b\nOne = None or b.Other", "One", "app/core/base.py:Other"),
        ("One = make()", "One", "? it is what a call returns"),
        ("import collections as c\nOne = c.namedtuple('One', 'a b')", "One", "collections.namedtuple"),
        ("One = 'Base'", "One", "? it is a string"),
        ("One = 1", "One", "? it is computed at run time"),
        ("One = Two\nTwo = One", "One", "? nothing defines or imports it"),
        ("One: int", "One", "? nothing defines or imports it"),
        ("for One in x: pass", "One", "? its value is only known at run time"),
        ("with x as One: pass", "One", "? its value is only known at run time"),
        ("One = 1\nOne += 2", "One", "? its value is only known at run time"),
        ("x.One = 1\nx[0] = 2\nx.One += 1", "One", "? nothing defines or imports it"),
        ("from ...far import Base", "Base", "...far.Base"),
        ("from ... import Base", "Base", "...Base"),
        ("from .app.core import base", "base.Base", "app/core/base.py:Base"),
        ("from . import app", "app.Exported", "app/core/base.py:Base"),
        ("from .gone import Base", "Base", "? there is no module gone in the tree"),
        ("from . import gone", "gone", "? there is no module gone in the tree"),
        ("class A:\n    B = A.B", "A.B", "? it is defined in a circle"),
        ("from .fast import Base", "Base", "fast.Base"),  # compiled
        ("def f(): ...\nf = f", "f", "main.py:f()"),
    ],
)
def test_a_name_is_followed(tmp_path: Path, statements: str, expression: str, meaning: str) -> None:
    files: dict[str, str | bytes] = {
        "app/__init__.py": "from .core import Base as Exported\n_private = hidden = 1\n__all__ = ['Exported']\n",
        "app/core/__init__.py": "from .base import *\n",
        "app/core/base.py": BASE + "def make(): ...\n",
        "app/broken.py": "(",
        "space/deep/inner.py": "class Inner: ...\n",
        "fast.cpython-311.so": b"",
        "main.py": statements + "\n",
    }
    assert resolved(tmp_path, files, expression) == meaning


@pytest.mark.parametrize(
    ("statements", "meaning"),
    [
        ("try:\n    from lib import X\nexcept ImportError:\n    X = None", "lib.X"),
        ("try:\n    from .gone import X\nexcept ImportError:\n    from base import Other as X", "base.py:Other"),
        ("X = None\ntry:\n    from base import Base as X\nexcept ImportError:\n    pass", "base.py:Base"),
        ("try:\n    from lib import X\nexcept ImportError:\n    class X: ...\nfinally:\n    y = 1", "lib.X"),
        ("if TYPE_CHECKING:\n    from base import Base as X\nelse:\n    X = object", "builtins.object"),
        ("import typing\nif typing.TYPE_CHECKING:\n    from base import Base as X", "base.py:Base"),
        ("if not TYPE_CHECKING:\n    X = object\nelse:\n    from base import Base as X", "builtins.object"),
        ("if a:\n    from base import Base as X\nelif b:\n    from base import Other as X", "base.py:Base"),
        ("from base import Base as X\nif a:\n    from base import Other as X", "base.py:Other"),
        ("if a:\n    from base import Base as X\nfrom base import Other as X", "base.py:Other"),
        ("from base import Base as X\nfrom base import Other as X", "base.py:Other"),
        ("from base import Base as X\nfrom late import *", "late.py:X"),
        ("from late import *\nfrom base import Base as X", "base.py:Base"),
        ("while a:\n    from base import Base as X", "base.py:Base"),
        ("for a in b:\n    from base import Base as X", "base.py:Base"),
        ("match a:\n    case 1:\n        from base import Base as X", "base.py:Base"),
        ("with a:\n    from base import Base as X", "base.py:Base"),
        ("try:\n    from base import Base as X\nexcept* ValueError:\n    X = None", "base.py:Base"),
    ],
)
def test_of_several_bindings_the_one_that_the_author_hopes_for_counts(
    tmp_path: Path, statements: str, meaning: str
) -> None:
    assert resolved(tmp_path, {"base.py": BASE, "late.py": "class X: ...", "main.py": statements}, "X") == meaning


def test_a_very_long_chain_of_elif_is_one_statement(tmp_path: Path) -> None:
    chain = "if a == 0:\n    X = int\n" + "".join(f"elif a == {n}:\n    X = float\n" for n in range(1, 900))
    assert resolved(tmp_path, {"main.py": chain}, "X") == "builtins.int"


@pytest.mark.parametrize(
    ("exports", "one", "two"),
    [
        ("__all__ = ['One']", True, False),
        ("__all__ = ('One',)\n__all__ += ['Two']", True, True),
        ("__all__ = ['One']\n__all__.extend(['Two'])", True, True),
        ("__all__ = ['One']\n__all__.append('Two')", True, True),
        ("__all__ = ['One']\n__all__.remove('Two')", True, False),
        ("__all__ = ['Two']\n__all__ = ['One']", True, False),
        ("__all__ = make()", True, True),  # who knows: all public names
        ("__all__ = ['One']\n__all__ += other.__all__", True, True),
        ("__all__ = ['One', 2]", True, True),
        ("__all__: list[str] = []", False, False),
    ],
)
def test_a_star_brings_what_the_module_exports(tmp_path: Path, exports: str, one: bool, two: bool) -> None:
    of = project(
        tmp_path, {"lib.py": f"class One: ...\nclass Two: ...\n{exports}\n", "main.py": "from lib import *\n"}
    )
    found = [name(of.resolve(file(of, "main.py"), word)) for word in ("One", "Two")]
    assert [one.startswith("lib.py:") for one in found] == [one, two]


def test_a_star_brings_no_private_names_unless_they_are_exported(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"lib.py": "class _One: ...", "main.py": "from lib import *"}
    assert resolved(tmp_path, files, "_One") == "? nothing defines or imports it"
    assert resolved(tmp_path, {"lib.py": "class _One: ...\n__all__ = ['_One']"}, "_One") == "lib.py:_One"


def test_stars_that_go_in_circles_end(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        f"m{n}.py": "".join(f"from m{other} import *\n" for other in range(12) if other != n) for n in range(12)
    }
    files["m7.py"] = str(files["m7.py"]) + "class Found: ...\n"
    assert resolved(tmp_path, files, "Found", "m0.py") == "m7.py:Found"
    assert resolved(tmp_path, files, "Lost", "m0.py") == "? nothing defines or imports it"


@pytest.mark.parametrize(
    ("statements", "expression", "meaning"),
    [
        ("from tkinter import *", "Frame", "tkinter.Frame"),
        ("from tkinter import *\nclass Frame: ...", "Frame", "main.py:Frame"),
        ("class Frame: ...\nfrom tkinter import *", "Frame", "main.py:Frame"),
        ("from tkinter import *", "ValueError", "builtins.ValueError"),
        ("from tkinter import *\nfrom wx import *", "Frame", "? it comes from one of several star imports"),
        ("from .gone import *", "Frame", "? there is no module gone in the tree"),
        ("from widgets import *", "Frame", "tkinter.Frame"),
        ("import widgets", "widgets.Frame", "tkinter.Frame"),
        ("import widgets", "widgets.ValueError", "? widgets.py does not define it"),
    ],
)
def test_what_a_star_may_bring_from_outside(
    tmp_path: Path, statements: str, expression: str, meaning: str
) -> None:
    files: dict[str, str | bytes] = {"widgets.py": "from tkinter import *", "main.py": statements}
    assert resolved(tmp_path, files, expression) == meaning


def test_circular_imports_resolve_as_far_as_they_define_something(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "a.py": "from b import B, Nothing\nclass A(B): ...\n",
        "b.py": "from a import A, Nothing\nclass B: ...\n",
        "main.py": "from a import A, Nothing\n",
    }
    assert resolved(tmp_path, files, "A") == "a.py:A"
    assert resolved(tmp_path, files, "Nothing") == "? it is defined in a circle"
    of = project(tmp_path, files)
    assert [name(base.resolved) for base in cls(of, "A").bases] == ["b.py:B"]


def test_very_deep_nesting_is_told_and_does_no_harm(tmp_path: Path) -> None:
    of = project(tmp_path, {"main.py": "class A: ..."})
    deep: ast.expr = ast.Name("A", ast.Load())
    for _ in range(5_000):
        deep = ast.Attribute(deep, "x", ast.Load())
    assert name(of.resolve(file(of, "main.py"), deep)) == "? it is nested too deeply"


def test_a_name_in_a_class_body_or_a_function_is_seen_from_there(tmp_path: Path) -> None:
    of = project(
        tmp_path,
        {
            "main.py": """\
            class Base: ...
            class Holder:
                class Base: ...
                class Inner(Base): ...
                def method(self, Base2=1):
                    from lib import Local
                    global Base
                    class Used(Base): ...
                    class Deep:
                        class Inside(Local): ...
            def function(Base):
                def inner(*Local, key, **options):
                    class Used(Base): ...
                class Late(After): ...
            class After: ...
            """,
        },
    )
    bases = {facts.qualname: [name(base.resolved) for base in facts.bases] for facts in of.classes}
    assert bases == {
        "Base": [],
        "Holder": [],
        "Holder.Base": [],
        "Holder.Inner": ["main.py:Holder.Base"],
        "Holder.method.<locals>.Used": ["main.py:Base"],
        "Holder.method.<locals>.Deep": [],
        "Holder.method.<locals>.Deep.Inside": ["lib.Local"],
        "function.<locals>.inner.<locals>.Used": ["? its value is only known at run time"],
        "function.<locals>.Late": ["main.py:After"],
        "After": [],
    }
    main = file(of, "main.py")
    method = cls(of, "Holder").methods["method"].node
    assert name(of.resolve(main, "Local", method)) == "lib.Local"
    assert name(of.resolve(main, "Base", method)) == "main.py:Base"
    assert name(of.resolve(main, "Base", cls(of, "Holder").node)) == "main.py:Holder.Base"
    assert name(of.resolve(main, "Base", main.tree)) == "main.py:Base"
    assert name(of.resolve(main, "Base", ast.Pass())) == "main.py:Base"
    function = next(
        node for node in ast.walk(main.tree or ast.Module([], [])) if getattr(node, "name", "") == "inner"
    )
    assert name(of.resolve(main, "Local", function)) == "? its value is only known at run time"


def test_attributes_of_classes_are_found_in_their_bases(tmp_path: Path) -> None:
    of = project(
        tmp_path,
        {
            "main.py": """\
            class Base:
                class Meta: ...
                def run(self): ...
            class Middle(Base, Base): ...
            class Leaf(Middle):
                pass
            """,
        },
    )
    main = file(of, "main.py")
    assert name(of.resolve(main, "Leaf.Meta")) == "main.py:Base.Meta"
    assert name(of.resolve(main, "Leaf.run")) == "main.py:Base.run()"
    assert name(of.resolve(main, "Leaf.gone")) == "? Leaf does not define it"


def test_a_base_counts_where_its_class_stands(tmp_path: Path) -> None:
    of = project(
        tmp_path,
        {
            "base.py": BASE,
            "main.py": """\
            from base import Base
            class Base(Base): ...
            class Child(Base): ...
            if True:
                from base import Other as Picked
                class First(Picked): ...
            else:
                from gone import Picked
                class Second(Picked): ...
            from base import Other as Base
            class Third(Later): ...
            class Later: ...
            """,
        },
    )
    bases = {facts.qualname: [name(base.resolved) for base in facts.bases] for facts in of.classes[2:]}
    assert bases == {
        "Base": ["base.py:Base"],
        "Child": ["main.py:Base"],
        "First": ["base.py:Other"],
        "Second": ["gone.Picked"],
        "Third": ["? nothing defines or imports it"],
        "Later": [],
    }


def test_what_is_no_class_is_no_base(tmp_path: Path) -> None:
    of = project(
        tmp_path,
        {
            "main.py": "import base\ndef make(): ...\nclass A(make, base, make(), 'Base', *many): ...",
            "base.py": "",
        },
    )
    assert [(base.expression, name(base.resolved)) for base in cls(of, "A").bases] == [
        ("make", "? it is a function"),
        ("base", "? it is a module"),
        ("make()", "? it is what a call returns"),
        ("'Base'", "? it is a string"),
        ("*many", "? it is computed at run time"),
    ]


def test_an_expression_may_be_text(tmp_path: Path) -> None:
    of = project(tmp_path, {"main.py": "class A: ...", "bad.py": "("})
    assert name(of.resolve(file(of, "main.py"), "A[int]")) == "main.py:A"
    assert name(of.resolve(file(of, "main.py"), "A[")) == "? it is no expression"
    assert name(of.resolve(file(of, "main.py"), "A\0")) == "? it is no expression"
    assert name(of.resolve(file(of, "bad.py"), "A")) == "? bad.py is unparsable"
