"""How items and namespaces stand in the rows of the database."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from purveyor.memory.store import Item
from purveyor.memory.values import decode

if TYPE_CHECKING:
    from purveyor.memory.store import Namespace

__all__ = ["COLUMNS", "decode_namespace", "encode_namespace", "item_of", "subtree_of"]

#: What an item is read from.
COLUMNS = "namespace, key, value, metadata, version, created, updated, expires"


@lru_cache(maxsize=4096)
def encode_namespace(namespace: Namespace) -> bytes:
    """A namespace as bytes, which are ordered as the tuples are: every segment with a NUL behind it."""
    return "".join(f"{segment}\0" for segment in namespace).encode()


@lru_cache(maxsize=4096)
def decode_namespace(namespace: bytes) -> Namespace:
    """The namespace that these bytes are."""
    return tuple(namespace.decode().split("\0")[:-1])


def subtree_of(namespace: Namespace) -> tuple[bytes, bytes]:
    """The bounds of a namespace and all below it; no UTF-8 has the byte 0xFF."""
    start = encode_namespace(namespace)
    return start, start + b"\xff"


def item_of(row: Any) -> Item:
    """The item of a row with all of `COLUMNS`.

    Raises:
        ValueError: The row is damaged.
        RecursionError: Likewise.
    """
    namespace, key, value, metadata, version, created, updated, expires = row
    return Item(
        decode_namespace(namespace),
        key,
        decode(value),
        {} if metadata == "{}" else _object(metadata),
        version,
        created,
        updated,
        expires,
    )


def _object(text: str) -> dict[str, Any]:
    value: object = decode(text)
    if not isinstance(value, dict):
        raise ValueError("its metadata is no object")  # noqa: TRY004 - not of the caller's making
    return cast("dict[str, Any]", value)
