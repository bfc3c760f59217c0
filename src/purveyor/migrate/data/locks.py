"""Files that a process holds for as long as it works, so that others can tell what it makes from what it left."""

from __future__ import annotations

import fcntl
import io
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["HeldFile", "hold"]


class HeldFile(io.FileIO):
    """A file without a buffer, whose end could fail a second time where a disk is full."""

    def write(self, data: Any) -> int:
        """Write all of it."""
        rest = memoryview(data).cast("B")
        while rest:
            rest = rest[super().write(rest) :]
        return len(data)


def hold(path: Path) -> HeldFile:
    """Open a file, made if need be, that nobody else holds; it is held until it is closed.

    Who has done with it removes it before closing it.

    Args:
        path: The file.

    Raises:
        BlockingIOError: Somebody else holds it: another process, or another place in this one.
        OSError: It cannot be opened or locked.
    """
    while True:
        file = HeldFile(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600), "r+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Whoever had it may have removed or renamed it meanwhile: then this is not the file of that name.
            with suppress(FileNotFoundError):
                if os.path.samestat(path.stat(), os.fstat(file.fileno())):
                    return file
        except BaseException:
            file.close()
            raise
        file.close()
