"""Values in the processes: told as trees, made from JSON, and made up."""

from __future__ import annotations

import datetime as dt
import enum
import sys
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID

import pydantic
import pytest

from purveyor.migrate.verify.child.canonical import Canon, name_of
from purveyor.migrate.verify.child.plausible import CannotMakeUpError, MakeUp, fields_of
from purveyor.migrate.verify.child.specs import label, make, reference, resolve


class Colour(enum.Enum):
    RED = "red"


@dataclass
class Point:
    x: int
    _hidden: int = 2
    y: int = field(default=3)


class Plain:
    def __init__(self) -> None:
        self.b = 1
        self.a = self
        self._c = 3


class Shown:
    def __repr__(self) -> str:
        return f"<shown at {id(self):#x}>"


class Broken:
    def __repr__(self) -> str:
        raise ValueError("no")


class BrokenError(Exception):
    def __str__(self) -> str:
        raise ValueError("no")


class Named(typing.NamedTuple):
    a: int


class Table(dict[str, int]): ...


HERE = __name__
CANON = Canon("/tmp/box")


@pytest.mark.parametrize(
    ("value", "tree"),
    [
        (1, "1"),
        (1.0, "1.0"),
        (True, "True"),
        ("1", "'1'"),
        (b"1", "b'1'"),
        ("/tmp/box/x", "'<sandbox>/x'"),
        ([1, (2,)], {"list": ["1", {"tuple": ["2"]}]}),
        ({2, 1}, {"set": ["1", "2"]}),
        ({"b": 1, "a": 2}, {"dict": [["'b'", "1"], ["'a'", "2"]]}),
        (Table(a=1), {f"{HERE}.Table": [["'a'", "1"]]}),
        (Named(1), {f"{HERE}.Named": ["1"]}),
        (Colour.RED, f"{HERE}.Colour.RED"),
        (Point(1), {f"{HERE}.Point": [["x", "1"], ["y", "3"]]}),
        (Plain(), {f"{HERE}.Plain": [["a", "<itself>"], ["b", "1"]]}),
        (Shown(), "<shown at 0x…>"),
        (object(), "<object object at 0x…>"),
        (Broken(), f"<{HERE}.Broken that raises ValueError when it is looked at>"),
        (KeyError("a"), {"exception": {"type": "KeyError", "message": "'a'"}}),
        (
            BrokenError(),
            {"exception": {"type": f"{HERE}.BrokenError", "message": "<its text cannot be made: ValueError>"}},
        ),
        (Plain, f"<class {HERE}.Plain>"),
        (sys, "<module sys>"),
        (label, "<function purveyor.migrate.verify.child.specs.label>"),
        (Path("/tmp/box/x"), "PosixPath('<sandbox>/x')"),
        ("\ud800", r"'\ud800'"),
    ],
)
def test_values_are_told(value: Any, tree: Any) -> None:
    assert CANON.value(value) == tree


def test_what_is_long_or_deep_is_cut() -> None:
    text = CANON.text("x" * 5000)
    assert text.startswith("x" * 200 + "… 5000 characters, sha256 ")
    assert CANON.text("x" * 4999 + "y") != text
    assert CANON.value(list(range(1200)))["list"][1000:] == ["<200 more>"]  # type: ignore[index, call-overload]
    deep: Any = []
    for _ in range(20):
        deep = [deep]
    assert "<list>" in repr(CANON.value(deep))
    group = ExceptionGroup("both", [KeyError("a"), OSError("b")])
    assert CANON.error(group)["errors"] == [
        {"type": "KeyError", "message": "'a'"}, {"type": "OSError", "message": "b"},
    ]  # fmt: skip
    opaque = Canon("/tmp/box", [reference(Plain)])
    assert opaque.value(Plain()) == f"<{HERE}.Plain>"
    assert opaque.value(type("Sub", (Plain,), {"__module__": "m"})()) == "<m.Sub>"
    assert opaque.text(f"a {Plain()!r} b") == opaque.text("a <Plain 'plain'> b") == f"a <{HERE}.Plain> b"
    assert name_of(int) == "int"


def test_values_are_made_from_json() -> None:
    spec = {"a": [1, {"$path": "x/y"}], "b": {"$call": "builtins:dict", "kwargs": {"k": {"$path": ""}}}}
    assert make(spec, "/box") == {"a": [1, "/box/x/y"], "b": {"k": "/box"}}
    assert resolve(reference(Plain)) is Plain
    assert label("m", [1, "a", [None], {"k": {"$path": "p"}}], {"x": {"$call": "a:B.c", "args": [2]}}) == (
        "m(1, 'a', [None], {'k': <p>}, x=B.c(2))"
    )
    assert label("m", ["x" * 200], {})[99:] == "…"


# --- made up ----------------------------------------------------------------------------------------


class Movie(typing.TypedDict):
    name: str


class Proto(typing.Protocol):
    def get(self) -> int: ...


class Host:
    def __init__(self, name: str, *args: int, size: int = 3, **kwargs: int) -> None: ...


class Around:
    def __init__(self, inner: Around) -> None: ...


class Model(pydantic.BaseModel):
    path: str
    size: int = 3
    point: Point


