"""Attributes of objects, kept beside them in files of their own.

A file system's extended attributes would be the obvious place, but not every one has them, and many tools drop
them. A sidecar's name holds the path's digest and the modification time of the very version it belongs to, and
it is on disk before that version appears: so bytes and attributes change in one rename.

A damaged sidecar is an error for who asks for its object, since a checksum that is silently gone would check
nothing; the sweep, which must not keep a storage from opening, leaves it as it is.
"""

from __future__ import annotations

import json
import os
import stat
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, cast

from purveyor.errors import PathObstructedError, StoreCorruptError
from purveyor.storage.local.temp import TempFile
from purveyor.storage.local.tree import Place, Tree, sync
from purveyor.storage.paths import check_path

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Attributes:
    """What is kept beside an object."""

    content_type: str | None = None
    metadata: dict[str, str] = field(default_factory=dict[str, str])
    checksum: str | None = None

    def __bool__(self) -> bool:
        return bool(self.content_type or self.metadata or self.checksum)


class Sidecars:
    """The sidecars of a storage.

    Args:
        folder: The descriptor of their folder; the caller keeps and closes it.
        temp: The descriptor of the folder for temporary files; likewise.
        store: The backend and where it is, for errors.
    """

    def __init__(self, folder: int, temp: int, store: str) -> None:
        self._tree = Tree(folder)
        self._temp = temp
        self._store = store

    def load(self, place: Place, version: os.stat_result) -> Attributes | None:
        """The attributes of this version of an object; None if it has none of its own.

        Raises:
            StoreCorruptError: They are damaged.
        """
        name = _name(place.digest, version.st_mtime_ns)
        try:
            with self._tree.folder((name[:2],), place.path) as shard:
                found = _read(shard, name)
            if found["size"] != version.st_size:  # another tool has changed the file and set its time back
                return None
            return _attributes_of(found)
        except FileNotFoundError:
            return None
        except _DAMAGE:
            problem = f"the attributes of {place.path!r} are damaged (.purveyor/attributes/{name[:2]}/{name})"
            raise StoreCorruptError(self._store, problem, "put the object again, or delete this file") from None

    def prepare(self, place: Place, version: os.stat_result, attributes: Attributes) -> TempFile:
        """A file on disk that holds attributes and has no lasting name yet; the caller closes it."""
        prepared = TempFile(self._temp)
        try:
            prepared.open()
            text = json.dumps({"path": place.path, "size": version.st_size, **asdict(attributes)})
            prepared.write(text.encode())
            prepared.sync()
        except BaseException:
            prepared.close()
            raise
        return prepared

    def publish(self, place: Place, version: os.stat_result, prepared: TempFile) -> None:
        """Give prepared attributes their lasting name, durably; once is enough. The path's lock must be held."""
        if not prepared.is_temporary:
            return
        name = _name(place.digest, version.st_mtime_ns)
        with self._tree.folder((name[:2],), place.path, create=True) as shard:
            prepared.move(shard, name)
            sync(shard)

    def remove(self, place: Place, modified: int) -> None:
        """Remove the attributes of a version that is gone. It only tidies: it never fails.

        Args:
            place: Where the version lay.
            modified: Its modification time in nanoseconds.
        """
        name = _name(place.digest, modified)
        with suppress(OSError, PathObstructedError), self._tree.folder((name[:2],), place.path) as shard:
            os.unlink(name, dir_fd=shard)

    def entries(self) -> Iterator[tuple[Place, int]]:
        """Of which versions attributes are kept: places and modification times in nanoseconds."""
        for shard_name in os.listdir(self._tree.root):  # noqa: PTH208  # a descriptor, not a path
            with suppress(OSError, PathObstructedError), self._tree.folder((shard_name,), shard_name) as shard:
                for name in os.listdir(shard):  # noqa: PTH208
                    digest, _, modified = name.partition("-")
                    try:
                        place = Place.of(check_path(_read(shard, name)["path"]))
                        if place.digest == digest:
                            yield place, int(modified)
                    except (OSError, *_DAMAGE):
                        continue  # damaged, or none of ours: left as it is


#: What reading a damaged sidecar raises; among the values that are wrong is what has another type.
_DAMAGE = (ValueError, LookupError, RecursionError)


def _name(digest: str, modified: int) -> str:
    return f"{digest}-{modified}"


def _read(folder: int, name: str) -> dict[str, Any]:
    # Not blocking, or a pipe of that name would be waited on for ever.
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError("is no file")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return _object(json.loads(file.read()))
    finally:
        os.close(descriptor)


def _attributes_of(found: dict[str, Any]) -> Attributes:
    kind, metadata, checksum = found["content_type"], _object(found["metadata"]), found["checksum"]
    texts = [text for text in (kind, checksum) if text is not None]
    if not all(isinstance(text, str) for text in (*texts, *metadata.values())):
        raise ValueError("has something else where a string must be")
    return Attributes(kind, metadata, checksum)


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("has something else where an object must be")  # noqa: TRY004 - not of the caller's making
    return cast("dict[str, Any]", value)
