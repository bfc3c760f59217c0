"""`StorageProvider`: what an application calls, built once on top of any `Storage`."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal, TypeVar

from purveyor.errors import (
    DataError,
    InvalidInputError,
    ObjectNotFoundError,
    PartialDeleteError,
    StoreClosedError,
    UnsupportedError,
)
from purveyor.metadata import ProviderType
from purveyor.monitor.metrics import MetricsManager
from purveyor.operations import operation
from purveyor.provider import Provider
from purveyor.storage import _cursor
from purveyor.storage.attributes import check_checksum, check_content_type, check_metadata
from purveyor.storage.paths import check_path, check_prefix
from purveyor.storage.source import chunks_of
from purveyor.storage.storage import Listing

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence

    from purveyor.storage.source import Data
    from purveyor.storage.storage import ObjectMeta, Storage

__all__ = ["StorageProvider"]

T = TypeVar("T")

_CHUNK = 1024 * 1024
_GET_CHUNK = 4 * _CHUNK
_WEEK = 7 * 24 * 3600


class StorageProvider(Provider[T]):
    """A provider of object storage.

    A driver writes the two hooks: `_initialize_storage` opens a `Storage` and assigns it to
    ``self._storage``, `_cleanup_storage` closes it.

    Paths are the same everywhere; `purveyor.storage.paths` has the rule. In a conditional operation
    ``if_none_match="*"`` means "only if nothing is there", and ``if_match`` gives the etag that must be
    there; if it does not hold, `ConflictError` is raised and nothing has changed. What a backend cannot do
    raises `UnsupportedError`. Every operation raises `StoreClosedError` while the provider is not
    initialized, `InvalidInputError` for an unacceptable argument, and `StoreError` or one of its
    subclasses if the backend fails.
    """

    provider_type: ClassVar[ProviderType] = ProviderType.STORAGE
    provider_capabilities: ClassVar[tuple[str, ...]] = ("store", "retrieve", "list")

    # On the class, so that a subclass which never calls super().__init__ works all the same.
    _storage: Storage | None = None

    @property
    def storage(self) -> Storage | None:
        """The backend; None while there is none."""
        return self._storage

    async def initialize(self) -> None:
        """Open the backend."""
        await self._initialize_storage()

    async def cleanup(self) -> None:
        """Close the backend, if there is one."""
        if self._storage is not None:
            await self._cleanup_storage()

    @abstractmethod
    async def _initialize_storage(self) -> None:
        """Open the backend and assign it to ``self._storage``."""

    @abstractmethod
    async def _cleanup_storage(self) -> None:
        """Close the backend, and assign None to ``self._storage``."""

    @operation
    async def put(
        self,
        path: str,
        data: Data,
        *,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
        checksum: str | None = None,
        if_none_match: Literal["*"] | None = None,
        if_match: str | None = None,
    ) -> ObjectMeta:
        """Write an object, whole or not at all; it is durable when this returns.

        Args:
            path: Where to; what lies there is replaced, its attributes included.
            data: Bytes, a binary file, or an iterable of bytes, plain or async. Files and plain iterables
                are read on a worker thread.
            content_type: Its media type, such as ``"text/csv"``; None to guess it from the path.
            metadata: The user's own attributes: lower-case tokens to printable ASCII, 2 KiB in total.
            checksum: ``"sha256:<hex>"`` that the bytes must have. It is kept, and checked at each full read.
            if_none_match: ``"*"`` to write only if no object lies there.
            if_match: Write only if the object there has this etag.

        Raises:
            ConflictError: A condition does not hold.
            ChecksumError: The bytes have another checksum.
        """
        storage = self._opened()
        check_path(path)
        create_only = _check_conditions(storage, if_none_match, if_match)
        if content_type is not None or metadata or checksum is not None:
            _require(storage, "attributes", "content types, metadata and checksums")
        write = partial(
            storage.put,
            path,
            content_type=check_content_type(content_type),
            metadata=check_metadata(metadata),
            checksum=check_checksum(checksum),
            create_only=create_only,
            if_match=if_match,
        )
        chunks = chunks_of(data)
        if isinstance(chunks, bytes):
            meta = await write(chunks)
        else:
            async with aclosing(chunks):
                meta = await write(chunks)
        self._count_bytes("in", meta.size)
        return meta

    @operation(idempotent=True)
    async def get(
        self, path: str, *, start: int = 0, length: int | None = None, if_match: str | None = None
    ) -> bytes:
        """The bytes of an object, or a range of them.

        Args:
            path: Which object.
            start: The first byte, from 0; at most the object's size.
            length: How many bytes at most; None for all that follow.
            if_match: Read only if the object has this etag.

        Raises:
            ObjectNotFoundError: There is no such object.
            ConflictError: It has another etag.
            ChecksumError: It was read whole, and is damaged.
        """
        chunks = self._read(path, start, length, if_match, _GET_CHUNK)
        async with aclosing(chunks):
            pieces = [chunk async for chunk in chunks]
        self._count_bytes("out", sum(map(len, pieces)))
        if len(pieces) <= 1:
            return pieces[0] if pieces else b""
        return await asyncio.to_thread(b"".join, pieces)  # what is large is not copied on the event loop

    @operation
    async def stream(
        self,
        path: str,
        *,
        start: int = 0,
        length: int | None = None,
        if_match: str | None = None,
        chunk_size: int = _CHUNK,
    ) -> AsyncGenerator[bytes, None]:
        """The bytes of an object piece by piece, all of one version also if it is replaced meanwhile.

        Close it when you leave early: ``async with contextlib.aclosing(files.stream(path)) as chunks``.

        Args:
            path: Which object.
            start: The first byte, from 0; at most the object's size.
            length: How many bytes at most; None for all that follow.
            if_match: Read only if the object has this etag.
            chunk_size: The largest piece, in bytes.

        Raises:
            ObjectNotFoundError: There is no such object.
            ConflictError: It has another etag.
            ChecksumError: It was read whole, and is damaged; what was given is not to be used.
        """
        _check_number("chunk_size", chunk_size, least=1)
        chunks = self._read(path, start, length, if_match, chunk_size)
        async with aclosing(chunks):
            async for chunk in chunks:
                self._count_bytes("out", len(chunk))
                yield chunk

    @operation(idempotent=True)
    async def head(self, path: str) -> ObjectMeta:
        """What is known of an object, attributes included.

        Raises:
            ObjectNotFoundError: There is no such object.
        """
        [meta] = await self._opened().head([check_path(path)])
        if meta is None:
            raise ObjectNotFoundError(path)
        return meta

    @operation(idempotent=True)
    async def head_many(self, paths: Iterable[str]) -> dict[str, ObjectMeta]:
        """What is known of several objects, by path; those that do not exist are left out."""
        wanted = _check_paths(paths)
        metas = await self._opened().head(wanted)
        return {meta.path: meta for meta in metas if meta is not None}

    @operation(idempotent=True)
    async def exists(self, path: str) -> bool:
        """Whether there is an object."""
        [meta] = await self._opened().head([check_path(path)])
        return meta is not None

    @operation
    async def delete(self, path: str) -> bool:
        """Delete an object, durably; True if there was one."""
        [outcome] = await self._opened().delete([check_path(path)])
        if isinstance(outcome, DataError):
            raise outcome
        return outcome

    @operation
    async def delete_many(self, paths: Iterable[str]) -> int:
        """Delete several objects, durably; how many there were.

        Raises:
            PartialDeleteError: Some could not be deleted; all others are.
        """
        wanted = _check_paths(paths)
        outcomes = await self._opened().delete(wanted)
        deleted = sum(outcome is True for outcome in outcomes)
        errors = {
            path: outcome for path, outcome in zip(wanted, outcomes, strict=True) if isinstance(outcome, DataError)
        }
        if errors:
            raise PartialDeleteError(deleted, errors)
        return deleted

    @operation
    async def copy(self, source: str, target: str, *, if_none_match: Literal["*"] | None = None) -> ObjectMeta:
        """Copy an object with its attributes.

        Args:
            source: Which object.
            target: Where to; what lies there is replaced.
            if_none_match: ``"*"`` to copy only if no object lies there.

        Raises:
            ObjectNotFoundError: There is no object at the source.
            ConflictError: There is one at the target.
        """
        storage = self._opened()
        create_only = _check_transfer(storage, source, target, if_none_match)
        return await storage.copy(source, target, create_only=create_only)

    @operation
    async def rename(self, source: str, target: str, *, if_none_match: Literal["*"] | None = None) -> ObjectMeta:
        """Move an object with its attributes; arguments and errors are those of `copy`."""
        storage = self._opened()
        create_only = _check_transfer(storage, source, target, if_none_match)
        return await storage.rename(source, target, create_only=create_only)

    @operation(idempotent=True)
    async def presign(self, path: str, *, method: Literal["GET", "PUT"] = "GET", expires: int = 3600) -> str:
        """A URL that lets its holder read (GET) or write (PUT) one object.

        Args:
            path: Which object.
            method: What the holder may do.
            expires: For how many seconds, a week at most.

        Raises:
            UnsupportedError: The backend has no such URLs.
        """
        storage = self._opened()
        check_path(path)
        if method not in ("GET", "PUT"):
            raise InvalidInputError("method", f"is {method!r}", "give 'GET' or 'PUT'")
        _check_number("expires", expires, least=1)
        if expires > _WEEK:
            raise InvalidInputError("expires", f"is {expires} seconds", f"a week, {_WEEK} seconds, is the longest")
        return await storage.presign(path, method=method, expires=expires)

    # Last, since its name hides the built-in one from the annotations that follow it.
    @operation(idempotent=True)
    async def list(
        self,
        prefix: str = "",
        *,
        delimiter: Literal["/"] | None = None,
        limit: int = 1000,
        cursor: str | None = None,
    ) -> Listing:
        """One page of the objects whose paths begin with a prefix, in code-point order, as in S3.

        Every object that is there throughout is given exactly once over the pages, whatever else changes
        meanwhile. What is given carries no attributes; `head` does.

        Args:
            prefix: The beginning of the paths; it may end inside a segment.
            delimiter: ``"/"`` to see one level: what lies deeper is rolled up into `Listing.prefixes`.
            limit: How many objects and prefixes a page holds at most.
            cursor: The cursor of the page before; None for the first page.
        """
        storage = self._opened()
        check_prefix(prefix)
        if delimiter not in (None, "/"):
            raise InvalidInputError("delimiter", f"is {delimiter!r}", "give '/' or None")
        _check_number("limit", limit, least=1)
        after = None if cursor is None else _cursor.decode(cursor, prefix, delimiter)
        page = await storage.list(prefix, delimiter=delimiter, after=after, limit=limit)
        if page.cursor is None:
            return page
        return Listing(page.objects, page.prefixes, _cursor.encode(prefix, delimiter, page.cursor))

    def _count_bytes(self, direction: Literal["in", "out"], count: int) -> None:
        MetricsManager.get_instance().counter(
            "provider_bytes", count, type="storage", name=self._provider_name, direction=direction
        )

    def _opened(self) -> Storage:
        if self._storage is None:
            raise StoreClosedError(repr(self), "is not open", "initialize it, or register it with a manager")
        return self._storage

    def _read(
        self, path: str, start: int, length: int | None, if_match: str | None, chunk_size: int
    ) -> AsyncGenerator[bytes, None]:
        storage = self._opened()
        check_path(path)
        _check_number("start", start, least=0)
        if length is not None:
            _check_number("length", length, least=0)
        _check_etag(if_match)
        return storage.read(path, start=start, length=length, if_match=if_match, chunk_size=chunk_size)


def _check_number(argument: str, value: object, *, least: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise InvalidInputError(argument, f"is {value!r:.100}", f"give a whole number, {least} or more")


def _check_etag(if_match: object) -> None:
    if if_match is not None and not (isinstance(if_match, str) and if_match):
        raise InvalidInputError("if_match", f"is {if_match!r:.100}", "give the etag of an ObjectMeta, or None")


def _check_paths(paths: Iterable[str]) -> Sequence[str]:
    if isinstance(paths, str):
        raise InvalidInputError("paths", "is one string", "give a list of paths")
    return list(dict.fromkeys(check_path(path, f"paths[{index}]") for index, path in enumerate(paths)))


def _check_conditions(storage: Storage, if_none_match: object, if_match: object) -> bool:
    """Whether to create only, of conditions that are sound and that the backend can keep."""
    if if_none_match not in (None, "*"):
        raise InvalidInputError("if_none_match", f"is {if_none_match!r:.100}", "give '*' or None")
    _check_etag(if_match)
    if if_none_match and if_match:
        raise InvalidInputError("if_match", "contradicts if_none_match", "give one of the two")
    if if_none_match:
        _require(storage, "create_only", "create-only writes (if_none_match)")
    if if_match:
        _require(storage, "if_match", "compare-and-set writes (if_match)")
    return if_none_match is not None


def _check_transfer(storage: Storage, source: str, target: str, if_none_match: object) -> bool:
    check_path(source, "source")
    check_path(target, "target")
    if source == target:
        raise InvalidInputError("target", f"is the source, {source!r}", "name another path")
    return _check_conditions(storage, if_none_match, None)


def _require(storage: Storage, capability: str, feature: str) -> None:
    if capability not in storage.capabilities:
        raise UnsupportedError(type(storage).__name__, feature)
