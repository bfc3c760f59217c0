"""Cursors: where a listing goes on, as an opaque string.

A cursor says nothing but a place in an order, and the place is only ever looked for inside the namespace that
the call names: a forged one can at worst skip. The digest, over the listing and the place, is there to tell a
damaged cursor, or one of another listing, from a good one. It is no signature, since there is no secret: who
reads a place still checks its shape.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b

from purveyor.errors import InvalidInputError

__all__ = ["decode_cursor", "encode_cursor", "not_of_this_listing"]

_DIGEST_BYTES = 8


def encode_cursor(listing: object, place: list[object]) -> str:
    """The cursor for a place in a listing.

    Args:
        listing: Everything that fixes which results come and in which order, as JSON.
        place: The place, as JSON.
    """
    body = json.dumps(place, separators=(",", ":")).encode()
    return urlsafe_b64encode(_digest(listing, body) + body).rstrip(b"=").decode()


def decode_cursor(listing: object, cursor: str) -> object:
    """The place that a cursor stands for; whether it has the right shape is left to the caller.

    Raises:
        InvalidInputError: It is not one that `encode_cursor` made for this listing.
    """
    try:
        raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except (TypeError, ValueError):
        raw = b""
    digest, body = raw[:_DIGEST_BYTES], raw[_DIGEST_BYTES:]
    if digest != _digest(listing, body):
        raise not_of_this_listing()
    try:
        place: object = json.loads(body)
    except (ValueError, RecursionError):
        raise not_of_this_listing() from None
    return place


def not_of_this_listing() -> InvalidInputError:
    """The error for a cursor that cannot be taken."""
    return InvalidInputError(
        "cursor",
        "is not a cursor of this listing",
        "pass the cursor of the page before, with the same namespace, filter, text and order",
    )


def _digest(listing: object, body: bytes) -> bytes:
    fixed = json.dumps(listing, sort_keys=True, separators=(",", ":")).encode()
    return blake2b(fixed + b"\0" + body, digest_size=_DIGEST_BYTES).digest()
