"""Decorators of classes, and what is done where it is not known what they give."""

from __future__ import annotations

from textwrap import indent
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.migrate.rewrite.conftest import Converted

THING = """
class Thing:
    def __init__(self, config):
        self.a = config["a"]

    LIFECYCLE
"""
WRAP = "    def wrap(cls):\n        NAMES[name] = cls\n        return cls\n"


@pytest.mark.parametrize(
    ("decorator", "function"),
    [
        ("@kept", "def kept(cls):\n    if cls:\n        return cls\n    return cls\n"),
        ("@kept('x')", f"def kept(name):\n{WRAP}    return wrap\n"),
        (
            "@kept",
            f"def kept(cls=None, name=''):\n{WRAP}    if cls is None:\n        return wrap\n    return wrap(cls)\n",
        ),
        ("@kept()", f"def kept(cls=None, name=''):\n{WRAP}    return cls if cls else wrap\n"),
        (
            "@registry.kept('x')",
            "class Kinds:\n    def kept(self, name):\n" + indent(f"{WRAP}    return wrap\n", "    "),
        ),
        ("@elsewhere.register('x')", ""),
        ("@final", "from typing import final\n"),
    ],
)
def test_what_gives_the_class_back_is_no_matter(
    convert: Callable[..., Converted], decorator: str, function: str
) -> None:
    dual = "def kept(cls=None" in function and decorator == "@kept"
    found = convert(f"{function}\n\n{decorator}{THING}")["Thing"]
    assert [each.code for each in found.warnings] == ["class-decorator"] * dual


@pytest.mark.parametrize(
    ("decorator", "function"),
    [
        ("@single", "def single(cls):\n    made = []\n    def get(*a):\n        return made[0]\n    return get\n"),
        ("@single()", "def single():\n    def wrap(cls):\n        return cls()\n    return wrap\n"),
        ("@single", "def single(cls):\n    cls = type(cls.__name__, (cls,), {})\n    return cls\n"),
        ("@single", "def single(cls):\n    cls.seen = True\n"),
        ("@single", "from elsewhere import single\n"),
        ("@tools.single", "import tools\n"),
        ("@(lambda cls: cls)", "ONE = 1\n"),
    ],
)
def test_what_may_give_something_else_is_told(
    convert: Callable[..., Converted], decorator: str, function: str
) -> None:
    found = convert(f"{function}\n\n{decorator}{THING}")["Thing"]
    (warning,) = found.warnings
    assert (found.state, warning.code) == ("converted-with-warnings", "class-decorator")
    assert "is not known: if not the class itself, only code can build it" in warning.message
    assert warning.line == function.count("\n") + 3


def test_what_may_write_the_constructor_leaves_the_class_as_it_is(convert: Callable[..., Converted]) -> None:
    source = "from elsewhere import record\n\n@record\nclass Thing:\n    path: str\n\n    LIFECYCLE\n"
    found = convert(source)["Thing"]
    assert (found.state, found.line) == ("adapter", 3)
    assert found.reason == "what @record makes of it is not known: it may write its constructor"
