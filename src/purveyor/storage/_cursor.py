"""The cursor of a listing: opaque to callers, tied to the listing it came from."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode

from purveyor.errors import InvalidInputError
from purveyor.storage.paths import check_prefix


def encode(prefix: str, delimiter: str | None, after: str) -> str:
    """The cursor of the page that follows `after` in the listing of `prefix` and `delimiter`."""
    text = json.dumps([prefix, delimiter, after], ensure_ascii=False, separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: object, prefix: str, delimiter: str | None) -> str:
    """The `after` that a cursor of this listing stands for.

    Raises:
        InvalidInputError: It is no cursor, or one of another listing.
    """
    try:
        if not isinstance(cursor, str):
            raise TypeError
        raw = cursor.encode("ascii")
        found: object = json.loads(urlsafe_b64decode(raw + b"=" * (-len(raw) % 4)))
        match found:
            case [str() as of, (str() | None) as by, str() as after] if of == prefix and by == delimiter:
                return check_prefix(after)
            case _:
                raise ValueError
    except (TypeError, ValueError, RecursionError):  # whatever a forged one can bring about
        raise InvalidInputError(
            "cursor",
            "is not one that a listing of this prefix and delimiter gave",
            "give it as it came, with the same prefix and delimiter, or begin without one",
        ) from None
