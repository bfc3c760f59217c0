"""A folder on a file system, used through descriptors: no path leaves it, and no link is ever followed.

Every segment of a path is opened on its own, relative to the descriptor of the one before, so that it makes
no difference when somebody swaps a folder for a link meanwhile.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import stat
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from purveyor.errors import InvalidInputError, PathObstructedError

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

_MAX_SEGMENT_BYTES = 255
_MAX_LEVELS = 512  # no path has more
_MAX_TRUSTED = 10_000
_FULL_SYNC: int | None = getattr(fcntl, "F_FULLFSYNC", None)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an object lies: its folders from the root, and its name in the last of them."""

    path: str
    folders: tuple[str, ...]
    name: str
    digest: str

    @classmethod
    def of(cls, path: str, argument: str = "path") -> Place:
        """The place of a valid path.

        Raises:
            InvalidInputError: A segment is longer than file systems allow.
        """
        *folders, name = path.split("/")
        for segment in (*folders, name):
            if len(segment.encode()) > _MAX_SEGMENT_BYTES:
                problem = f"the segment {segment[:40]!r}... takes more than {_MAX_SEGMENT_BYTES} bytes as UTF-8"
                raise InvalidInputError(argument, problem, "shorten it, or split it with '/'")
        return cls(path, tuple(folders), name, hashlib.sha256(path.encode()).hexdigest())


class Tree:
    """The folders below a root.

    Args:
        root: The descriptor of the root; the caller keeps and closes it.
    """

    def __init__(self, root: int) -> None:
        self.root = root
        # Folders whose entry in the folder above this process knows to be on disk, with their inodes.
        self._trusted: dict[tuple[str, ...], int] = {}

    @contextmanager
    def folder(self, folders: tuple[str, ...], path: str, *, create: bool = False) -> Generator[int, None, None]:
        """The descriptor of a folder below the root.

        Args:
            folders: Its segments.
            path: The path that is asked for, for the error.
            create: Make what is missing, and see to it that the whole way to it is on disk.

        Raises:
            FileNotFoundError: It does not exist, or with `create` was removed again meanwhile.
            PathObstructedError: A segment is something else.
        """
        current = self.root
        try:
            for depth in range(1, len(folders) + 1):
                following = self._enter(current, folders[:depth], path, create=create)
                current, done = following, current
                if done != self.root:
                    os.close(done)
            yield current
        finally:
            if current != self.root:
                os.close(current)

    def prune(self, folders: tuple[str, ...]) -> None:
        """Remove a folder and those above it as far as they are empty. It only tidies: it never fails."""
        for depth in range(len(folders), 0, -1):
            try:
                with self.folder(folders[: depth - 1], "") as above:
                    os.rmdir(folders[depth - 1], dir_fd=above)
            except (OSError, PathObstructedError):
                return
            self._trusted.pop(folders[:depth], None)

    def _enter(self, above: int, folders: tuple[str, ...], path: str, *, create: bool) -> int:
        name = folders[-1]
        while True:
            try:
                entered = os.open(name, FOLDER, dir_fd=above)
                break
            except FileNotFoundError:
                if not create:
                    raise
                # If the folder above has been pruned meanwhile, this is the FileNotFoundError.
                with suppress(FileExistsError):
                    os.mkdir(name, dir_fd=above)
            except OSError as error:
                if error.errno not in (errno.ENOTDIR, errno.ELOOP):
                    raise
                found = look(above, name)
                if found and not stat.S_ISDIR(found.st_mode):  # else it was swapped meanwhile: try again
                    raise PathObstructedError(path, "/".join(folders), kind_of(found)) from None
        if create:
            try:
                self._trust(above, entered, folders)
            except BaseException:
                os.close(entered)
                raise
        return entered

    def _trust(self, above: int, entered: int, folders: tuple[str, ...]) -> None:
        # Also a folder that was there already: whoever made it may not have come to sync it.
        inode = os.fstat(entered).st_ino
        if self._trusted.get(folders) != inode:
            sync(above)
            if len(self._trusted) >= _MAX_TRUSTED:
                self._trusted.clear()
            self._trusted[folders] = inode


def sync(descriptor: int) -> None:
    """Return when a file or folder is on disk.

    A failure is final: the system may have dropped what it could not write, and a second fsync would then
    succeed without it (https://lwn.net/Articles/752063/).
    """
    if _FULL_SYNC is not None:  # macOS: fsync leaves data in the drive's cache
        try:
            fcntl.fcntl(descriptor, _FULL_SYNC)
        except OSError as error:
            if error.errno not in (errno.ENOTSUP, errno.EINVAL, errno.ENOTTY):
                raise
        else:
            return
    os.fsync(descriptor)  # also where the file system does not know the other way


def look(folder: int, name: str) -> os.stat_result | None:
    """What lies in a folder under a name, links not followed; None if nothing does."""
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def kind_of(found: os.stat_result) -> str:
    """What something is, in words."""
    if stat.S_ISREG(found.st_mode):
        return "an object"
    if stat.S_ISDIR(found.st_mode):
        return "a folder"
    return "a symbolic link" if stat.S_ISLNK(found.st_mode) else "a special file"


def remove_empty(folder: int, name: str, *, levels: int = _MAX_LEVELS) -> bool:
    """Remove a folder that holds nothing but empty folders, so many levels deep; whether it is gone."""
    try:
        inner = os.open(name, FOLDER, dir_fd=folder)
    except OSError:
        return False
    try:
        for below in os.listdir(inner):  # noqa: PTH208  # a descriptor, not a path
            if not levels or not remove_empty(inner, below, levels=levels - 1):
                return False
    finally:
        os.close(inner)
    try:
        os.rmdir(name, dir_fd=folder)
    except OSError:
        return False
    return True


def open_root(root: Path) -> int:
    """The descriptor of the root, which is made if it is missing; links above it are the operator's own.

    Raises:
        OSError: It is no folder, or cannot be made or opened.
    """
    missing = [folder for folder in (root, *root.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(exist_ok=True)
        above = os.open(folder.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            sync(above)
        finally:
            os.close(above)
    return os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def open_private(folder: int, name: str) -> int:
    """The descriptor of one of our own folders, made durable if it is missing.

    Raises:
        OSError: Something else lies there, or it cannot be made.
    """
    with suppress(FileExistsError):
        os.mkdir(name, dir_fd=folder)
    sync(folder)
    return os.open(name, FOLDER, dir_fd=folder)
