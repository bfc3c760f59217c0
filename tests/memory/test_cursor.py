from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purveyor.errors import InvalidInputError
from purveyor.memory.cursor import _digest, decode_cursor, encode_cursor  # pyright: ignore[reportPrivateUsage]

LISTING = ["scan", ("a",), "None", "key", False]


@given(st.lists(st.none() | st.integers() | st.floats(allow_nan=False) | st.text()))
def test_a_cursor_brings_its_place_back(place: list[Any]) -> None:
    cursor = encode_cursor(LISTING, place)
    assert cursor.isascii()
    assert "=" not in cursor
    assert decode_cursor(LISTING, cursor) == place


@pytest.mark.parametrize("body", [b"", b"[1", b"\xff", b"[" * 100_000, b"9" * 5000])
def test_a_good_digest_over_what_is_no_place_does_not_make_it_one(body: bytes) -> None:
    cursor = urlsafe_b64encode(_digest(LISTING, body) + body).rstrip(b"=").decode()
    with pytest.raises(InvalidInputError, match="is not a cursor of this listing"):
        decode_cursor(LISTING, cursor)


@given(st.text() | st.sampled_from(["", "A", "AAAA", "!!!!", "é", "A" * 40]))
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidInputError, match="^cursor: is not a cursor of this listing; pass the cursor"):
        decode_cursor(LISTING, cursor)


@pytest.mark.parametrize("cursor", [b"AAAA", 5, ["x"]])
def test_what_is_no_string_is_refused(cursor: Any) -> None:
    with pytest.raises(InvalidInputError, match="is not a cursor"):
        decode_cursor(LISTING, cursor)


@given(st.integers(0, 30), st.integers(1, 63))
def test_a_cursor_with_one_character_changed_is_refused(index: int, by: int) -> None:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    cursor = encode_cursor(LISTING, [None, ["a"], "key", 1])
    index %= len(cursor) - 1  # the last character may have bits that do not count
    other = alphabet[(alphabet.index(cursor[index]) + by) % 64]
    with pytest.raises(InvalidInputError):
        decode_cursor(LISTING, cursor[:index] + other + cursor[index + 1 :])


@pytest.mark.parametrize(
    "other",
    [
        ["scan", ("b",), "None", "key", False],
        ["scan", ("a",), "None", "created", False],
        ["scan", ("a",), "None", "key", True],
        ["search", ("a",), "None", "key", False],
    ],
)
def test_a_cursor_of_another_listing_is_refused(other: Any) -> None:
    with pytest.raises(InvalidInputError, match="the same namespace, filter, text and order"):
        decode_cursor(other, encode_cursor(LISTING, [None, ["a"], "key"]))
