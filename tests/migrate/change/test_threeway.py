"""An edit after a conversion, in three versions."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from purveyor.migrate.change.threeway import three_way

LINES = st.lists(st.sampled_from([b"a\n", b"b\n", b"c\n", b"d\n", b"\xff\n"]), max_size=12).map(b"".join)


def test_an_edit_of_what_was_converted() -> None:
    original = b"import x\n\nclass A:\n    pass\n\nlast\n"
    converted = b"import x\nimport y\n\nclass A(B):\n    pass\n\nlast\n"
    now = b"import x\nimport y\n\nclass A(B, C):\n    pass\n\nlast, too\n"
    assert three_way(original, converted, now) == (
        "line 4\n<<<<<<< now\nclass A(B, C):\n||||||| converted\nclass A(B):\n=======\nclass A:\n>>>>>>> original\n"
        "line 7\n<<<<<<< now\nlast, too\n||||||| converted\nlast\n=======\nlast\n>>>>>>> original\n"
    )


def test_lines_that_were_added_or_taken_away() -> None:
    assert three_way(b"a\nb\n", b"a\nb\n", b"a\nnew\nb\n") == (
        "line 2\n<<<<<<< now\nnew\n||||||| converted\n=======\n>>>>>>> original\n"
    )
    assert three_way(b"a\n", b"a\nb\n", b"a") == (
        "line 1\n<<<<<<< now\na\n||||||| converted\na\nb\n=======\na\n>>>>>>> original\n"
    )


def test_edits_that_touch_the_same_change_are_shown_as_one() -> None:
    original, converted = b"0\n", b"1\n2\n3\n4\n5\n"
    shown = three_way(original, converted, b"1\nx\n3\ny\n5\n")
    assert shown == (
        "line 1\n<<<<<<< now\n1\nx\n3\ny\n5\n||||||| converted\n1\n2\n3\n4\n5\n=======\n0\n>>>>>>> original\n"
    )


def parts(shown: str) -> list[tuple[int, list[str], list[str], list[str]]]:
    found: list[tuple[int, list[str], list[str], list[str]]] = []
    for hunk in shown.split("line ")[1:]:
        line, rest = hunk.split("\n<<<<<<< now\n")
        mine, rest = rest.split("||||||| converted\n")
        base, rest = rest.split("=======\n")
        theirs = rest.removesuffix(">>>>>>> original\n")
        found.append((int(line), mine.splitlines(), base.splitlines(), theirs.splitlines()))
    return found


@given(LINES, LINES, LINES)
def test_the_edits_that_are_shown_are_all_there_are(original: bytes, converted: bytes, now: bytes) -> None:
    mine, base, before = (
        data.decode("utf-8", "backslashreplace").splitlines() for data in (now, converted, original)
    )
    rebuilt: list[str] = []
    at = 0
    for line, hunk_mine, hunk_base, hunk_before in parts(three_way(original, converted, now)):
        same = line - 1 - len(rebuilt)
        rebuilt += base[at : at + same] + hunk_mine
        assert base[at + same :][: len(hunk_base)] == hunk_base
        at += same + len(hunk_base)
        assert any(before[i:][: len(hunk_before)] == hunk_before for i in range(len(before) + 1))
    assert rebuilt + base[at:] == mine
