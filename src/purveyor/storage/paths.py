"""What a path of an object may be: one rule for all drivers."""

from __future__ import annotations

import re
import unicodedata

from purveyor.errors import InvalidInputError

__all__ = ["RESERVED", "check_path", "check_prefix", "is_path"]

#: The first segment that belongs to Purveyor itself.
RESERVED = ".purveyor"

#: As in S3: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
_MAX_BYTES = 1024

_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\\]")


def check_path(path: object, argument: str = "path") -> str:
    """The path as it is, if it can name an object in every storage.

    It is a string of segments joined by ``/``; no segment is empty, ``.`` or ``..``; the first is not
    ``.purveyor``. It holds no control character and no backslash, is in Unicode's normal form C (so that
    no two paths look the same), and takes at most 1024 bytes of UTF-8.

    Args:
        path: What was given as a path.
        argument: The name of the argument, for the error.

    Raises:
        InvalidInputError: It cannot; the error says why and what to do.
    """
    text = _check_text(path, argument)
    if not text:
        raise InvalidInputError(argument, "is empty", "name an object, such as 'reports/2026.txt'")
    _check_segments(text, text.split("/"), argument)
    return text


def check_prefix(prefix: object, argument: str = "prefix") -> str:
    """The prefix as it is, if a path can begin with it; it may end anywhere, also inside a segment.

    Raises:
        InvalidInputError: No path can.
    """
    text = _check_text(prefix, argument)
    _check_segments(text, text.split("/")[:-1], argument)
    return text


def is_path(text: str) -> bool:
    """Whether a path can name an object."""
    try:
        check_path(text)
    except InvalidInputError:
        return False
    return True


def _check_text(value: object, argument: str) -> str:
    if not isinstance(value, str):
        raise InvalidInputError(argument, f"is {type(value).__qualname__}, not str", "give it as a string")
    try:
        size = len(value.encode())
    except UnicodeEncodeError as error:
        problem = f"{_shown(value)} has a lone surrogate at position {error.start}"
        raise InvalidInputError(argument, problem, "decode the name as UTF-8 first") from None
    if size > _MAX_BYTES:
        raise InvalidInputError(
            argument,
            f"{_shown(value)} takes {size} bytes as UTF-8",
            f"the limit is {_MAX_BYTES}; shorten it, or put a hash of the name in its place",
        )
    if found := _FORBIDDEN.search(value):
        character = found.group()
        problem = f"{_shown(value)} has {character!r} at position {found.start()}"
        advice = "separate segments with '/'" if character == "\\" else "leave control characters out"
        raise InvalidInputError(argument, problem, advice)
    if not value.isascii() and not unicodedata.is_normalized("NFC", value):
        raise InvalidInputError(
            argument,
            f"{_shown(value)} is not in Unicode normal form C",
            f"give {unicodedata.normalize('NFC', value)!a}, "
            "which looks the same: unicodedata.normalize('NFC', ...)",
        )
    return value


def _check_segments(text: str, segments: list[str], argument: str) -> None:
    for segment in segments:
        if segment in ("", ".", ".."):
            problem = f"{_shown(text)} has " + (f"the segment {segment!r}" if segment else "an empty segment")
            advice = (
                "a path is names joined by '/', such as logs/2026.txt; '.', '..' and empty names are not allowed"
            )
            raise InvalidInputError(argument, problem, advice)
    # Case-folded, since some file systems are.
    if segments and segments[0].casefold() == RESERVED:
        problem = f"{_shown(text)} begins with {RESERVED!r}, which belongs to Purveyor"
        raise InvalidInputError(argument, problem, "choose another first segment")


def _shown(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "...")