@dataclass
class Generic:
    config: dict[str, Any] = field(default_factory=dict)


T = typing.TypeVar("T")


class Box(typing.Generic[T]): ...


UP = MakeUp({"path": "", "max_size": "int", "token": "SecretStr"})
SETTINGS = {"path": {"$path": "path"}, "max_size": 1, "token": "example"}
POINT = {"$call": f"{HERE}:Point", "args": [], "kwargs": {"x": 1}}


@pytest.mark.parametrize(
    ("annotation", "name", "spec"),
    [
        (Any, "key", "key"),
        (T, "ttl", 1),
        ("Dict[str, Any]", "config", SETTINGS),
        ("'str'", "text", "example"),
        (str, "db_path", {"$path": "db_path"}),
        (str, "items", "example"),
        (str, "base_url", "http://127.0.0.1:9/"),
        (int, "x", 1),
        (float, "x", 1.0),
        (bool, "x", False),
        (bytes, "x", {"$call": "builtins:bytes.fromhex", "args": ["6578616d706c65"]}),
        (None, "x", None),
        (dict, "x", SETTINGS),
        (list, "x", []),
        (tuple, "x", {"$call": "builtins:tuple"}),
        (Path, "file", {"$call": "pathlib:Path", "args": [{"$path": "file"}]}),
        (Colour, "x", {"$call": f"{HERE}:Colour", "args": ["red"]}),
        (UUID, "x", {"$call": "uuid:UUID", "args": ["00000000-0000-4000-8000-000000000001"]}),
        (Decimal, "x", {"$call": "decimal:Decimal", "args": ["1"]}),
        (dt.timedelta, "x", {"$call": "datetime:timedelta", "kwargs": {"seconds": 60}}),
        (int | None, "x", 1),
        (Proto | None, "x", None),
        (Proto | str, "x", "example"),
        (typing.Literal["a", "b"], "x", "a"),
        (typing.Annotated[int, "doc"], "x", 1),
        (tuple[int, ...], "x", {"$call": "builtins:tuple", "args": [[1]]}),
        (dict[str, int], "values", {"key": 1}),
        (dict[int, int], "values", {}),
        (Mapping[str, Any], "config", SETTINGS),
        (set[int], "x", {"$call": "builtins:set", "args": [[1]]}),
        (list[int], "x", [1]),
        (Sequence[str], "x", ["example"]),
        (Box[int], "x", {"$call": f"{HERE}:Box", "args": [], "kwargs": {}}),
        (Iterable[str], "x", ["example"]),
        (Movie, "x", {"name": "name"}),
        (Host, "x", {"$call": f"{HERE}:Host", "args": ["name"], "kwargs": {}}),
        (Point, "x", POINT),
        (
            Model,
            "x",
            {"$call": f"{HERE}:Model", "args": [], "kwargs": {"path": {"$path": "path"}, "point": POINT}},
        ),
        (Generic, "x", {"$call": f"{HERE}:Generic", "args": [], "kwargs": {"config": SETTINGS}}),
    ],
)
def test_values_are_made_up(annotation: Any, name: str, spec: Any) -> None:
    assert UP.typed(annotation, name) == spec


@pytest.mark.parametrize(
    ("name", "spec"),
    [("use_cache", False), ("max_items_size", 1), ("messages", ["example"]), ("metadata", SETTINGS), ("cache_dir", {"$path": "cache_dir"}), ("thing", "example"), ("_key", "key")],
)  # fmt: skip
def test_names_tell_where_types_do_not(name: str, spec: Any) -> None:
    assert UP.named(name) == spec


@pytest.mark.parametrize(
    ("annotation", "problem"),
    [
        ("Nowhere", "x: 'Nowhere' is no class that is known"),
        (Proto, "x: a Proto cannot be made up"),
        (type[int], "x: a class cannot be made up"),
        (type("Inner", (), {"__qualname__": "f.<locals>.Inner"}), "x: <class"),
        (Callable[[], int], "x: a function cannot be made up"),
        (Proto | type[int], "x: a Proto cannot be made up"),
        (Around, "inner: a Around cannot be made up"),
        (memoryview, "x: <class 'memoryview'> cannot be made up"),
    ],
)
def test_what_cannot_be_made_up_is_named(annotation: Any, problem: str) -> None:
    with pytest.raises(CannotMakeUpError) as caught:
        UP.typed(annotation, "x")
    assert str(caught.value).startswith(problem)


def test_arguments_are_what_is_required() -> None:
    def function(
        self: Any, key: str, /, value: int, *rest: int, flag: bool, more: int = 1, **others: int
    ) -> None: ...

    assert UP.arguments(function, bound=True) == {"args": ["key", 1], "kwargs": {"flag": False}}
    with pytest.raises(CannotMakeUpError, match="has no signature"):
        UP.arguments(typing.cast("Any", 3))

    def unresolved(key: Nowhere, name: str) -> None: ...  # type: ignore[name-defined]  # noqa: F821

    with pytest.raises(CannotMakeUpError, match="'Nowhere' is no class"):
        UP.arguments(unresolved)
    assert fields_of(int) is None
    assert isinstance(sys, ModuleType)
