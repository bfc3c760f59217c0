"""What a migration asks of the operating system: one call each.

They stand in one class so that a test can stop a migration at any of them, as a kill or a failing disk would.
"""

from __future__ import annotations

import os

from purveyor.storage.local.tree import sync

__all__ = ["Steps"]

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_APPEND = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC


class Steps:
    """The calls; folders are descriptors, names lie in them, and links are never followed."""

    def read(self, folder: int, name: str) -> tuple[bytes, os.stat_result]:
        """A file's bytes, and what it is."""
        descriptor = os.open(name, _READ, dir_fd=folder)
        with os.fdopen(descriptor, "rb") as file:
            return file.read(), os.fstat(descriptor)

    def open(self, folder: int, name: str) -> int:
        """A file whose attributes are to be set."""
        return os.open(name, _READ, dir_fd=folder)

    def create(self, folder: int, name: str) -> int:
        """A new file, for this user alone as long as it is being written."""
        return os.open(name, _CREATE, 0o600, dir_fd=folder)

    def open_to_append(self, folder: int, name: str) -> int:
        """A file that is there already; what is written goes to its end."""
        return os.open(name, _APPEND, dir_fd=folder)

    def write(self, descriptor: int, data: bytes) -> None:
        """All of these bytes."""
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]

    def truncate(self, descriptor: int, size: int) -> None:
        """Cut off what comes after so many bytes."""
        os.ftruncate(descriptor, size)

    def chown(self, descriptor: int, user: int, group: int) -> None:
        """Give a file away."""
        os.fchown(descriptor, user, group)

    def chmod(self, descriptor: int, mode: int) -> None:
        """Set the permission bits."""
        os.fchmod(descriptor, mode)

    def utime(self, descriptor: int, modified: int) -> None:
        """Set the time of the last modification, in nanoseconds."""
        os.utime(descriptor, ns=(os.fstat(descriptor).st_atime_ns, modified))

    def sync(self, descriptor: int) -> None:
        """Return when a file or folder is on disk."""
        sync(descriptor)

    def link(self, folder: int, name: str, other: str) -> None:
        """Give a file a second name, which nothing may have yet."""
        os.link(name, other, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)

    def rename(self, folder: int, name: str, other: str) -> None:
        """Give a file or folder another name, in place of what has it now."""
        os.replace(name, other, src_dir_fd=folder, dst_dir_fd=folder)

    def unlink(self, folder: int, name: str) -> None:
        """Remove a file."""
        os.unlink(name, dir_fd=folder)

    def mkdir(self, folder: int, name: str) -> None:
        """Make a folder."""
        os.mkdir(name, dir_fd=folder)

    def rmdir(self, folder: int, name: str) -> None:
        """Remove an empty folder."""
        os.rmdir(name, dir_fd=folder)
