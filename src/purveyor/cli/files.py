"""Local files on the other end of a transfer: Ctrl-C ends it, and files are written whole or not at all."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from purveyor.errors import FileInTheWayError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator
    from typing import BinaryIO

__all__ = ["read_chunks", "whole_file", "write_all"]

_CHUNK = 1024 * 1024


async def read_chunks(file: str) -> AsyncGenerator[bytes, None]:
    """The bytes of a file, or of standard input for ``"-"``."""
    descriptor = os.dup(sys.stdin.fileno()) if file == "-" else os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    try:
        while True:
            await _readable(descriptor)
            chunk = await asyncio.to_thread(os.read, descriptor, _CHUNK)
            if not chunk:
                return
            yield chunk
    finally:
        os.close(descriptor)


async def write_all(descriptor: int, data: bytes) -> None:
    """Write to a pipe, terminal or file. Who cancels this does not wait for a reader that stands still.

    Raises:
        OSError: It cannot be written.
    """
    loop = asyncio.get_running_loop()
    written: asyncio.Future[None] = loop.create_future()

    def tell(error: OSError | None) -> None:
        if written.done():  # cancelled
            return
        if error is None:
            written.set_result(None)
        else:
            written.set_exception(error)

    def write() -> None:
        rest, failure = memoryview(data), None
        try:
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        except OSError as error:
            failure = error
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(tell, failure)

    # Not a thread of the loop's: that would be waited for at the end.
    threading.Thread(target=write, name="purveyor:write", daemon=True).start()
    await written


@contextmanager
def whole_file(target: Path, *, replace: bool) -> Generator[BinaryIO]:
    """A file to write, which gets its name at the end of the block, and never if that raises.

    Args:
        target: The name.
        replace: Whether it may replace a file.

    Raises:
        FileInTheWayError: It may not, and there is one.
        OSError: The file cannot be written.
    """
    if not replace and os.path.lexists(target):
        raise FileInTheWayError(str(target))
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name[:32]}.", suffix=".part", dir=target.parent)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(target)) from error  # not the temporary name
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 - it is open already
            os.fchmod(descriptor, 0o666 & ~_umask())
            yield file
        if replace:
            Path(temporary).replace(target)
        else:
            _name(temporary, target)
    finally:
        Path(temporary).unlink(missing_ok=True)


async def _readable(descriptor: int) -> None:
    """Wait until a pipe, terminal or socket has something to read: a thread that waited could not be stopped."""
    ready = asyncio.Event()
    loop = asyncio.get_running_loop()
    try:
        loop.add_reader(descriptor, ready.set)
    except PermissionError:  # what epoll says of plain files, which never let anyone wait
        return
    try:
        await ready.wait()
    finally:
        loop.remove_reader(descriptor)


def _name(temporary: str, target: Path) -> None:
    try:
        os.link(temporary, target)  # a rename would replace what has appeared there meanwhile
    except FileExistsError:
        raise FileInTheWayError(str(target)) from None
    except OSError:  # this file system has no links
        if os.path.lexists(target):
            raise FileInTheWayError(str(target)) from None
        Path(temporary).replace(target)


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
