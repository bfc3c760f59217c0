"""No path leaves the root: not by links, not by special files, not by changing folders under our hands."""

from __future__ import annotations

import asyncio
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from purveyor.errors import ObjectNotFoundError, PathObstructedError
from purveyor.storage import LocalStorage

from .helpers import tree


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret").write_text("secret")
    return folder


LINKED = ["file", "folder/secret", "folder/new/deep", "absolute/secret", "inner/up/file", "dangling", "self"]


@pytest.fixture
def linked(root: Path, files: LocalStorage, outside: Path) -> Path:
    (root / "file").symlink_to(outside / "secret")
    (root / "folder").symlink_to("../outside")
    (root / "absolute").symlink_to(outside)
    (root / "inner").mkdir()
    (root / "inner/up").symlink_to("../../outside")
    (root / "dangling").symlink_to(outside / "made")
    (root / "self").symlink_to("self")
    return root


@pytest.mark.parametrize("path", LINKED)
async def test_links_are_never_followed(files: LocalStorage, linked: Path, outside: Path, path: str) -> None:
    await files.put("own", b"own")
    before = tree(linked)
    for call in (
        files.get(path),
        files.head(path),
        files.exists(path),
        files.put(path, b"x"),
        files.put(path, b"x", if_none_match="*"),
        files.put(path, b"x", if_match="e"),
        files.delete(path),
        files.copy(path, "new"),
        files.copy("own", path),
        files.rename(path, "new"),
        files.rename("own", path),
    ):
        with pytest.raises(PathObstructedError, match="is a symbolic link"):
            await call
    assert tree(linked) == before
    assert [path.name for path in outside.iterdir()] == ["secret"]
    assert (outside / "secret").read_text() == "secret"


async def test_deleting_many_names_the_one_behind_a_link(files: LocalStorage, linked: Path, outside: Path) -> None:
    from purveyor.errors import PartialDeleteError

    await files.put("inner/own", b"own")
    with pytest.raises(PartialDeleteError) as caught:
        await files.delete_many(["folder/secret", "inner/own", "file"])
    assert caught.value.deleted == 1
    assert set(caught.value.errors) == {"folder/secret", "file"}
    assert (outside / "secret").exists()


async def test_special_files_are_never_opened(files: LocalStorage, root: Path) -> None:
    os.mkfifo(root / "pipe")
    for call in (files.get("pipe"), files.head("pipe"), files.put("pipe", b""), files.delete("pipe")):
        with pytest.raises(PathObstructedError, match="pipe is a special file"):
            await call
    with pytest.raises(PathObstructedError, match="pipe is a special file"):
        await files.put("pipe/x", b"")


@contextmanager
def swapping(here: Path, there: Path) -> Iterator[None]:
    """While it runs, `here` is now itself and now a link to `there`."""
    done = threading.Event()
    aside = here.with_name("aside")

    def swap() -> None:
        while not done.is_set():
            for step in (
                lambda: here.rename(aside),
                lambda: here.symlink_to(there),
                lambda: here.unlink(),
                lambda: shutil.rmtree(here),  # a put made it anew meanwhile
                lambda: aside.rename(here),
            ):
                with suppress(OSError):
                    step()

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


async def test_a_folder_swapped_for_a_link_does_not_lead_out(
    files: LocalStorage, root: Path, outside: Path
) -> None:
    await files.put("folder/secret", b"inside")
    refused = 0
    with swapping(root / "folder", outside):
        for number in range(150):
            for call in (
                files.get("folder/secret"),
                files.put("folder/secret", b"inside"),
                files.put(f"folder/{number}/new", b"inside"),
                files.delete(f"folder/{number - 1}/new"),
                files.list("folder/"),
            ):
                try:
                    result = await call
                except (PathObstructedError, ObjectNotFoundError):
                    refused += 1
                else:
                    assert result != b"secret"
    assert refused
    assert [path.name for path in outside.iterdir()] == ["secret"]
    assert (outside / "secret").read_text() == "secret"


async def test_a_file_swapped_for_a_link_does_not_lead_out(
    files: LocalStorage, root: Path, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is a link, or something else, between the look at it and its opening."""
    real = os.open
    for make in (
        lambda path: path.symlink_to(outside / "secret"),
        lambda path: os.mkfifo(path),
    ):
        await files.put("a", b"inside")

        def swap_then_open(name: str, flags: int, *rest: int, dir_fd: int | None = None) -> int:
            if name == "a" and (root / "a").is_file() and not (root / "a").is_symlink():
                (root / "a").unlink()
                make(root / "a")  # noqa: B023
            return real(name, flags, *rest, dir_fd=dir_fd)

        monkeypatch.setattr(os, "open", swap_then_open)
        with pytest.raises(PathObstructedError):
            await files.get("a")
        monkeypatch.setattr(os, "open", real)
        (root / "a").unlink()


async def test_a_folder_that_was_swapped_back_is_tried_again(
    files: LocalStorage, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await files.put("a/b", b"inside")
    real = os.open
    failures = [NotADirectoryError(20, "Not a directory")]

    def fail_once(name: str, flags: int, *rest: int, dir_fd: int | None = None) -> int:
        if name == "a" and failures:
            raise failures.pop()
        return real(name, flags, *rest, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", fail_once)
    assert await files.get("a/b") == b"inside"
    assert not failures


async def test_many_at_once_through_the_same_folders(files: LocalStorage, root: Path) -> None:
    """Puts race with the pruning of the folders that they need."""

    async def work(number: int) -> None:
        for _ in range(15):
            await files.put(f"a/b/{number}", b"x")
            assert await files.get(f"a/b/{number}") == b"x"
            await files.rename(f"a/b/{number}", f"a/c/{number}")
            assert await files.delete(f"a/c/{number}")

    await asyncio.gather(*(work(number) for number in range(8)))
    assert tree(root) == []
