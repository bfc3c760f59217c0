from __future__ import annotations

import json
from collections import OrderedDict
from enum import IntEnum
from math import inf, nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purveyor.errors import InvalidInputError
from purveyor.memory.store import Address
from purveyor.memory.values import (
    check_address,
    check_expires,
    check_namespace,
    check_text,
    check_ttl,
    check_version,
    decode,
    encode,
)

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=12,
)


class Colour(IntEnum):
    RED = 1


def same(one: Any, other: Any) -> bool:
    """Equal with the same types all the way down, and the sign of zero."""
    return repr(one) == repr(other)


@given(VALUES)
def test_what_goes_in_comes_out(value: Any) -> None:
    own, text = encode(value, "value", 1 << 20)
    assert same(own, value)
    assert same(decode(text), value)
    assert json.loads(text) == value
    assert "\n" not in text


def test_the_copy_shares_nothing() -> None:
    value = {"list": [1, {"deep": []}]}
    own, _ = encode(value, "value", 1 << 20)
    value["list"][1]["deep"].append("changed")  # type: ignore[index]
    value["list"].append(2)
    assert own == {"list": [1, {"deep": []}]}


@pytest.mark.parametrize(
    ("value", "place", "problem", "advice"),
    [
        (nan, "value", "is nan, which JSON does not have", "use None or a string"),
        ({"a": [1, {"price": -inf}]}, "value.a[1].price", "is -inf, which JSON", "use None"),
        ([2**63], "value[0]", "is an integer of more than 64 bits", "use a string"),
        ([-(2**63) - 1], "value[0]", "is an integer of more than 64 bits", "use a string"),
        ({"t": (1, 2)}, "value.t", "is a tuple, which is not JSON", "use a list"),
        ({1, 2}, "value", "is a set", "use a sorted list"),
        (b"x", "value", "is a bytes", "base64"),
        (object(), "value", "is an object", None),
        ([Colour.RED], "value[0]", "is a Colour", None),
        (OrderedDict(a=1), "value", "is an OrderedDict", None),
        ({1: 2}, "value", "has a key that is an int: 1", "use strings"),
        ({"a": {None: 2}}, "value.a", "has a key that is a NoneType: None", "use strings"),
        ({"ok": "fine", "a\nb": [set()]}, "value.'a\\nb'[0]", "is a set", "list"),
        ("\ud800", "value", "holds a lone surrogate", "codec"),
        ({"a": ["ok", {"b": "x\udfff"}]}, "value.a[1].b", "holds a lone surrogate", "codec"),
        ({"a": {"\ud800": 1}}, "value.a.'\\ud800'", "holds a lone surrogate", "codec"),
    ],
)
def test_what_is_not_json_is_refused_with_its_place(
    value: Any, place: str, problem: str, advice: str | None
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        encode(value, "value", 1 << 20)
    assert caught.value.where == place
    assert problem in caught.value.what
    assert (advice is None) is (caught.value.hint is None)
    assert advice is None or advice in str(caught.value)
    str(caught.value).encode()  # it can be printed


def test_depth_is_bounded_and_never_a_recursion_error() -> None:
    deep: Any = 1
    for _ in range(128):
        deep = [deep]
    assert decode(encode(deep, "value", 1 << 20)[1]) == deep
    with pytest.raises(InvalidInputError, match="nested more than 128 levels"):
        encode({"more": deep}, "value", 1 << 20)
    circular: dict[str, Any] = {}
    circular["self"] = [circular]
    with pytest.raises(InvalidInputError, match="nested more than 128 levels"):
        encode(circular, "value", 1 << 20)


def test_the_size_is_that_of_the_utf8() -> None:
    assert encode("é" * 4, "value", 10)[1] == '"éééé"'
    with pytest.raises(InvalidInputError, match=r"is 10 bytes long as JSON, more than the 9 allowed"):
        encode("é" * 4, "value", 9)
    with pytest.raises(InvalidInputError, match="raise max_value_bytes"):
        encode("e" * 4, "value", 5)


KEYS = ["..", "/etc/passwd", "a b", "%2e", "'; DROP TABLE items; --", "a\u0301", "á", "é" * 512, "😀", "\n", "*"]


@pytest.mark.parametrize("key", KEYS)
def test_keys_are_data(key: str) -> None:
    assert check_address(("x", key[:100]), key) == Address(("x", key[:100]), key)


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        ("", "is empty"),
        ("a\0b", "NUL"),
        ("\ud800", "lone surrogate"),
        ("x" * 1025, "1,025 bytes long, more than the 1,024"),
        ("é" * 513, "1,026 bytes long"),
        (b"x", "is a bytes, not a string"),
        (1, "is an int, not a string"),
        (None, "is a NoneType, not a string"),
    ],
)
def test_keys_that_are_refused(key: Any, problem: str) -> None:
    with pytest.raises(InvalidInputError, match=problem) as caught:
        check_address((), key)
    assert caught.value.argument == "key"
    assert caught.value.hint


@pytest.mark.parametrize(
    ("namespace", "where", "problem"),
    [
        ("alice", "namespace", r"is a str, not a tuple of strings; use a tuple: \('alice',\)"),
        ("", "namespace", "is a str, not a tuple"),
        (None, "namespace", "is a NoneType, not a tuple"),
        (["a"], "namespace", "is a list, not a tuple of strings; use a tuple of strings"),
        (("a", 1), r"namespace\[1\]", "is an int"),
        (("a", ""), r"namespace\[1\]", "is empty"),
        (("a\0",), r"namespace\[0\]", "NUL"),
        (("é" * 128,), r"namespace\[0\]", "256 bytes long, more than the 255"),
        (("a",) * 33, "namespace", "has 33 segments, more than the 32"),
    ],
)
def test_namespaces_that_are_refused(namespace: Any, where: str, problem: str) -> None:
    with pytest.raises(InvalidInputError, match=f"^{where}: .*{problem}"):
        check_address(namespace, "key")


def test_a_namespace_is_given_back() -> None:
    assert check_namespace(()) == ()
    assert check_namespace(("..", "a/b", "é" * 127)) == ("..", "a/b", "é" * 127)


@pytest.mark.parametrize("ttl", [0, -1, nan, inf, "5", True, 2**70, 0.0])
def test_a_ttl_is_a_finite_number_above_zero(ttl: Any) -> None:
    with pytest.raises(InvalidInputError, match="^ttl: is .*not a number of seconds above zero"):
        check_ttl(ttl)
    assert check_ttl(0.5) == 0.5
    assert check_ttl(None) is None


@pytest.mark.parametrize("expires", [nan, inf, "5", True, 10**400])
def test_an_expiry_is_a_finite_number(expires: Any) -> None:
    with pytest.raises(InvalidInputError, match="^expires: is .*not a time in seconds"):
        check_expires(expires)
    assert check_expires(None) is None
    assert repr(check_expires(-1)) == "-1.0"


def test_versions_and_texts() -> None:
    assert check_version(3) == 3
    assert check_version(None) is None
    with pytest.raises(InvalidInputError, match="^version: is a str, not an integer"):
        check_version("3")  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match="^version: is a bool"):
        check_version(True)
    assert check_text("", "query") == ""
    with pytest.raises(InvalidInputError, match="^query: is a bytes"):
        check_text(b"", "query")  # type: ignore[arg-type]
