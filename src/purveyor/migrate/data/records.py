"""What every store comes down to: entries, where they stand, and records, what they say."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from hashlib import sha256
from math import isfinite
from typing import TYPE_CHECKING

from purveyor.memory.store import Address

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping, Sequence

    from purveyor.errors import MoveProblem
    from purveyor.memory.store import Item, Json, Namespace
    from purveyor.migrate.data.snapshot import Snapshot

__all__ = ["Blob", "Entry", "Record", "Source", "digest_of", "record_of_item"]


@dataclass(frozen=True, slots=True)
class Blob:
    """The bytes of an object, where they lie: what stands in the place of a value between two storages.

    Args:
        path: Its path.
        etag: Its version.
        digest: The digest of its bytes, its content type and its metadata.
        stream: Gives its bytes.
        content_type: Its media type.
        attributes: Its metadata.
    """

    path: str
    etag: str
    digest: str
    stream: Callable[[], AsyncGenerator[bytes]]
    content_type: str | None
    attributes: dict[str, str]


@dataclass(slots=True)
class Record:
    """One value with all that is carried along with it.

    Args:
        key: Its key.
        value: The JSON value, or a `Blob`.
        metadata: A JSON object beside it.
        created: When it was made, in seconds since the epoch.
        updated: When it was last changed, likewise.
        expires: From when on it is absent, likewise; None for never.
        namespace: Where it lies, relative to where the source begins.
    """

    key: str
    value: Json
    metadata: dict[str, Json]
    created: float
    updated: float
    expires: float | None = None
    namespace: Namespace = ()

    @property
    def address(self) -> Address:
        """Namespace and key."""
        return Address(self.namespace, self.key)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a source that can be carried: where it stands, and what tells it from all others.

    Args:
        key: Its key.
        digest: The digest of its record: see `digest_of`.
        expires: From when on it is absent, in seconds since the epoch; None for never.
        file: The file it stands in, relative to the source; None for an item of a provider.
        line: Its line, from 1; None where there are no lines.
        offset: Where it begins, in bytes from the beginning of the file.
        namespace: Where it lies, relative to where the source begins.
    """

    key: str
    digest: str
    expires: float | None = None
    file: str | None = None
    line: int | None = None
    offset: int | None = None
    namespace: Namespace = ()

    @property
    def address(self) -> Address:
        """Namespace and key."""
        return Address(self.namespace, self.key)


@dataclass
class Source(ABC):
    """A store as it was at one moment, read whole, with everything in it that cannot be carried.

    Args:
        name: What it is called: the name of its file or folder, or of its provider.
        entries: What can be carried, in the order of the source.
        problems: What cannot.
        notes: What a person should know, and changes nothing.
    """

    name: str
    entries: list[Entry] = field(default_factory=list["Entry"])
    problems: list[MoveProblem] = field(default_factory=list["MoveProblem"])
    notes: list[str] = field(default_factory=list[str])

    #: The format: ``"entries"``, ``"files"``, ``"messages"``, ``"memory"``, ``"storage"``.
    format = ""

    @property
    @abstractmethod
    def sha256(self) -> str:
        """The hash of the whole source, in hexadecimal digits."""

    @property
    @abstractmethod
    def snapshot(self) -> Snapshot | None:
        """Its bytes; None for a provider, which has none of its own."""

    @abstractmethod
    def record(self, entry: Entry) -> Record:
        """What an entry says; read anew each time, so that not all of them lie in memory at once."""

    @abstractmethod
    def raw(self, problem: MoveProblem) -> object:
        """What a problem is about, as JSON data: ``{"text": ...}``, or ``{"base64": ...}`` for what is no text."""

    @abstractmethod
    def rewrite(self, changed: Mapping[str, Record], deleted: Sequence[str], added: Sequence[Record]) -> Snapshot:
        """The source with these changes, and all else as it was, to the byte.

        Args:
            changed: What stands under keys of the source now.
            deleted: The keys that are no more.
            added: What stands under keys that the source never had, in their order.

        Raises:
            MoveRefusedError: Some of it has no place in the format.
        """


def digest_of(record: Record) -> str:
    """The digest of value, metadata and times; the same whatever order a backend gives object keys back in.

    Times count to the microsecond, which is what backends keep.
    """
    if isinstance(record.value, Blob):
        return record.value.digest
    times = [_microseconds(time) for time in (record.created, record.updated, record.expires)]
    text = json.dumps([record.value, record.metadata, times], sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def record_of_item(item: Item, below: int = 0) -> Record:
    """What an item says.

    Args:
        item: The item.
        below: How many segments of its namespace lie outside of what is moved.
    """
    return Record(
        item.key, item.value, item.metadata, item.created, item.updated, item.expires, item.namespace[below:]
    )


def _microseconds(time: float | None) -> int | None:
    if time is None or not isfinite(time * 1_000_000):
        return None if time is None else int(time) * 1_000_000
    return round(time * 1_000_000)
