from __future__ import annotations

import pytest

from purveyor.errors import InvalidInputError
from purveyor.storage.paths import check_path, check_prefix, is_path

GOOD = [
    "a",
    "a/b/c",
    "reports/2026 final.txt",
    "...",
    "a/..b",
    ".hidden",
    "a/.purveyor",
    "\N{LATIN SMALL LETTER E WITH ACUTE}",
    "日本/語.txt",
    "a" * 1024,
    "100%",
    "a:b*c?",
    "🚀" * 256,
]

BAD = [
    ("", "is empty"),
    ("/", "empty segment"),
    ("/etc/passwd", "empty segment"),
    ("a/", "empty segment"),
    ("a//b", "empty segment"),
    (".", "segment '.'"),
    ("..", "segment '..'"),
    ("../secret", "segment '..'"),
    ("a/../../b", "segment '..'"),
    ("a/./b", "segment '.'"),
    ("a/..", "segment '..'"),
    ("a\0b", "position 1"),
    ("a\nb", "position 1"),
    ("a\x7f", "position 1"),
    ("\x85", "position 0"),
    ("..\\..\\windows", "'/'"),
    (".purveyor", "belongs to Purveyor"),
    (".purveyor/tmp/x", "belongs to Purveyor"),
    (".Purveyor/x", "belongs to Purveyor"),
    ("e\N{COMBINING ACUTE ACCENT}", "'\\xe9'"),
    ("\N{ANGSTROM SIGN}", "normal form C"),
    ("\ud800", "lone surrogate"),
    ("a" * 1025, "1025 bytes"),
    ("é" * 513, "1026 bytes"),
    (b"a", "bytes, not str"),
    (None, "NoneType, not str"),
]


@pytest.mark.parametrize("path", GOOD)
def test_good_paths_stay_as_they_are(path: str) -> None:
    assert check_path(path) == path
    assert is_path(path)


@pytest.mark.parametrize(("path", "says"), BAD)
def test_bad_paths_are_refused_with_a_reason_and_advice(path: object, says: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        check_path(path, "source")
    assert says in str(caught.value)
    assert caught.value.where == "source"
    assert caught.value.hint
    assert len(str(caught.value)) < 400


def test_what_is_no_path_is_told_apart() -> None:
    assert not is_path("a/../b")


@pytest.mark.parametrize("prefix", ["", "a", "a/", "a/b", "..", "a/..", ".purveyor", ".purv"])
def test_a_prefix_may_end_anywhere(prefix: str) -> None:
    assert check_prefix(prefix) == prefix


@pytest.mark.parametrize(
    "prefix", ["/", "../", "a//", "a/./", ".purveyor/", "\0", "\ud800", "e\u0301", 3, "a" * 1025]
)
def test_a_prefix_that_no_path_begins_with_is_refused(prefix: object) -> None:
    with pytest.raises(InvalidInputError) as caught:
        check_prefix(prefix)
    assert caught.value.where == "prefix"


@pytest.mark.parametrize("path", ["../x", "a//b", "./a"])
def test_what_a_path_is_is_told(path: str) -> None:
    with pytest.raises(
        InvalidInputError, match=r"names joined by '/', such as logs/2026\.txt; '\.', '\.\.' and empty"
    ):
        check_path(path)
