"""Cancellation at every await, closing in the middle, and the threads that do the work."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from purveyor.errors import StoreClosedError, StoreError
from purveyor.storage import LocalStorage
from purveyor.storage.local.transfer import Download
from purveyor.storage.local.tree import Place
from purveyor.storage.local.workers import Workers

from .helpers import descriptors, leftovers, local, tree

MIB = 1024 * 1024


async def cancelled_at(step: int, call: Coroutine[Any, Any, object]) -> bool:
    """Cancel a call after so many turns of the loop; whether it was still running."""
    task = asyncio.ensure_future(call)
    for _ in range(step):
        await asyncio.sleep(0)
        if task.done():
            break
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        return True
    return False


async def pieces() -> AsyncIterator[bytes]:
    for _ in range(3):
        await asyncio.sleep(0)
        yield bytes(MIB)


CALLS: dict[str, Callable[[LocalStorage], Coroutine[Any, Any, object]]] = {
    "put bytes": lambda files: files.put("new/a", bytes(9 * MIB), metadata={"k": "v"}),
    "put stream": lambda files: files.put("new/a", pieces(), metadata={"k": "v"}),
    "put iterable": lambda files: files.put("new/a", [bytes(MIB)] * 3, metadata={"k": "v"}),
    "copy": lambda files: files.copy("old", "new/a"),
}


@pytest.mark.parametrize("name", CALLS)
async def test_a_cancelled_write_is_whole_or_nothing(files: LocalStorage, root: Path, name: str) -> None:
    await files.put("old", bytes(9 * MIB), metadata={"k": "v"})
    before = descriptors()
    outcomes = set()
    for step in range(0, 60, 3):
        was_running = await cancelled_at(step, CALLS[name](files))
        # Settled: what is seen now is what stays.
        found = tree(root)
        assert descriptors() == before
        assert len([path for path in leftovers(root) if path.startswith("tmp/")]) == 1
        if found == ["old"]:
            assert len(leftovers(root)) == 2
            outcomes.add(was_running)
        else:
            assert found == ["new", "new/a", "old"]
            assert (await files.head("new/a")).metadata == {"k": "v"}
            await files.delete("new/a")
    assert outcomes == {True}


async def test_a_cancelled_read_lets_go(files: LocalStorage) -> None:
    await files.put("a", bytes(9 * MIB))

    async def stream() -> None:
        async for _ in files.stream("a", chunk_size=MIB):
            pass

    before = descriptors()
    for step in range(0, 30, 2):
        for call in (stream(), files.get("a")):
            await cancelled_at(step, call)
            assert descriptors() == before


async def test_a_write_in_hand_is_over_before_its_cancellation_comes_out(
    files: LocalStorage, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    renaming, go_on = threading.Event(), threading.Event()
    real = os.rename

    def slow(*args: Any, **options: Any) -> None:
        renaming.set()
        go_on.wait()
        real(*args, **options)

    monkeypatch.setattr(os, "rename", slow)
    task = asyncio.ensure_future(files.put("a", b"1"))
    await asyncio.to_thread(renaming.wait)
    for _ in range(3):  # also a caller who insists waits
        task.cancel()
        await asyncio.sleep(0.01)
        assert not task.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert tree(root) == ["a"]


async def test_a_failing_source_leaves_nothing(files: LocalStorage, root: Path) -> None:
    async def source() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield bytes(MIB)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await files.put("new/a", source())
    assert tree(root) == []
    assert len(leftovers(root)) == 1


async def test_closing_ends_transfers_that_are_under_way(root: Path, no_leaks: None) -> None:
    files = local(root)
    await files.initialize()
    await files.put("old", bytes(MIB))
    started, go_on = asyncio.Event(), asyncio.Event()

    async def source() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield bytes(MIB)
        started.set()
        await go_on.wait()
        yield bytes(MIB)

    async def read() -> None:
        async for _ in files.stream("old", chunk_size=100):
            await go_on.wait()

    writing, reading = asyncio.ensure_future(files.put("new", source())), asyncio.ensure_future(read())
    await started.wait()
    await asyncio.sleep(0.01)
    await files.cleanup()
    assert tree(root) == ["old"]
    assert leftovers(root) == []
    go_on.set()
    for task in (writing, reading):
        with pytest.raises(StoreClosedError, match="is closed"):
            await task


async def test_closing_waits_for_what_is_under_way(
    root: Path, monkeypatch: pytest.MonkeyPatch, no_leaks: None
) -> None:
    files = local(root)
    await files.initialize()
    renaming, go_on = threading.Event(), threading.Event()
    real = os.rename

    def slow(*args: Any, **options: Any) -> None:
        renaming.set()
        go_on.wait()
        real(*args, **options)

    monkeypatch.setattr(os, "rename", slow)
    writing = asyncio.ensure_future(files.put("a", b"1"))
    await asyncio.to_thread(renaming.wait)
    closing = asyncio.ensure_future(files.cleanup())
    await asyncio.sleep(0.01)
    assert not closing.done()
    closing.cancel()  # it goes on all the same
    await asyncio.sleep(0.01)
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await closing
    assert (await writing).size == 1
    assert tree(root) == ["a"]


async def test_a_stream_that_is_left_while_the_storage_closes_lets_go(
    root: Path, monkeypatch: pytest.MonkeyPatch, no_leaks: None
) -> None:
    files = local(root)
    await files.initialize()
    await files.put("a", bytes(1000))
    chunks = files.stream("a", chunk_size=10)
    await anext(chunks)
    renaming, go_on = threading.Event(), threading.Event()
    real = os.rename

    def slow(*args: Any, **options: Any) -> None:
        renaming.set()
        go_on.wait()
        real(*args, **options)

    monkeypatch.setattr(os, "rename", slow)
    writing = asyncio.ensure_future(files.put("b", b"1"))
    await asyncio.to_thread(renaming.wait)
    closing = asyncio.ensure_future(files.cleanup())
    await asyncio.sleep(0.01)
    await chunks.aclose()
    go_on.set()
    await asyncio.gather(writing, closing)


async def test_opening_that_is_cancelled_or_fails_lets_go(
    root: Path, monkeypatch: pytest.MonkeyPatch, no_leaks: None
) -> None:
    for step in range(8):
        files = local(root)
        if not await cancelled_at(step, files.initialize()):
            await files.cleanup()
        assert leftovers(root) == [] if root.exists() else True

    def fail(folder: int) -> bool:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("purveyor.storage.local.files.sweep", fail)
    with pytest.raises(StoreError, match="Input/output error"):
        await local(root).initialize()


async def test_jobs_that_have_not_begun_never_do() -> None:
    workers = Workers("purveyor-files-test", 1)
    go_on = threading.Event()
    done: list[str] = []
    first = asyncio.ensure_future(workers.run(go_on.wait))
    await asyncio.sleep(0)
    dropped = asyncio.ensure_future(workers.run(lambda: done.append("dropped")))
    needed = asyncio.ensure_future(workers.run(lambda: done.append("needed"), needed=True))
    await asyncio.sleep(0)
    for task in (dropped, needed):
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await dropped
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await needed
    await first
    await workers.close(lambda: done.append("closed"))
    assert done == ["needed", "closed"]


async def test_a_job_that_is_dropped_does_not_hold_up_closing() -> None:
    workers = Workers("purveyor-files-test", 1)
    go_on = threading.Event()
    first = asyncio.ensure_future(workers.run(go_on.wait))
    await asyncio.sleep(0)
    queued = asyncio.ensure_future(workers.run(lambda: None))
    await asyncio.sleep(0)
    closing = asyncio.ensure_future(workers.close(lambda: None))
    await asyncio.sleep(0)
    queued.cancel()
    with pytest.raises(asyncio.CancelledError):
        await queued
    go_on.set()
    await asyncio.gather(first, closing)


async def test_the_failure_of_a_cancelled_job_is_not_reported_as_lost(caplog: pytest.LogCaptureFixture) -> None:
    workers = Workers("purveyor-files-test", 1)
    begun, go_on = threading.Event(), threading.Event()

    def fail() -> None:
        begun.set()
        go_on.wait()
        raise ZeroDivisionError

    task = asyncio.ensure_future(workers.run(fail))
    await asyncio.to_thread(begun.wait)
    task.cancel()
    await asyncio.sleep(0)
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    await workers.close(lambda: None)
    del task
    assert caplog.text == ""


async def test_the_loop_goes_on_while_files_are_slow(files: LocalStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that takes its time holds up its own caller only."""
    go_on = threading.Event()
    real = os.fsync

    def slow(descriptor: int) -> None:
        go_on.wait()
        real(descriptor)

    await files.put("a", b"1")
    monkeypatch.setattr(os, "fsync", slow)
    writing = asyncio.ensure_future(files.put("b", b"2"))
    assert await files.get("a") == b"1"
    assert not writing.done()
    go_on.set()
    await writing


def test_a_download_that_never_began_has_nothing_to_let_go() -> None:
    Download(None, Place.of("a"), 0, None, None).close()  # type: ignore[arg-type]
