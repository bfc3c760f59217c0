"""What is written, and that nothing else is."""

from __future__ import annotations

import importlib
import sys
from textwrap import dedent
from typing import TYPE_CHECKING

import libcst as cst
import pytest

from purveyor.catalog import config_type
from purveyor.migrate.rewrite.compose import Addition
from purveyor.migrate.rewrite.edit import edit
from purveyor.migrate.rewrite.gates import GateError, enter, leave

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.migrate.rewrite.conftest import Converted


def written(source: str, imports: Sequence[str] = (), **parts: object) -> str:
    """A module after an addition to its class ``Thing``."""
    values: dict[str, object] = {
        "configured": None, "config": "", "base": "", "place": 0, "declares": (), "builder": "", "lifecycle": (), "operations": (), "decorator": "op",
    }  # fmt: skip
    addition = Addition("Thing", **(values | parts))  # type: ignore[arg-type]
    return edit(cst.parse_module(dedent(source)), {"Thing": addition}, imports).code


@pytest.mark.parametrize(
    ("place", "header", "expected"),
    [
        (0, "class Thing:", "class Thing(New):"),
        (0, "class Thing():", "class Thing(New):"),
        (1, "class Thing(A):", "class Thing(A, New):"),
        (1, "class Thing(A, ABC):", "class Thing(A, New, ABC):"),
        (0, "class Thing(ABC):", "class Thing(New, ABC):"),
        (0, "class Thing(abc.ABC):", "class Thing(New, abc.ABC):"),
        (1, "class Thing(A, Generic[T]):", "class Thing(A, New, Generic[T]):"),
        (0, "class Thing(object):", "class Thing(New, object):"),
        (1, "class Thing(A, metaclass=M):", "class Thing(A, New, metaclass=M):"),
        (1, "class Thing(A,):", "class Thing(A, New,):"),
        (2, "class Thing(\n    A,\n    B,\n):", "class Thing(\n    A,\n    B,\n    New,\n):"),
        (1, "class Thing(\n    A,\n    ABC,\n):", "class Thing(\n    A,\n    New,\n    ABC,\n):"),
        (1, "class Thing[T](A):", "class Thing[T](A, New):"),
    ],
)
def test_the_base_is_put_where_it_belongs(place: int, header: str, expected: str) -> None:
    body = "\n    # a comment\n    x = 1\n"
    assert written(header + body, base="New", place=place) == expected + body


def test_a_body_on_the_same_line_gets_lines_of_its_own() -> None:
    assert (
        written("class Thing: pass  # why\n", declares=("a = 1",))
        == "class Thing:\n    a = 1\n\n    pass  # why\n"
    )


def test_nothing_but_an_empty_tree_is_needed() -> None:
    assert edit(cst.parse_module(""), {}, ["import a"]).code == "import a"


def test_members_stand_where_a_reader_looks_for_them() -> None:
    source = '''
        class Thing:
            """Doc."""
            kind = 1

            def __init__(self):
                pass
            def first(self):
                pass

            @overload
            def second(self): ...

            @mine
            # why
            async def second(self):
                pass
        '''
    text = written(
        source,
        declares=("a = 1", "b = 2"),
        builder="@classmethod\ndef make(cls):\n    return cls()\n",
        lifecycle=("async def start(self):\n    pass\n",),
        operations=("first", "second"),
    )
    assert text == dedent('''
        class Thing:
            """Doc."""

            a = 1
            b = 2

            @classmethod
            def make(cls):
                return cls()

            kind = 1

            def __init__(self):
                pass

            async def start(self):
                pass

            @op
            def first(self):
                pass

            @overload
            def second(self): ...

            @mine
            @op
            # why
            async def second(self):
                pass
        ''')


def test_a_file_with_tabs_gets_tabs() -> None:
    text = written("class Thing:\n\tx = 1\n", builder="def f():\n    if x:\n        return '    '\n")
    assert text == "class Thing:\n\tdef f():\n\t\tif x:\n\t\t\treturn '    '\n\n\tx = 1\n"


def test_a_file_with_carriage_returns_gets_them() -> None:
    text = written("class Thing:\r\n    x = 1\r\n", declares=("a = 1",))
    assert text == "class Thing:\r\n    a = 1\r\n\r\n    x = 1\r\n"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"x = (\n", "it does not compile: '(' was never closed (line 1)"),
        (b"return 1\n", "it does not compile: 'return' outside function (line 1)"),
        (b"x = 1\0", "it does not compile: source code string cannot contain null bytes"),
        (b"x = " + b"+".join([b"1"] * 50_000) + b"\n", "it does not compile: "),
        (b"x = 1\n\x0cy = 2\n", "LibCST would change bytes that are not to be touched"),
    ],
)
def test_the_gate_lets_only_in_what_comes_back_to_the_byte(data: bytes, problem: str) -> None:
    with pytest.raises(GateError) as caught:
        enter(data, "module.py")
    assert str(caught.value).startswith(problem)


