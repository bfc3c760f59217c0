"""What keys, namespaces, values and times may be: one rule for every backend.

A value is JSON in the strict sense of RFC 8259: null, booleans, strings, numbers, arrays, objects. Numbers are
integers of 64 bits and finite floats, since that is what every backend can give back unchanged; strings are
sequences of Unicode scalar values. Nothing is converted silently: a tuple is not a list.
"""

from __future__ import annotations

import json
from math import isfinite
from typing import TYPE_CHECKING, Any

from purveyor.errors import InvalidInputError
from purveyor.memory.store import Address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from purveyor.memory.store import Json, Namespace

__all__ = [
    "check_address",
    "check_expires",
    "check_namespace",
    "check_text",
    "check_ttl",
    "check_version",
    "decode",
    "encode",
    "is_number",
]

MAX_KEY_BYTES = 1024
MAX_SEGMENT_BYTES = 255
MAX_SEGMENTS = 32
MAX_DEPTH = 128
MIN_INTEGER, MAX_INTEGER = -(2**63), 2**63 - 1

_encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":"))
_decoder = json.JSONDecoder()
# `JSONEncoder.encode` builds this anew for each value, which costs more than the encoding; CPython alone has it.
_make_encoder: Any = getattr(json.encoder, "c_make_encoder", None)
_in_pieces: Callable[[Json, int], Iterable[str]] = (
    _make_encoder(None, _encoder.default, json.encoder.encode_basestring, None, ":", ",", False, False, False)
    if _make_encoder
    else lambda value, _: _encoder.iterencode(value)
)


def encode(value: Json, argument: str, max_bytes: int) -> tuple[Json, str]:
    """A copy of a value, which nobody else can change, and its JSON text, without blanks, its keys in their order.

    Args:
        value: The value.
        argument: What the caller calls it, for errors.
        max_bytes: How long the text may be, in bytes of UTF-8.

    Raises:
        InvalidInputError: It is not JSON, and where in it; or it is too long.
    """
    try:
        own = _copy(value, MAX_DEPTH)
    except _NotJsonError:
        raise _refusal(value, argument, MAX_DEPTH) from None
    text = "".join(_in_pieces(own, 0))
    try:
        size = len(text) if text.isascii() else len(text.encode())
    except UnicodeEncodeError:
        raise _surrogate(value, argument) from None
    if size > max_bytes:
        raise InvalidInputError(
            argument,
            f"is {size:,} bytes long as JSON, more than the {max_bytes:,} allowed",
            "split it, keep it in a storage provider, or raise max_value_bytes",
        )
    return own, text


def decode(text: str) -> Json:
    """The value of a JSON text that `encode` made."""
    return _decoder.raw_decode(text)[0]


def check_address(namespace: Namespace, key: str) -> Address:
    """The address of a key.

    Raises:
        InvalidInputError: The key or the namespace is not acceptable.
    """
    if namespace:
        check_namespace(namespace)
    elif namespace != ():
        raise _not_a_namespace("namespace", namespace)
    # The common case first, without a call.
    if type(key) is not str or not key or len(key) > MAX_KEY_BYTES or not key.isascii() or "\0" in key:
        _check_name(key, "key", MAX_KEY_BYTES)
    return Address(namespace, key)


def check_namespace(namespace: Namespace, argument: str = "namespace") -> Namespace:
    """The namespace itself.

    Raises:
        InvalidInputError: It is not a tuple of acceptable segments.
    """
    if type(namespace) is not tuple:
        raise _not_a_namespace(argument, namespace)
    if len(namespace) > MAX_SEGMENTS:
        raise InvalidInputError(argument, f"has {len(namespace)} segments, more than the {MAX_SEGMENTS} allowed")
    for index, segment in enumerate(namespace):
        _check_name(segment, f"{argument}[{index}]", MAX_SEGMENT_BYTES)
    return namespace


def check_text(text: str, argument: str) -> str:
    """The text itself.

    Raises:
        InvalidInputError: It is no string, or holds a lone surrogate.
    """
    if type(text) is not str:
        raise InvalidInputError(argument, f"is {_article(text)}, not a string", "use a str")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _lone_surrogate(argument) from None
    return text


def check_ttl(ttl: float | None) -> float | None:
    """A time to live in seconds, or None.

    Raises:
        InvalidInputError: It is not a finite number above zero.
    """
    if ttl is not None and not (_is_finite(ttl) and ttl > 0):
        raise InvalidInputError(
            "ttl", f"is {ttl!r:.80}, not a number of seconds above zero", "leave it out (None) for no expiry"
        )
    return ttl


def check_expires(expires: float | None, argument: str = "expires") -> float | None:
    """A moment in seconds since the epoch, or None.

    Raises:
        InvalidInputError: It is not a finite number.
    """
    if expires is not None and not _is_finite(expires):
        raise InvalidInputError(
            argument,
            f"is {expires!r:.80}, not a time in seconds since the epoch",
            "use a float such as time.time() + 60",
        )
    return None if expires is None else float(expires)


