r"""Unified diffs of bytes, made and applied exactly.

A diff is the content of a plan: what was reviewed is what is applied. So a diff is applied where it says or not
at all, and its reverse gives the first bytes back. Only ``\n`` ends a line here, so that any bytes can be told
apart; carriage returns and form feeds belong to the line they stand in. ``git apply`` reads it too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from io import BytesIO
from typing import TYPE_CHECKING

from purveyor.errors import PatchError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["apply_diff", "make_diff"]

_HUNK = re.compile(rb"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@\n")
_NO_NEWLINE = b"\\ No newline at end of file\n"


def make_diff(before: bytes, after: bytes, path: str) -> bytes:
    """The unified diff, with three lines of context, that makes one out of the other; empty if they are equal.

    Args:
        before: The first bytes.
        after: The second.
        path: The file's path, for the head of the diff.
    """
    if before == after:
        return b""
    old, new = _lines(before), _lines(after)
    diff = [_head(path)]
    for group in SequenceMatcher(None, old, new).get_grouped_opcodes(3):
        (_, i1, _, j1, _), (_, _, i2, _, j2) = group[0], group[-1]
        diff.append(b"@@ -%b +%b @@\n" % (_range(i1, i2), _range(j1, j2)))
        for kind, a1, a2, b1, b2 in group:
            if kind == "equal":
                diff += _body(b" ", old[a1:a2])
            else:
                diff += _body(b"-", old[a1:a2])
                diff += _body(b"+", new[b1:b2])
    return b"".join(diff)


def apply_diff(data: bytes, diff: bytes, path: str, *, reverse: bool = False) -> bytes:
    """What a diff makes of these bytes.

    Args:
        data: What it is applied to.
        diff: A unified diff of one file, as `make_diff` makes it.
        path: The file's path, which the head of the diff must name.
        reverse: Take it back instead.

    Raises:
        PatchError: It is no such diff, or it does not fit the bytes, line by line and in the very places it names.
    """
    source, result, position = _lines(data), list[bytes](), 0
    for hunk in _hunks(diff, path):
        start, old, target, new = (
            (hunk.new_start, hunk.new, hunk.old_start, hunk.old)
            if reverse
            else (hunk.old_start, hunk.old, hunk.new_start, hunk.new)
        )
        result += source[position : max(start, position)]
        if start < position or len(result) != target:
            raise PatchError(path, hunk.line, "the hunk is not where the lines before it lead to")
        if source[start : start + len(old)] != old:
            raise PatchError(path, hunk.line, "the hunk does not fit the file")
        result += new
        position = start + len(old)
    result += source[position:]
    if not all(line.endswith(b"\n") for line in result[:-1]):
        raise PatchError(path, len(_lines(diff)), "a line without its newline is not the last of the file")
    return b"".join(result)


@dataclass(frozen=True, slots=True)
class _Hunk:
    """Lines in the place of lines; both starts count from 0."""

    line: int
    old_start: int
    old: list[bytes]
    new_start: int
    new: list[bytes]


def _hunks(diff: bytes, path: str) -> Iterator[_Hunk]:
    lines = _lines(diff)
    if not lines:
        return
    head = _lines(_head(path))
    if lines[:2] != head:
        raise PatchError(path, 1, "the diff does not begin with the names of this file")
    at = 2
    while at < len(lines):
        header = _HUNK.fullmatch(lines[at])
        if header is None:
            raise PatchError(path, at + 1, "there is no head of a hunk")
        counts = [1 if count is None else int(count) for count in header.group(2, 4)]
        # An empty range is named by the line before it, any other by its first line.
        starts = [int(start) - bool(count) for start, count in zip(header.group(1, 3), counts, strict=True)]
        end = _end(lines, at + 1)
        old, new = _sides(lines[at + 1 : end], path, at + 2)
        if [len(old), len(new)] != counts:
            raise PatchError(path, at + 1, "the hunk has not as many lines as its head says")
        yield _Hunk(at + 1, starts[0], old, starts[1], new)
        at = end


def _end(lines: Sequence[bytes], at: int) -> int:
    while at < len(lines) and not lines[at].startswith(b"@@"):
        at += 1
    return at


def _sides(body: Iterable[bytes], path: str, first: int) -> tuple[list[bytes], list[bytes]]:
    """The lines that a hunk takes away or keeps, and those that it adds or keeps."""
    old, new = list[bytes](), list[bytes]()
    touched: tuple[list[bytes], ...] = ()
    for number, line in enumerate(body, first):
        if line == _NO_NEWLINE and touched:
            for side in touched:
                side[-1] = side[-1].removesuffix(b"\n")
            if not touched[0][-1]:
                raise PatchError(path, number, "a line without its newline is empty")
            touched = ()
            continue
        touched = {b" ": (old, new), b"-": (old,), b"+": (new,)}.get(line[:1], ())
        if not touched or not line.endswith(b"\n"):
            raise PatchError(path, number, "the line is none of a diff")
        for side in touched:
            side.append(line[1:])
    return old, new


def _body(sign: bytes, lines: Iterable[bytes]) -> Iterator[bytes]:
    for line in lines:
        yield sign + line if line.endswith(b"\n") else sign + line + b"\n" + _NO_NEWLINE


def _range(start: int, stop: int) -> bytes:
    count = stop - start
    if count == 1:
        return b"%d" % (start + 1)
    return b"%d,%d" % (start + bool(count), count)


def _head(path: str) -> bytes:
    return b"--- %b\n+++ %b\n" % (_name(f"a/{path}"), _name(f"b/{path}"))


def _name(path: str) -> bytes:
    """A path as git writes it: in quotes if it holds more than printable ASCII, with a tab if it has spaces."""
    raw = path.encode("utf-8", "surrogateescape")
    if all(32 <= byte < 127 and byte not in b'"\\' for byte in raw):
        return raw + (b"\t" if b" " in raw else b"")
    quoted = (b"%c" % byte if 32 <= byte < 127 and byte not in b'"\\' else b"\\%03o" % byte for byte in raw)
    return b'"%b"' % b"".join(quoted)


def _lines(data: bytes) -> list[bytes]:
    return BytesIO(data).readlines()
