"""The two ways bytes travel: an upload and a download. Everything here blocks."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from purveyor.errors import ChecksumError, ConflictError, InvalidInputError, StoreError
from purveyor.storage.local.objects import etag_of
from purveyor.storage.local.sidecars import Attributes
from purveyor.storage.local.temp import TempFile

if TYPE_CHECKING:
    from purveyor.storage.local.objects import Objects
    from purveyor.storage.local.tree import Place
    from purveyor.storage.storage import ObjectMeta


class Upload:
    """Bytes on their way into an object. Nothing is seen of it before `publish`, after which it is closed.

    Args:
        objects: Where the object will be.
        temp: The descriptor of the folder for temporary files.
        place: Its place.
        attributes: What to keep beside it; if there is a checksum, the bytes must have it.
    """

    def __init__(self, objects: Objects, temp: int, place: Place, attributes: Attributes) -> None:
        self._objects = objects
        self._file = TempFile(temp)
        self._place = place
        self._attributes = attributes
        self._hash = hashlib.sha256() if attributes.checksum else None

    @property
    def is_open(self) -> bool:
        """Whether there is something that `close` would have to clear away."""
        return self._file.is_temporary

    def write(self, data: bytes | memoryview) -> None:
        """Append these bytes."""
        if not self._file.is_temporary:
            self._file.open()
        if self._hash:
            self._hash.update(data)
        self._file.write(data)

    def publish(self, data: bytes | memoryview, *, create_only: bool, if_match: str | None) -> ObjectMeta:
        """Append the last bytes, and make the whole the object, durably.

        Raises:
            ChecksumError: The bytes do not have the checksum.
            ConflictError: A condition does not hold.
        """
        try:
            self.write(data)
            if self._hash:
                _check(self._place.path, self._attributes.checksum, self._hash)
            return self._objects.publish(
                self._place, self._file, self._attributes, create_only=create_only, if_match=if_match
            )
        finally:
            self.close()

    def close(self) -> None:
        """Leave nothing behind but what was published. It may be called at any time, and again."""
        self._file.close()


class Download:
    """Bytes on their way out of one version of an object. When all are read, or reading fails, it is closed.

    Args:
        objects: Where the object is.
        place: Its place.
        start: The first byte, from 0.
        length: How many bytes at most; None for all.
        if_match: The etag it must have.
    """

    def __init__(
        self, objects: Objects, place: Place, start: int, length: int | None, if_match: str | None
    ) -> None:
        self._objects = objects
        self._place = place
        self._position = start
        self._length = length
        self._if_match = if_match
        self._end: int | None = None
        self._descriptor: int | None = None
        self._checksum: str | None = None
        self._hash = hashlib.sha256()
        self.attributes = Attributes()  # those of the version, once it is open

    @property
    def is_open(self) -> bool:
        """Whether it holds a file open."""
        return self._descriptor is not None

    @property
    def is_done(self) -> bool:
        """Whether all has been read."""
        return self._position == self._end

    def read(self, size: int) -> bytes:
        """The next bytes, exactly `size` unless the end comes first; the first call opens the object.

        Raises:
            ObjectNotFoundError: There is none.
            ConflictError: It has another etag.
            InvalidInputError: It is shorter than where to start.
            ChecksumError: These were the last bytes of the whole, and it is damaged.
        """
        try:
            data = self._read(size)
        except BaseException:
            self.close()
            raise
        if self.is_done:
            self.close()
        return data

    def close(self) -> None:
        """Let go of the version. It may be called at any time, and again."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _read(self, size: int) -> bytes:
        if self._end is None:
            self._end = self._open()
        assert self._descriptor is not None, "it has been closed"
        wanted = min(size, self._end - self._position)
        data = os.pread(self._descriptor, wanted, self._position)
        while len(data) < wanted:
            more = os.pread(self._descriptor, wanted - len(data), self._position + len(data))
            if not more:
                problem = f"{self._place.path!r} was cut short by another tool while it was read"
                raise StoreError(self._objects.store, problem, "read it again")
            data += more
        self._position += wanted
        if self._checksum:
            self._hash.update(data)
            if self.is_done:
                _check(self._place.path, self._checksum, self._hash)
        return data

    def _open(self) -> int:
        self._descriptor, version, self.attributes = self._objects.open(self._place)
        size = version.st_size
        if self._if_match not in (None, etag_of(version)):
            raise ConflictError(self._place.path, self._if_match, etag_of(version))
        if self._position > size:
            problem = f"{self._position} is beyond the end of {self._place.path!r}, which has {size} bytes"
            raise InvalidInputError("start", problem, "start at its size at most")
        end = size if self._length is None else min(size, self._position + self._length)
        if (self._position, end) == (0, size):
            self._checksum = self.attributes.checksum
        return end


def _check(path: str, expected: str | None, found: hashlib._Hash) -> None:
    """Compare a checksum with what was hashed.

    Raises:
        ChecksumError: They differ.
    """
    actual = f"sha256:{found.hexdigest()}"
    if expected != actual:
        raise ChecksumError(path, str(expected), actual)
