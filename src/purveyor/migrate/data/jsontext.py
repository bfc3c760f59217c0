"""JSON text with its places: what stands where, so that it can be refused by line, and changed in place."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Layout", "Member", "NotExactError", "members", "parse"]

_BLANK = re.compile(r"[ \t\r\n]*")
# A string that has no end goes to the end of the text, and is not looked for again from each of its quotes.
_STRUCTURE = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{}]', re.DOTALL)

#: How the legacy stores may have been written, the most usual first.
_INDENTS: tuple[int | str | None, ...] = (2, None, 4, "\t", 1, 3, 8)
_SEPARATORS: tuple[tuple[str, str] | None, ...] = (None, (",", ":"), (", ", ": "))


class NotExactError(ValueError):
    """A text is JSON in a way of which something would be lost, or none at all."""


@dataclass(slots=True)
class Member:
    """One member of the object that a text is.

    Args:
        key: Its key; None for a rest of the text that is no member.
        start: Where the key begins, as an index of the text.
        value: Where the value begins.
        end: Where it ends.
        problem: What is wrong with its text; None if nothing is.
    """

    key: str | None
    start: int
    value: int
    end: int
    problem: str | None = None


def parse(text: str, start: int = 0) -> tuple[Any, int]:
    """The value that begins at a place, and where it ends. Numbers may be ones that JSON does not have.

    Raises:
        NotExactError: An object has a key twice.
        ValueError: It is no JSON.
        RecursionError: It is nested too deeply.
    """
    twice: list[str] = []

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs) and not twice:
            twice.append(next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1))
        return found

    try:
        value, end = json.JSONDecoder(object_pairs_hook=unique).raw_decode(text, _skip(text, start))
    except json.JSONDecodeError:
        raise
    except ValueError:  # int() refuses thousands of digits
        raise NotExactError("has an integer of more than 64 bits") from None
    if twice:
        raise NotExactError(f"has the key {twice[0]!r:.80} twice in one object")
    return value, end


def members(text: str, start: int = 0) -> Iterator[Member]:
    """The members of the object that a text is, each with its place.

    A member whose value is wrong but has an end has a problem. Where no next member can be found, the rest of
    the text is the last one, without a key.

    Raises:
        NotExactError: The text begins with no object.
    """
    place = _skip(text, start)
    if text[place : place + 1] != "{":
        raise NotExactError("is no JSON object")
    place = _skip(text, place + 1)
    first = True
    while True:
        begin = place
        if text[place : place + 1] == "}" and first:
            break
        try:
            key, place = _key(text, place)
        except ValueError as error:
            yield Member(None, begin, begin, len(text), _told(error))
            return
        value = place
        problem, end = None, None
        try:
            _, end = parse(text, value)
        except RecursionError:
            problem = "is nested too deeply"
        except ValueError as error:
            problem = _told(error)
        end = _end_of(text, value) if end is None else end
        after = len(text) if end is None else _skip(text, end)
        if end is None or text[after : after + 1] not in (",", "}"):
            problem = problem or "is not followed by a comma or the end of the object"
            yield Member(None, begin, value, len(text), problem)
            return
        yield Member(key, begin, value, end, problem)
        first = False
        if text[after] == "}":
            place = after
            break
        place = _skip(text, after + 1)
    rest = _skip(text, place + 1)
    if rest < len(text):
        yield Member(None, rest, rest, len(text), "stands behind the end of the object")


@dataclass(frozen=True, slots=True)
class Layout:
    """How a store lays its JSON out.

    Args:
        indent: As `json.dumps` takes it.
        ascii_only: Whether other characters are escaped.
        separators: As `json.dumps` takes them; None for its own.
        newline: What ends a line.
    """

    indent: int | str | None = 2
    ascii_only: bool = True
    separators: tuple[str, str] | None = None
    newline: str = "\n"

    @classmethod
    def of(cls, samples: list[tuple[Any, str]], margin: bool) -> Layout:
        """The layout that gives the most of some samples back.

        Args:
            samples: Values, and the texts they had.
            margin: Whether they stand one level deep in an object that is laid out likewise.
        """
        newline = "\r\n" if any("\r\n" in text for _, text in samples) else "\n"
        every = [
            cls(indent, ascii_only, separators, newline)
            for indent in _INDENTS
            for separators in _SEPARATORS
            for ascii_only in (True, False)
        ]
        return max(every, key=lambda one: sum(one.dump(value, margin) == text for value, text in samples))

    def dump(self, value: Any, margin: bool) -> str:
        """The text of a value."""
        text = json.dumps(
            value, indent=self.indent, ensure_ascii=self.ascii_only, separators=self.separators
        )  # fmt: skip
        lines = f"\n{self.step}" if margin else "\n"
        return text.replace("\n", lines).replace("\n", self.newline)

    @property
    def step(self) -> str:
        """The blanks of one level."""
        return " " * self.indent if isinstance(self.indent, int) else self.indent or ""

    @property
    def colon(self) -> str:
        """What stands between key and value."""
        return self.separators[1] if self.separators else ": "

    @property
    def comma(self) -> str:
        """What stands between two members of the outer object."""
        if self.indent is not None:
            return f"{self.separators[0] if self.separators else ','}{self.newline}{self.step}"
        return self.separators[0] if self.separators else ", "


def _key(text: str, place: int) -> tuple[str, int]:
    """A key, and where its value begins."""
    if text[place : place + 1] != '"':
        raise NotExactError(
            "is cut short" if place >= len(text) else "is no JSON: a key in quotes should stand here"
        )
    key, place = json.JSONDecoder().raw_decode(text, place)
    place = _skip(text, place)
    if text[place : place + 1] != ":":
        raise NotExactError("is cut short" if place >= len(text) else "is no JSON: a colon should stand here")
    return key, _skip(text, place + 1)


def _end_of(text: str, place: int) -> int | None:
    """Where an object or array ends whose inside cannot be read; None if it does not."""
    if text[place : place + 1] not in ("{", "["):
        return None
    depth = 0
    for found in _STRUCTURE.finditer(text, place):
        sign = found.group()
        if sign in "{[":
            depth += 1
        elif sign in "}]":
            depth -= 1
            if not depth:
                return found.end()
    return None


def _skip(text: str, place: int) -> int:
    found = _BLANK.match(text, place)
    assert found is not None  # it matches nothing as well
    return found.end()


def _told(error: ValueError) -> str:
    if not isinstance(error, json.JSONDecodeError):
        return str(error)
    if error.pos >= len(error.doc) or error.msg.startswith("Unterminated string"):
        return "is cut short"
    return f"is no JSON: {error.msg} in line {error.lineno}, column {error.colno}"
