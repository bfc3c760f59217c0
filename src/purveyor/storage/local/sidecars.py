"""Attributes of objects, kept beside them in files of their own.

A file system's extended attributes would be the obvious place, but not every one has them, and many tools drop
them. A sidecar's name holds the path's digest and the modification time of the very version it belongs to, and
it is on disk before that version appears: so bytes and attributes change in one rename.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from purveyor.errors import PathObstructedError, StoreCorruptError
from purveyor.storage.local.temp import TempFile
from purveyor.storage.local.tree import Place, Tree, sync

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
                text = _read(shard, name)
        except FileNotFoundError:
            return None
        try:
            found = json.loads(text)
            if found["size"] != version.st_size:  # another tool has changed the file and set its time back
                return None
            return Attributes(found["content_type"], found["metadata"], found["checksum"])
        except (ValueError, LookupError, TypeError):
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
                        place = Place.of(json.loads(_read(shard, name))["path"])
                        if place.digest == digest:
                            yield place, int(modified)
                    except (OSError, ValueError, LookupError, TypeError, AttributeError):
                        continue  # damaged, or none of ours: left as it is


def _name(digest: str, modified: int) -> str:
    return f"{digest}-{modified}"


def _read(folder: int, name: str) -> bytes:
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    try:
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read()
    finally:
        os.close(descriptor)
