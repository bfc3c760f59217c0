"""Reading the files of a configuration."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_regular"]


def read_regular(file: Path) -> bytes:
    """The content of a regular file, or of what a link to one leads to.

    A pipe would have to be waited for, in a thread that nothing can end.

    Args:
        file: The file.

    Raises:
        OSError: It cannot be read, or is something else.
        ValueError: There can be no such path.
    """
    descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as opened:  # noqa: PTH123 - which refuses a folder
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is no regular file")
        return opened.read()
