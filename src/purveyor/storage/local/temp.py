"""Temporary files that are locked while they are in use, so that what a dead process left can be told apart."""

from __future__ import annotations

import fcntl
import os
import secrets
from contextlib import suppress

from purveyor.storage.local.tree import sync

_CREATE = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class TempFile:
    """One file in the folder for temporary ones; nothing is done before `open`.

    Args:
        folder: The descriptor of that folder; the caller keeps and closes it.
    """

    def __init__(self, folder: int) -> None:
        self._folder = folder
        self._name: str | None = None
        self._descriptor: int | None = None

    @property
    def descriptor(self) -> int:
        """The descriptor of the file while it is open."""
        assert self._descriptor is not None, "the file is not open"
        return self._descriptor

    @property
    def is_temporary(self) -> bool:
        """Whether it exists and has no lasting name yet."""
        return self._name is not None

    def open(self) -> None:
        """Create the file and lock it."""
        while True:
            name = secrets.token_hex(16)
            descriptor = os.open(name, _CREATE, 0o666, dir_fd=self._folder)
            self._name, self._descriptor = name, descriptor
            # Between these two lines another process may sweep it away as one that nobody holds.
            with suppress(BlockingIOError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.fstat(descriptor).st_nlink:
                    return
            self.close()

    def write(self, data: bytes | memoryview) -> None:
        """Append all of these bytes."""
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self.descriptor, rest) :]

    def sync(self) -> os.stat_result:
        """Return when the file is on disk; what it then is."""
        sync(self.descriptor)
        return os.fstat(self.descriptor)

    def move(self, folder: int, name: str) -> None:
        """Give the file its lasting name, in place of what has it now."""
        assert self._name is not None, "the file has no name to move from"
        os.rename(self._name, name, src_dir_fd=self._folder, dst_dir_fd=folder)
        self._name = None

    def link(self, folder: int, name: str) -> None:
        """Give the file its lasting name, or raise FileExistsError if something has it."""
        assert self._name is not None, "the file has no name to link from"
        os.link(self._name, name, src_dir_fd=self._folder, dst_dir_fd=folder, follow_symlinks=False)
        os.unlink(self._name, dir_fd=self._folder)
        self._name = None

    def close(self) -> None:
        """Close the file, and remove it if it has not been moved. It may be called at any time, and again."""
        try:
            if self._name is not None:
                with suppress(FileNotFoundError):
                    os.unlink(self._name, dir_fd=self._folder)
                self._name = None
        finally:
            if self._descriptor is not None:
                os.close(self._descriptor)
                self._descriptor = None


def sweep(folder: int) -> bool:
    """Remove the temporary files of processes that are gone; whether there were any."""
    found = False
    for name in os.listdir(folder):
        try:
            descriptor = os.open(name, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
        except OSError:  # gone meanwhile, or none of ours
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.unlink(name, dir_fd=folder)
            found = True
        except (BlockingIOError, FileNotFoundError):  # in use, or just finished
            continue
        finally:
            os.close(descriptor)
    return found
