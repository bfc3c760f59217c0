"""A tree that is being changed: every file of it, by its path, in steps that a kill cannot leave half done.

Folders are entered one by one and links are never followed, so that nothing outside of the root can be reached,
whatever happens meanwhile. A file appears or changes in one rename, after its bytes are on disk.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING

from purveyor.errors import MigrationBusyError, PathObstructedError, PlanError
from purveyor.storage.local.tree import Tree, kind_of, look

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from purveyor.migrate.change.steps import Steps

__all__ = ["Attributes", "ChangedMeanwhileError", "Found", "Obstacle", "WorkTree", "open_tree"]

#: A link could not be made because this file system has none.
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK)


@dataclass(frozen=True, slots=True)
class Attributes:
    """What a file has besides its bytes; the modification time is in nanoseconds, None for the present one."""

    mode: int
    user: int
    group: int
    modified: int | None


@dataclass(frozen=True)
class Found:
    """A regular file as it was when it was looked at."""

    data: bytes = field(repr=False)
    about: os.stat_result

    @cached_property
    def sha256(self) -> str:
        """The digest of its bytes, in hexadecimal."""
        return sha256(self.data).hexdigest()

    @property
    def attributes(self) -> Attributes:
        """What it has besides its bytes."""
        about = self.about
        return Attributes(stat.S_IMODE(about.st_mode), about.st_uid, about.st_gid, about.st_mtime_ns)


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Something else than a regular file, in the place of one or on the way to it."""

    problem: str


class ChangedMeanwhileError(Exception):
    """A file is not as it was a moment ago; it was left alone."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


@contextmanager
def open_tree(root: Path, steps: Steps, tag: str, *, lock: bool = True) -> Generator[WorkTree]:
    """A tree to work on, for the length of a block.

    The lock is on the folder itself. So it needs no file, and is gone with the process that held it.

    Args:
        root: The folder.
        steps: How it is changed.
        tag: What temporary files are marked with.
        lock: Whether to keep other migrations out.

    Raises:
        PlanError: There is no such folder.
        MigrationBusyError: Another process holds the lock.
    """
    try:
        descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise PlanError(str(root), f"the tree is not there: {error.strerror}", "say where with --root") from error
    try:
        if lock:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise MigrationBusyError(str(root)) from None
        yield WorkTree(descriptor, steps, tag, os.path.realpath(root))
    finally:
        os.close(descriptor)


class WorkTree:
    """The tree; paths are relative to its root and joined by ``/``.

    Args:
        root: The descriptor of the root; the caller keeps and closes it.
        steps: How it is changed.
        tag: What temporary files are marked with.
        name: Where it is, for people.
    """

    def __init__(self, root: int, steps: Steps, tag: str, name: str) -> None:
        self.steps = steps
        self.name = name
        self._tree = Tree(root)
        self._tag = tag

    @contextmanager
    def folder(self, *names: str) -> Generator[int]:
        """The descriptor of a folder.

        Raises:
            FileNotFoundError: It does not exist.
            PathObstructedError: It is something else, or is reached through a link.
        """
        with self._tree.folder(names, "/".join(names)) as descriptor:
            yield descriptor

    def find(self, path: str) -> Found | Obstacle | None:
        """What is there now; None if there is nothing."""
        try:
            with self._place(path) as (folder, name):
                about = look(folder, name)
                if about is None:
                    return None
                if not stat.S_ISREG(about.st_mode):
                    return Obstacle(f"it is {kind_of(about)}")
                return Found(*self.steps.read(folder, name))
        except FileNotFoundError:
            return None
        except PathObstructedError as error:
            return Obstacle(f"{error.obstacle} is {error.kind}")

    def is_writable(self, path: str) -> bool:
        """Whether files may be made and replaced in the folder of this path."""
        try:
            with self._place(path) as (folder, _):
                return os.access(".", os.W_OK | os.X_OK, dir_fd=folder)
        except FileNotFoundError:
            return False

    def add(self, path: str, data: bytes, attributes: Attributes) -> None:
        """Make a new file.

        Raises:
            FileExistsError: There is something already; it was left alone.
        """
        with self._place(path) as (folder, name), self._temporary(folder, path, data, attributes) as temporary:
            try:
                self.steps.link(folder, temporary, name)
            except OSError as error:
                if error.errno not in _NO_LINKS:
                    raise
                if look(folder, name) is not None:
                    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path) from None
                self.steps.rename(folder, temporary, name)
            else:
                self.steps.unlink(folder, temporary)
            self.steps.sync(folder)

    def replace(self, path: str, seen: Found | None, data: bytes, attributes: Attributes) -> None:
        """Put a file in the place of what was seen there.

        Raises:
            ChangedMeanwhileError: Something else is there now.
        """
        with self._place(path) as (folder, name), self._temporary(folder, path, data, attributes) as temporary:
            self._check(path, seen)
            self.steps.rename(folder, temporary, name)
            self.steps.sync(folder)

    def move(self, path: str, seen: Found | None, source: str, attributes: Attributes) -> None:
        """Put another file of the same folder in the place of what was seen there. This takes no room on the disk.

        Raises:
            ChangedMeanwhileError: Something else is there now.
        """
        with self._place(path) as (folder, name):
            other = source.rpartition("/")[2]
            descriptor = self.steps.open(folder, other)
            try:
                self._set(descriptor, attributes)
                self.steps.sync(descriptor)
            finally:
                os.close(descriptor)
            self._check(path, seen)
            self.steps.rename(folder, other, name)
            self.steps.sync(folder)

    def remove(self, path: str) -> None:
        """Remove a file."""
        with self._place(path) as (folder, name):
            self.steps.unlink(folder, name)
            self.steps.sync(folder)

    def sweep(self, path: str) -> None:
        """Remove the temporary file that a killed process has left beside a file."""
        with suppress(FileNotFoundError), self._place(path) as (folder, _):
            self.steps.unlink(folder, self._temporary_name(path))

    @contextmanager
    def _place(self, path: str) -> Generator[tuple[int, str]]:
        *folders, name = path.split("/")
        with self.folder(*folders) as folder:
            yield folder, name

    def _check(self, path: str, seen: Found | None) -> None:
        now = self.find(path)
        if isinstance(now, Obstacle) or (now and now.data) != (seen and seen.data):
            raise ChangedMeanwhileError(path)

    @contextmanager
    def _temporary(self, folder: int, path: str, data: bytes, attributes: Attributes) -> Generator[str]:
        """A file on disk that has no lasting name yet."""
        name = self._temporary_name(path)
        with suppress(FileNotFoundError):
            self.steps.unlink(folder, name)
        try:
            descriptor = self.steps.create(folder, name)
            try:
                self.steps.write(descriptor, data)
                self._set(descriptor, attributes)
                self.steps.sync(descriptor)
            finally:
                os.close(descriptor)
            yield name
        except BaseException:
            with suppress(OSError):
                self.steps.unlink(folder, name)
            raise

    def _set(self, descriptor: int, attributes: Attributes) -> None:
        about = os.fstat(descriptor)
        if (about.st_uid, about.st_gid) != (attributes.user, attributes.group):
            self.steps.chown(descriptor, attributes.user, attributes.group)
        self.steps.chmod(descriptor, attributes.mode)
        if attributes.modified is not None:
            self.steps.utime(descriptor, attributes.modified)

    def _temporary_name(self, path: str) -> str:
        # Of one length, and no module: whatever the file is called.
        return f".purveyor-{sha256(path.encode('utf-8', 'surrogateescape')).hexdigest()[:16]}-{self._tag}.part"