def test_what_libcst_cannot_parse_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: bytes) -> cst.Module:
        raise ValueError("not this\nsecond line")

    monkeypatch.setattr(cst, "parse_module", refuse)
    with pytest.raises(GateError, match=r"^LibCST cannot parse it: not this$"):
        enter(b"x = 1\n", "module.py")


def test_a_result_that_cannot_be_encoded_or_does_not_compile_does_not_leave(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    latin = cst.parse_module(b"# -*- coding: latin-1 -*-\nx = 1\n")
    with pytest.raises(GateError, match="cannot be encoded"):
        leave(latin.with_changes(body=[*cst.parse_module("y = '\u20ac'\n").body]), "module.py")
    with pytest.raises(GateError, match="the result does not compile"):
        leave(cst.parse_module("return 1\n"), "module.py")
    monkeypatch.setattr(cst, "parse_module", lambda _: latin)
    with pytest.raises(GateError, match="does not come back"):
        leave(cst.Module([]), "module.py")


def test_a_file_that_fails_on_its_way_out_refuses_its_classes(
    convert: Callable[..., Converted], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> bytes:
        raise GateError("the result does not compile: for a test")

    monkeypatch.setattr(sys.modules["purveyor.migrate.rewrite.rewrite"], "leave", fail)
    found = convert(
        "class Thing:\n    def __init__(self, config):\n        self.a = config['a']\n\n    LIFECYCLE\n"
    )
    assert (found["Thing"].state, found["Thing"].reason) == ("refused", "the result does not compile: for a test")
    assert found.after == {}


def test_a_module_of_which_everything_is_imported_lends_no_names(convert: Callable[..., Converted]) -> None:
    source = "class Thing:\n    def __init__(self, config):\n        self.a = config['a']\n\n    LIFECYCLE\n"
    found = convert(things=source, other="from things import *\nfrom nowhere import *\n")
    assert "from purveyor.migrate import LegacyProvider as _LegacyProvider" in found.after["things.py"]


def test_where_classes_are_looked_for_in_a_module_the_provider_stands_first_and_alone(
    convert: Callable[..., Converted], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    source = "class Thing:\n    def __init__(self, config):\n        self.a = config['a']\n\n    LIFECYCLE\n"
    loader = (
        "import importlib\n\n\ndef load(name):\n    module = importlib.import_module(name)\n"
        "    return [each for each in vars(module).values() if isinstance(each, type)]\n"
    )
    after = convert(things=source, loader=loader).after["things.py"]
    assert after.index("class Thing(") < after.index("class _ThingConfig")
    folder = tmp_path / "after"
    folder.mkdir()
    (folder / "seen_things.py").write_text(after)
    monkeypatch.syspath_prepend(folder)
    module = importlib.import_module("seen_things")
    monkeypatch.delitem(sys.modules, "seen_things")
    public = [name for name, each in vars(module).items() if isinstance(each, type) and not name.startswith("_")]
    assert public == ["Thing"]
    monkeypatch.setitem(sys.modules, "seen_things", module)
    assert config_type(module.Thing) is module._ThingConfig


NESTED = b"x = " + b" + ".join([b"'x'"] * 900) + b"\n"


def test_what_is_nested_too_deep_for_libcst_passes_no_gate() -> None:
    with pytest.raises(GateError, match=r"^LibCST cannot write it: .* nested too deep$"):
        enter(NESTED, "module.py")
    with pytest.raises(GateError, match=r"^LibCST cannot write it: .* nested too deep$"):
        leave(cst.parse_module(NESTED), "module.py")


@pytest.mark.parametrize(("count", "state"), [(50, "converted"), (130, "converted"), (900, "refused")])
def test_a_class_in_a_file_that_is_nested_too_deep_is_refused_from_the_first(
    convert: Callable[..., Converted], count: int, state: str
) -> None:
    source = "class Thing:\n    def __init__(self, config):\n        self.a = config['a']\n\n    LIFECYCLE\n"
    nested = f"X = {' + '.join(['1'] * count)}\n\n\n"
    found = convert(nested + source, other=source)
    assert found["Thing"].state == "converted"
    assert set(found.after) == {"other.py"} | ({"module.py"} if state == "converted" else set())
    decided = next(each for each in found.first if each.facts.file.path == "module.py")
    assert decided.state == state, "a scan says the same as a plan"
    if state == "refused":
        assert decided.reason == "LibCST cannot write it: an expression or a statement is nested too deep"
