"""Diffs of any bytes: what is made is applied exactly, both ways, or refused."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from purveyor.errors import PatchError
from purveyor.migrate.change.patch import apply_diff, make_diff

PIECES = [b"a", b"b\n", b"\n", b"\r\n", b"\r", b"\x0c", b"\xff\xfe", b"\xc3\xa9", b"@@ -1 +1 @@\n", b"\\ No newline at end of file\n", b"-", b"+", b" x\n", b"\x00", b"same line\n", b"--- a/f\n"]  # fmt: skip
FILES = st.lists(st.sampled_from(PIECES), max_size=40).map(b"".join) | st.binary(max_size=60)


@st.composite
def edited(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """A file and the same with some of it replaced."""
    before = draw(FILES)
    after = before
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(after)))
        end = draw(st.integers(start, len(after)))
        after = after[:start] + draw(FILES) + after[end:]
    return before, after


@given(edited() | st.tuples(FILES, FILES))
@example((b"", b"a"))
@example((b"a\n", b""))
@example((b"a", b"a\n"))
@example((b"a\r", b"a\r\n"))
@example((b"x\n" * 20 + b"end", b"x\n" * 20 + b"end\n"))
def test_a_diff_gives_the_other_side_both_ways(pair: tuple[bytes, bytes]) -> None:
    before, after = pair
    diff = make_diff(before, after, "f")
    assert apply_diff(before, diff, "f") == after
    assert apply_diff(after, diff, "f", reverse=True) == before
    assert diff == make_diff(before, after, "f")
    assert bool(diff) == (before != after)


@given(edited(), FILES)
def test_a_diff_fits_nothing_else_unless_it_can_be_taken_back(pair: tuple[bytes, bytes], other: bytes) -> None:
    before, after = pair
    diff = make_diff(before, after, "f")
    try:
        made = apply_diff(other, diff, "f")
    except PatchError:
        return
    assert apply_diff(made, diff, "f", reverse=True) == other


@given(edited(), st.data())
def test_an_edited_diff_is_refused_or_says_what_it_does(pair: tuple[bytes, bytes], data: st.DataObject) -> None:
    before, after = pair
    diff = make_diff(before, after, "f")
    at = data.draw(st.integers(0, len(diff)))
    diff = diff[:at] + data.draw(st.sampled_from([b"", b"x", b"\n", b"+y\n", b"@@ -1 +1 @@\n"])) + diff[at + 1 :]
    try:
        made = apply_diff(before, diff, "f")
    except PatchError:
        return
    assert apply_diff(made, diff, "f", reverse=True) == before


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"one\ntwo\nthree\n", b"one\n2\nthree\n"),
        (b"", b"new\nfile"),
        (b"old\nfile", b""),
        (b"".join(b"%d\n" % n for n in range(60)), b"".join(b"%d\n" % n for n in range(60) if n not in (3, 40))),
        (b"crlf\r\nend\xe9", b"crlf\r\n\x0cend\xe9\r\n"),
    ],
)
@pytest.mark.parametrize("name", ["f.py", "a b.py", 'q"\\.py', "é\t.py"])
def test_git_reads_it(tmp_path: Path, before: bytes, after: bytes, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(before)
    command = ["git", "apply", "--unidiff-zero", "--whitespace=nowarn", "-"]
    subprocess.run(command, input=make_diff(before, after, name), cwd=tmp_path, check=True)
    assert file.read_bytes() == after


def test_what_is_equal_has_no_diff_and_no_diff_changes_nothing() -> None:
    assert make_diff(b"x\n", b"x\n", "f") == b""
    assert apply_diff(b"x\n", b"", "f") == apply_diff(b"x\n", b"", "f", reverse=True) == b"x\n"


def test_three_lines_of_context() -> None:
    before = b"".join(b"%d\n" % n for n in range(20))
    assert make_diff(before, before.replace(b"10\n", b"ten\n"), "dir/f.py").decode() == (
        "--- a/dir/f.py\n+++ b/dir/f.py\n@@ -8,7 +8,7 @@\n 7\n 8\n 9\n-10\n+ten\n 11\n 12\n 13\n"
    )


HEAD = b"--- a/f\n+++ b/f\n"


@pytest.mark.parametrize(
    ("diff", "line", "problem"),
    [
        (b"nonsense\n", 1, "names of this file"),
        (b"--- a/g\n+++ b/g\n@@ -1 +1 @@\n-a\n+b\n", 1, "names of this file"),
        (HEAD + b"no hunk\n", 3, "head of a hunk"),
        (HEAD + b"@@ -1,99999999999 +1 @@\n", 3, "head of a hunk"),
        (HEAD + b"@@ -1,2 +1 @@\n-a\n+b\n", 3, "as many lines"),
        (HEAD + b"@@ -1 +1 @@\n-x\n+b\n", 3, "does not fit"),
        (HEAD + b"@@ -2 +2 @@\n-a\n+b\n", 3, "does not fit"),
        (HEAD + b"@@ -1 +2 @@\n-a\n+b\n", 3, "not where"),
        (HEAD + b"@@ -1 +1 @@\n-a\n+b\n@@ -1 +1 @@\n-a\n+b\n", 6, "not where"),
        (HEAD + b"@@ -0 +1 @@\n-a\n+b\n", 3, "not where"),
        (HEAD + b"@@ -1 +1 @@\n-a\n*b\n", 5, "none of a diff"),
        (HEAD + b"@@ -1 +1 @@\n\\ No newline at end of file\n-a\n+b\n", 4, "none of a diff"),
        (HEAD + b"@@ -1 +1 @@\n-a\n+b", 5, "none of a diff"),
        (HEAD + b"@@ -1 +1 @@\n-a\n+b\n\\ No newline at end of file\n", 6, "not the last"),
        (HEAD + b"@@ -1,2 +1,2 @@\n a\n-c\n+\n\\ No newline at end of file\n", 7, "newline is empty"),
    ],
)  # fmt: skip
def test_what_is_refused(diff: bytes, line: int, problem: str) -> None:
    with pytest.raises(PatchError, match=problem) as caught:
        apply_diff(b"a\nc\n", diff, "f")
    assert (caught.value.path, caught.value.line) == ("f", line)
