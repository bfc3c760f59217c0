"""`LocalFiles`: the storage protocol over files, with all blocking work on threads."""

from __future__ import annotations

import os
from contextlib import ExitStack, asynccontextmanager, closing
from functools import partial
from typing import TYPE_CHECKING, Literal, TypeVar

from purveyor.errors import DataError, StoreClosedError, StoreError, UnsupportedError
from purveyor.storage.local.failures import typed
from purveyor.storage.local.listing import list_objects
from purveyor.storage.local.locks import PathLocks
from purveyor.storage.local.objects import Objects
from purveyor.storage.local.sidecars import Attributes, Sidecars
from purveyor.storage.local.temp import TempFile, sweep
from purveyor.storage.local.transfer import Download, Upload
from purveyor.storage.local.tree import Place, Tree, open_private, open_root
from purveyor.storage.local.workers import Workers
from purveyor.storage.paths import RESERVED
from purveyor.storage.storage import Listing, ObjectMeta, Storage

if TYPE_CHECKING:
    import builtins
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
    from pathlib import Path

R = TypeVar("R")

_THREADS = 16
_SLICE = 4 * 1024 * 1024  # bytes written in one go, so that a cancellation never waits for long
_BATCH = 256  # objects looked at or deleted in one go, for the same reason


class LocalFiles(Storage):
    """Objects as plain files below a folder, which any tool can read.

    Args:
        root: The folder; it is made by `open` if it is missing.
    """

    def __init__(self, root: Path) -> None:
        self._store = f"storage.local {root}"
        self._root = root.absolute()  # for `check`, wherever the process goes meanwhile
        self._workers: Workers | None = None
        self._opened = ExitStack()
        # Between two jobs a transfer holds files open: closing the storage closes them.
        self._transfers: set[Upload | Download] = set()

    @property
    def capabilities(self) -> frozenset[str]:
        """All but ``presign``."""
        return frozenset({"create_only", "if_match", "attributes"})

    async def open(self) -> None:
        """Make the folder ready, and clear away what processes that died have left there.

        Raises:
            StoreError: It is no folder, or cannot be used.
        """
        self._workers = Workers("purveyor-files", _THREADS)
        try:
            await self._run(self._open)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Wait for what runs, and let go of everything. What comes later raises `StoreClosedError`."""
        workers, self._workers = self._workers, None
        if workers:
            await workers.close(self._close)

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
        """Write an object (see `Storage.put`)."""
        attributes = Attributes(content_type, metadata, checksum)
        upload = Upload(self._objects, self._temp, Place.of(path), attributes)
        async with self._transfer(upload):
            last: bytes | memoryview = b""
            async for chunk in _slices(data) if isinstance(data, bytes) else data:
                if last:
                    await self._run(partial(upload.write, last))
                last = chunk
            return await self._run(partial(upload.publish, last, create_only=create_only, if_match=if_match))

    async def read(
        self, path: str, *, start: int, length: int | None, if_match: str | None, chunk_size: int
    ) -> AsyncGenerator[bytes, None]:
        """Read one version of an object (see `Storage.read`)."""
        download = Download(self._objects, Place.of(path), start, length, if_match)
        async with self._transfer(download):
            while not download.is_done:
                if chunk := await self._run(partial(download.read, chunk_size)):
                    yield chunk

    async def head(self, paths: Sequence[str]) -> Sequence[ObjectMeta | None]:
        """What is known of these objects (see `Storage.head`)."""
        return await self._for_each(paths, lambda places: [self._objects.head(place) for place in places])

    async def delete(self, paths: Sequence[str]) -> Sequence[bool | DataError]:
        """Delete these objects (see `Storage.delete`)."""
        return await self._for_each(paths, lambda places: self._objects.delete(places))

    async def copy(self, source: str, target: str, *, create_only: bool) -> ObjectMeta:
        """Copy an object (see `Storage.copy`)."""
        download = Download(self._objects, Place.of(source, "source"), 0, None, None)
        place = Place.of(target, "target")
        async with self._transfer(download):
            chunk = await self._run(partial(download.read, _SLICE))
            upload = Upload(self._objects, self._temp, place, download.attributes)
            async with self._transfer(upload):
                while not download.is_done:
                    await self._run(partial(upload.write, chunk))
                    chunk = await self._run(partial(download.read, _SLICE))
                return await self._run(partial(upload.publish, chunk, create_only=create_only, if_match=None))

    async def rename(self, source: str, target: str, *, create_only: bool) -> ObjectMeta:
        """Move an object (see `Storage.rename`)."""
        places = Place.of(source, "source"), Place.of(target, "target")
        return await self._run(partial(self._objects.rename, *places, create_only=create_only))

    async def list(self, prefix: str, *, delimiter: Literal["/"] | None, after: str | None, limit: int) -> Listing:
        """One page of a listing (see `Storage.list`)."""
        Place.of(prefix, "prefix")  # a segment that is too long has the same error here
        listing = partial(list_objects, self._tree, prefix, delimiter=delimiter, after=after, limit=limit)
        return await self._run(listing)

    async def presign(self, path: str, *, method: Literal["GET", "PUT"], expires: int) -> str:
        """Files have no URLs of their own."""
        raise UnsupportedError("storage.local", "presigned URLs")

    async def check(self) -> int:
        """See that the folder is still where it was and can be written to; how many bytes are free there.

        Raises:
            StoreError: It was removed or replaced, or cannot be written to.
        """
        return await self._run(self._check)

    async def _run(self, job: Callable[[], R]) -> R:
        if self._workers is None:
            raise StoreClosedError(self._store, "is closed", "initialize its provider again")
        try:
            return await self._workers.run(job)
        except OSError as error:
            if isinstance(error, DataError):
                raise
            raise typed(error, self._store) from error

    async def _for_each(self, paths: Sequence[str], job: Callable[[Sequence[Place]], Sequence[R]]) -> Sequence[R]:
        """Do a job for many objects, in portions, so that a cancellation does not wait for all of them."""
        places = [Place.of(path) for path in paths]
        answers: builtins.list[R] = []
        for index in range(0, len(places), _BATCH):
            answers += await self._run(partial(job, places[index : index + _BATCH]))
        return answers

    @asynccontextmanager
    async def _transfer(self, transfer: Upload | Download) -> AsyncGenerator[None, None]:
        self._transfers.add(transfer)
        try:
            yield
        finally:
            if self._workers:  # else `_close` does the rest
                if transfer.is_open:
                    await self._workers.run(transfer.close, needed=True)
                self._transfers.discard(transfer)

    def _open(self) -> None:
        root = self._keep(open_root(self._root))
        private = self._keep(open_private(root, RESERVED))
        self._temp = self._keep(open_private(private, "tmp"))
        locks = PathLocks(self._keep(open_private(private, "locks")), self._store)
        sidecars = Sidecars(self._keep(open_private(private, "attributes")), self._temp, self._store)
        self._tree = Tree(root)
        self._objects = Objects(self._store, self._tree, locks, sidecars)

        # A process that dies leaves its session behind, which tells the next one to look for more.
        session = TempFile(self._temp)
        self._opened.callback(session.close)
        session.open()
        if sweep(self._temp):
            self._objects.sweep()

    def _check(self) -> int:
        root = self._tree.root
        try:
            moved = not os.path.samestat(self._root.stat(), os.fstat(root))
        except FileNotFoundError:
            moved = True
        if moved:
            problem = "was removed or replaced while it was open"
            advice = "put it back, or initialize the provider again to use what is there now"
            raise StoreError(self._store, problem, advice)
        with closing(TempFile(self._temp)) as probe:
            probe.open()
            probe.write(b"?")
        room = os.fstatvfs(root)
        return room.f_bavail * room.f_frsize

    def _keep(self, descriptor: int) -> int:
        self._opened.callback(os.close, descriptor)
        return descriptor

    def _close(self) -> None:
        for transfer in list(self._transfers):
            self._opened.callback(transfer.close)
        self._opened.close()


async def _slices(data: bytes) -> AsyncGenerator[bytes | memoryview, None]:
    view = memoryview(data)
    for start in range(0, len(data), _SLICE):
        yield view[start : start + _SLICE]
