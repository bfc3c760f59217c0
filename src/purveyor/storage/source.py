"""Where the bytes of a put come from: everything a caller may give, brought into two forms."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol, TypeAlias

from purveyor.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterator

__all__ = ["BinaryFile", "Data", "chunks_of"]

#: Portions are gathered up to this many bytes, so that a source of small pieces costs no thread hop each.
_PORTION = 1024 * 1024


class BinaryFile(Protocol):
    """A file opened for reading in binary mode, or anything that reads like one."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most `size`; empty at the end."""
        ...


Data: TypeAlias = bytes | bytearray | memoryview | BinaryFile | Iterable[bytes] | AsyncIterable[bytes]


def chunks_of(data: Data) -> bytes | AsyncGenerator[bytes, None]:
    """What a caller gave as data: bytes as they are, anything else as portions of about 1 MiB.

    Files and plain iterables are read on a worker thread, since they may block. A large bytearray or memoryview
    is read while it is written, and must not change meanwhile.

    Raises:
        InvalidInputError: It gives no bytes. For an iterable, raised while it is read.
    """
    if isinstance(data, bytes):
        return data
    if isinstance(data, str):
        raise InvalidInputError("data", "is text, not bytes", "encode it: data.encode()")
    with suppress(TypeError):
        return _from_buffer(memoryview(data))  # type: ignore[arg-type]  # what has no buffer is a TypeError
    if isinstance(data, AsyncIterable):
        return _portions(data)
    if callable(read := getattr(data, "read", None)):
        return _from_file(read)
    if isinstance(data, Iterable):
        return _from_iterable(iter(data))
    raise InvalidInputError(
        "data",
        f"is {type(data).__qualname__}, which gives no bytes",
        "give bytes, a file opened in binary mode, or an iterable of bytes, plain or async",
    )


def _from_buffer(view: memoryview) -> bytes | AsyncGenerator[bytes, None]:
    """A copy, since a buffer may change; what is large is not copied on the event loop, nor at once."""
    if view.nbytes <= _PORTION or not view.c_contiguous:
        return bytes(view)
    flat = view.cast("B")
    return _from_iterable(flat[start : start + _PORTION] for start in range(0, len(flat), _PORTION))


async def _portions(chunks: AsyncIterable[bytes]) -> AsyncGenerator[bytes, None]:
    gathered: list[bytes] = []
    size = index = 0
    async for chunk in chunks:
        gathered.append(_checked(chunk, index))
        size += len(gathered[-1])
        index += 1
        if size >= _PORTION:
            yield b"".join(gathered)
            gathered, size = [], 0
    if gathered:
        yield b"".join(gathered)


async def _from_file(read: Callable[[int], object]) -> AsyncGenerator[bytes, None]:
    while chunk := await asyncio.to_thread(read, _PORTION):
        if isinstance(chunk, str):
            raise InvalidInputError("data", "is a file opened in text mode", "open it with mode 'rb'")
        yield _checked(chunk, 0)
    if chunk is None:
        problem = "is a non-blocking file that has nothing to read yet"
        raise InvalidInputError("data", problem, "make it blocking, or give an async iterable")


async def _from_iterable(chunks: Iterator[object]) -> AsyncGenerator[bytes, None]:
    index = 0
    while taken := await asyncio.to_thread(_take, chunks, index):
        yield b"".join(taken)
        index += len(taken)


def _take(chunks: Iterator[object], index: int) -> list[bytes]:
    taken: list[bytes] = []
    size = 0
    for chunk in chunks:
        taken.append(_checked(chunk, index + len(taken)))
        size += len(taken[-1])
        if size >= _PORTION:
            break
    return taken


def _checked(chunk: object, index: int) -> bytes:
    if isinstance(chunk, bytes):
        return chunk
    try:
        return bytes(memoryview(chunk))  # type: ignore[arg-type]  # what has no buffer is a TypeError
    except TypeError:
        problem = f"is {type(chunk).__qualname__}, not bytes"
        raise InvalidInputError(f"data[{index}]", problem, "every piece must be bytes") from None
