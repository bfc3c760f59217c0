from __future__ import annotations

import array
import asyncio
import io
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from purveyor.errors import InvalidInputError
from purveyor.storage.source import chunks_of

MIB = 1024 * 1024


async def gathered(data: object) -> list[bytes]:
    chunks = chunks_of(data)  # type: ignore[arg-type]
    return [chunks] if isinstance(chunks, bytes) else [chunk async for chunk in chunks]


async def asynchronous(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        await asyncio.sleep(0)
        yield chunk


@pytest.mark.parametrize(
    "data",
    [b"abc", bytearray(b"abc"), memoryview(b"abc"), memoryview(b"aXbXc")[::2], array.array("b", b"abc")],
)
async def test_bytes_and_what_is_like_them(data: object) -> None:
    assert await gathered(data) == [b"abc"]


async def test_a_bytearray_may_change_afterwards() -> None:
    data = bytearray(b"abc")
    chunks = chunks_of(data)
    data[0] = 0
    assert chunks == b"abc"


async def test_small_pieces_travel_together() -> None:
    assert await gathered([b"a", bytearray(b"b"), memoryview(b"c")]) == [b"abc"]
    assert await gathered(asynchronous(b"a", b"b", b"c")) == [b"abc"]
    assert await gathered(b"%d" % number for number in range(3)) == [b"012"]


async def test_large_sources_come_in_portions() -> None:
    half = bytes(MIB // 2)
    for source in (
        [half] * 5,
        asynchronous(*[half] * 5),
        io.BytesIO(half * 5),
        bytearray(half * 5),
        array.array("i", half * 5),
    ):
        assert [len(chunk) for chunk in await gathered(source)] == [MIB, MIB, MIB // 2]


async def test_a_large_view_with_gaps_is_copied() -> None:
    assert await gathered(memoryview(bytes(MIB * 4))[::2]) == [bytes(MIB * 2)]


async def test_nothing_is_nothing() -> None:
    nothing: list[object] = [[], asynchronous(), io.BytesIO()]
    for source in nothing:
        assert await gathered(source) == []


async def test_files_and_iterables_are_read_on_other_threads(tmp_path: Path) -> None:
    threads: list[threading.Thread] = []

    def pieces() -> Iterator[bytes]:
        threads.append(threading.current_thread())
        yield b"x"

    class File:
        def read(self, size: int) -> bytes:
            threads.append(threading.current_thread())
            return b""

    await gathered(pieces())
    await gathered(File())
    assert len(threads) == 2
    assert threading.main_thread() not in threads


async def test_a_failing_source_fails_as_it_does() -> None:
    def pieces() -> Iterator[bytes]:
        yield b"x"
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await gathered(pieces())


class NotReady:
    def read(self, size: int) -> None:
        return None


@pytest.mark.parametrize(
    ("data", "where", "says"),
    [
        ("text", "data", "data.encode()"),
        (io.StringIO("text"), "data", "'rb'"),
        (["a"], "data[0]", "is str, not bytes"),
        ([b"a", 3], "data[1]", "is int, not bytes"),
        ({"k": b"v"}, "data[0]", "is str, not bytes"),
        (None, "data", "NoneType"),
        (3, "data", "int"),
        (Path("x"), "data", "binary mode"),
        (NotReady(), "data", "non-blocking"),
    ],
)
async def test_what_gives_no_bytes(data: object, where: str, says: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        await gathered(data)
    assert caught.value.where == where
    assert says in str(caught.value)


async def test_a_bad_piece_of_an_async_source_is_named() -> None:
    async def pieces() -> AsyncIterator[object]:
        yield b"a"
        yield "b"

    with pytest.raises(InvalidInputError, match=r"data\[1\]"):
        await gathered(pieces())
