"""Where an edited file differs from what it was converted to, beside what stood there before the conversion."""

from __future__ import annotations

from difflib import SequenceMatcher
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["three_way"]

#: First and last line in the base, and those in the other text.
_Change = tuple[int, int, int, int]


def three_way(original: bytes, converted: bytes, now: bytes) -> str:
    """The places where a file was edited after its conversion, each in three versions, as ``diff3 -m`` marks them.

    Args:
        original: The file before the conversion.
        converted: The file as the conversion left it.
        now: The file as it is now.
    """
    base, mine, theirs = _lines(converted), _lines(now), _lines(original)
    edits, origins = _changes(base, mine), _changes(base, theirs)
    text: list[str] = []
    end = -1
    for edit in edits:
        if edit[0] <= end:  # shown already
            continue
        start, end = _spread(edit[0], edit[1], edits, origins)
        shown = slice(*_across(start, end, edits))
        text += [f"line {shown.start + 1}\n", "<<<<<<< now\n", *_shown(mine[shown])]
        text += ["||||||| converted\n", *_shown(base[start:end])]
        text += ["=======\n", *_shown(theirs[slice(*_across(start, end, origins))]), ">>>>>>> original\n"]
    return "".join(text)


def _changes(base: Sequence[bytes], other: Sequence[bytes]) -> list[_Change]:
    opcodes = SequenceMatcher(None, base, other).get_opcodes()
    return [(i1, i2, j1, j2) for kind, i1, i2, j1, j2 in opcodes if kind != "equal"]


def _spread(start: int, end: int, *sides: list[_Change]) -> tuple[int, int]:
    """A range of the base, made so large that no change lies partly in it."""
    while True:
        touching = [change for side in sides for change in side if change[0] <= end and change[1] >= start]
        wider = min(change[0] for change in touching), max(change[1] for change in touching)
        wider = min(wider[0], start), max(wider[1], end)
        if wider == (start, end):
            return wider
        start, end = wider


def _across(start: int, end: int, changes: list[_Change]) -> tuple[int, int]:
    """Where a range of the base that no change lies partly in is in the other text."""
    before = sum((j2 - j1) - (i2 - i1) for i1, i2, j1, j2 in changes if i2 < start)
    within = sum((j2 - j1) - (i2 - i1) for i1, i2, j1, j2 in changes if start <= i1 and i2 <= end)
    return start + before, end + before + within


def _shown(lines: Sequence[bytes]) -> list[str]:
    return [line.removesuffix(b"\n").decode("utf-8", "backslashreplace") + "\n" for line in lines]


def _lines(data: bytes) -> list[bytes]:
    return BytesIO(data).readlines()