def check_version(version: int | None) -> int | None:
    """A version as an item carries it, or None.

    Raises:
        InvalidInputError: It is not an integer.
    """
    if version is not None and type(version) is not int:
        raise InvalidInputError(
            "version", f"is {_article(version)}, not an integer", "pass the version of an item you have read"
        )
    return version


def is_number(value: object) -> bool:
    """Whether it is a number in the sense of JSON; a boolean is none."""
    return type(value) is int or type(value) is float


def _is_finite(number: object) -> bool:
    return (type(number) is float and isfinite(number)) or (
        type(number) is int and MIN_INTEGER <= number <= MAX_INTEGER
    )


class _NotJsonError(Exception):
    """Something in a value is not JSON; where and why is found out in a second look."""


def _copy(value: Json, depth: int) -> Json:
    """A copy of a value that is JSON; surrogates are left to the encoding.

    Every put comes through here: what is common is asked first, and strings without a call.
    """
    kind: object = type(value)
    if kind is dict:
        if not depth:
            raise _NotJsonError
        own: dict[str, Json] = {}
        for key, member in value.items():
            if type(key) is not str:
                raise _NotJsonError
            own[key] = member if type(member) is str else _copy(member, depth - 1)
        return own
    if kind is int:
        if MIN_INTEGER <= value <= MAX_INTEGER:
            return value
    elif kind is list:
        if depth:
            return [member if type(member) is str else _copy(member, depth - 1) for member in value]
    elif value is None or kind is bool or kind is str or (kind is float and isfinite(value)):
        return value
    raise _NotJsonError


def _refusal(value: Json, place: str, depth: int) -> InvalidInputError:
    """The error for the first thing in a value that is not JSON."""
    kind: Any = type(value)
    if kind is int:
        return InvalidInputError(place, "is an integer of more than 64 bits", "use a string")
    if kind is float:
        return InvalidInputError(place, f"is {value!r}, which JSON does not have", "use None or a string")
    if kind is not dict and kind is not list:
        return InvalidInputError(place, f"is {_article(value)}, which is not JSON", _ADVICE.get(kind))
    if not depth:
        return InvalidInputError(place, f"is nested more than {MAX_DEPTH} levels deep", "flatten it")
    members: Any = value.items() if kind is dict else enumerate(value)
    for key, member in members:
        if kind is dict and type(key) is not str:
            return InvalidInputError(place, f"has a key that is {_article(key)}: {key!r:.80}", "use strings")
        try:
            _copy(member, depth - 1)
        except _NotJsonError:
            return _refusal(member, _inside(place, key), depth - 1)
    raise AssertionError  # pragma: no cover - called only for a value that has such a thing


_ADVICE: dict[object, str] = {
    tuple: "use a list",
    set: "use a sorted list",
    frozenset: "use a sorted list",
    bytes: "use text, or base64",
}


def _surrogate(value: Json, place: str) -> InvalidInputError:
    """The error for the first string in a value that no encoding can write."""
    members: list[tuple[str, Json]] = []
    if type(value) is dict:
        members = [(_inside(place, key), part) for key, member in value.items() for part in (key, member)]
    elif type(value) is list:
        members = [(_inside(place, index), member) for index, member in enumerate(value)]
    for inner, member in members:
        try:
            _encoder.encode(member).encode()
        except UnicodeEncodeError:
            return _surrogate(member, inner)
    return _lone_surrogate(place)


def _lone_surrogate(place: str) -> InvalidInputError:
    return InvalidInputError(
        place, "holds a lone surrogate, which is no character", "decode it with the right codec"
    )


def _inside(place: str, key: str | int) -> str:
    if isinstance(key, int):
        return f"{place}[{key}]"
    return f"{place}.{key}" if key.isprintable() else f"{place}.{key!r}"


def _check_name(name: str, argument: str, max_bytes: int) -> None:
    check_text(name, argument)
    if not name:
        raise InvalidInputError(argument, "is empty", "give it at least one character")
    if "\0" in name:
        raise InvalidInputError(argument, "holds a NUL character", "leave it out, or encode the name")
    size = len(name.encode())
    if size > max_bytes:
        raise InvalidInputError(
            argument,
            f"is {size:,} bytes long, more than the {max_bytes:,} allowed",
            "use a shorter name or a hash",
        )


def _not_a_namespace(argument: str, namespace: object) -> InvalidInputError:
    advice = f"use a tuple: ({namespace!r:.80},)" if isinstance(namespace, str) else "use a tuple of strings"
    return InvalidInputError(argument, f"is {_article(namespace)}, not a tuple of strings", advice)


def _article(value: object) -> str:
    name = type(value).__qualname__
    return f"an {name}" if name[0] in "aeiouAEIOU" else f"a {name}"
