"""`Storage`, what a driver of object storage fulfils, and what it answers with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, overload

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from purveyor.errors import DataError

__all__ = ["Listing", "ObjectMeta", "Storage"]


@dataclass(frozen=True, slots=True)
class ObjectMeta:
    """What is known of one object.

    Args:
        path: Where it lies.
        size: Its length in bytes.
        etag: Its version: another one whenever its bytes or its attributes have been written anew.
        modified: When it was written, in seconds since the epoch, UTC.
        content_type: Its media type; None in a listing, which carries no attributes.
        metadata: The user's own attributes; empty in a listing.
        checksum: ``"sha256:<hex>"`` if it was put with one; None in a listing.
    """

    path: str
    size: int
    etag: str
    modified: float
    content_type: str | None = None
    metadata: dict[str, str] = field(default_factory=dict[str, str], hash=False)
    checksum: str | None = None


@dataclass(frozen=True, slots=True)
class Listing(Sequence[ObjectMeta]):
    """One page of a listing: a sequence of its objects, in code-point order of their paths.

    Args:
        objects: The objects, without attributes (see `ObjectMeta`).
        prefixes: With a delimiter, the common prefixes of what lies deeper, in order.
        cursor: What continues the listing after this page; None at its end.
    """

    objects: tuple[ObjectMeta, ...]
    prefixes: tuple[str, ...] = ()
    cursor: str | None = None

    @overload
    def __getitem__(self, index: int) -> ObjectMeta: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[ObjectMeta]: ...
    def __getitem__(self, index: int | slice) -> ObjectMeta | Sequence[ObjectMeta]:
        return self.objects[index]

    def __len__(self) -> int:
        return len(self.objects)


class Storage(Protocol):
    """A backend that keeps objects. A driver subclasses it; `StorageProvider` builds the rest on top.

    Paths and arguments arrive validated. A backend is called from many tasks at once. When a call is
    cancelled it has settled, one way or the other, before the cancellation comes out of it.
    """

    @property
    def capabilities(self) -> frozenset[str]:
        """What this backend can do beyond plain reading and writing.

        The words are ``create_only``, ``if_match``, ``attributes`` (content type, metadata, checksum)
        and ``presign``. `StorageProvider` refuses what is missing here before the backend is asked.
        """
        ...

    async def put(
        self,
        path: str,
        data: bytes | AsyncIterator[bytes],
        *,
        content_type: str | None,
        metadata: dict[str, str],
        checksum: str | None,
        create_only: bool,
        if_match: str | None,
    ) -> ObjectMeta:
        """Write an object, whole or not at all; return when it is durable.

        Args:
            path: Where to; what lies there is replaced.
            data: The bytes, or an iterator of them in portions of a reasonable size.
            content_type: The media type; None to guess it from the path when it is asked for.
            metadata: The user's own attributes.
            checksum: ``"sha256:<hex>"`` that the bytes must have; kept with the object.
            create_only: Refuse if an object lies there.
            if_match: Refuse unless the object there has this etag.

        Raises:
            ConflictError: A condition does not hold.
            ChecksumError: The bytes have another checksum.
        """
        ...

    def read(
        self, path: str, *, start: int, length: int | None, if_match: str | None, chunk_size: int
    ) -> AsyncGenerator[bytes, None]:
        """Read one version of an object, piece by piece.

        Args:
            path: Which object.
            start: The first byte, from 0; at most the object's size.
            length: How many bytes at most; None for all.
            if_match: Refuse unless the object has this etag.
            chunk_size: The largest piece to give, in bytes.

        Raises:
            ObjectNotFoundError: There is none.
            ConflictError: It has another etag.
            ChecksumError: It was read whole, and does not have the checksum it was put with.
        """
        ...

    async def head(self, paths: Sequence[str]) -> Sequence[ObjectMeta | None]:
        """What is known of each of these objects, attributes included; None for those that do not exist."""
        ...

    async def list(self, prefix: str, *, delimiter: Literal["/"] | None, after: str | None, limit: int) -> Listing:
        """One page of the objects whose paths begin with a prefix, in code-point order.

        Args:
            prefix: The beginning of the paths, not necessarily of whole segments.
            delimiter: With ``"/"``, objects that have one after the prefix are rolled up into prefixes.
            after: The path or rolled-up prefix that the page before ended with; it and all before are left out.
            limit: How many objects and prefixes at most, counted together.

        Returns:
            The page; its cursor is the `after` of the next one, or None.
        """
        ...

    async def delete(self, paths: Sequence[str]) -> Sequence[bool | DataError]:
        """Delete these objects, durably; for each whether there was one, or why it could not be deleted."""
        ...

    async def copy(self, source: str, target: str, *, create_only: bool) -> ObjectMeta:
        """Copy an object with its attributes; what lies at the target is replaced unless `create_only`."""
        ...

    async def rename(self, source: str, target: str, *, create_only: bool) -> ObjectMeta:
        """Move an object with its attributes; what lies at the target is replaced unless `create_only`."""
        ...

    async def presign(self, path: str, *, method: Literal["GET", "PUT"], expires: int) -> str:
        """A URL that lets its holder read or write one object.

        Args:
            path: Which object.
            method: What the holder may do.
            expires: For how many seconds.

        Raises:
            UnsupportedError: This backend has no such URLs.
        """
        ...
