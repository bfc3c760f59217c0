"""What changed among the files of the sandbox, and what was printed."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from purveyor.migrate.verify.child.canonical import digest

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Files", "Printed"]

#: Bytes of a file or of what was printed that are read; of more, only the length counts.
_READ = 8_000_000


class Files:
    """The files below a folder.

    Args:
        folder: The sandbox.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._seen = self._look()

    def changes(self) -> dict[str, str]:
        """What was written or removed since the last look: digests by path."""
        before, self._seen = self._seen, self._look()
        written = {
            os.path.relpath(path, self._folder): _content(path)
            for path, signature in self._seen.items()
            if before.get(path) != signature
        }
        removed = {os.path.relpath(path, self._folder): "removed" for path in before.keys() - self._seen.keys()}
        return dict(sorted({**written, **removed}.items()))

    def _look(self) -> dict[str, tuple[int, ...]]:
        return dict(self._walk(self._folder))

    def _walk(self, folder: str) -> Iterator[tuple[str, tuple[int, ...]]]:
        try:
            entries = list(os.scandir(folder))
        except OSError:  # it vanished, or may not be read
            return
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from self._walk(entry.path)
                continue
            try:
                stat = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            yield entry.path, (stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)


class Printed:
    """Standard output, in the place of which a file stands; standard error and input lead nowhere."""

    def __init__(self, path: str) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o600)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for target, source in ((0, nowhere), (1, self._descriptor), (2, nowhere)):
            os.dup2(source, target)
        os.close(nowhere)

    def take(self) -> str:
        """What was printed since the last look."""
        with contextlib.suppress(OSError, ValueError, AttributeError):  # the project closed or replaced it
            sys.stdout.flush()
        size = os.fstat(self._descriptor).st_size
        if not size:
            return ""
        data = os.pread(self._descriptor, _READ, 0)
        os.ftruncate(self._descriptor, 0)
        return data.decode("utf-8", "backslashreplace") if size <= _READ else f"{size} bytes"


def _content(path: str) -> str:
    try:
        if Path(path).is_symlink():
            return f"-> {os.readlink(path)}"  # noqa: PTH115 - the text as it is
        if not Path(path).is_file():
            return "no regular file"
        with open(path, "rb") as file:  # noqa: PTH123 - as above
            data = file.read(_READ + 1)
    except OSError as error:
        return f"unreadable: {error.strerror}"
    return digest(data) if len(data) <= _READ else f"{os.stat(path).st_size} bytes"  # noqa: PTH116 - as above
