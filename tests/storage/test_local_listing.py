"""Listings: the order of object storage, prefixes, pages while others write."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Self

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from purveyor.storage import Listing, LocalStorage

from .helpers import local

SEGMENTS = st.text(alphabet="ab-/.0é~\U0001f680", min_size=1, max_size=4).filter(
    lambda text: not any(part in ("", ".", "..") for part in text.split("/"))
)
PATHS = st.lists(SEGMENTS, min_size=1, max_size=3).map("/".join)


def without_collisions(paths: set[str]) -> set[str]:
    """Those that a file system can hold together: none is a folder of another."""
    return {path for path in paths if not any(other.startswith(path + "/") for other in paths)}


def expected(paths: set[str], prefix: str, delimiter: str | None) -> tuple[list[str], list[str]]:
    objects: list[str] = []
    prefixes: set[str] = set()
    for path in sorted(paths):
        if path.startswith(prefix):
            end = path.find("/", len(prefix)) if delimiter else -1
            prefixes.add(path[: end + 1]) if end >= 0 else objects.append(path)
    return objects, sorted(prefixes)


async def pages(files: LocalStorage, prefix: str, delimiter: str | None, limit: int) -> list[Listing]:
    found: list[Listing] = []
    cursor: str | None = None
    while True:
        found.append(await files.list(prefix, delimiter=delimiter, limit=limit, cursor=cursor))  # type: ignore[arg-type]
        cursor = found[-1].cursor
        if cursor is None:
            return found


@settings(max_examples=60, deadline=None)
@given(
    paths=st.sets(PATHS, max_size=12), prefix=PATHS | st.just(""), cut=st.integers(0, 3), limit=st.integers(1, 4)
)
def test_pages_give_what_object_storage_gives(
    tmp_path_factory: pytest.TempPathFactory, paths: set[str], prefix: str, cut: int, limit: int
) -> None:
    paths = without_collisions(paths)
    prefix = prefix[: len(prefix) - cut]

    async def check(root: Path) -> None:
        for path in paths:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(b"")
        files = local(root)
        await files.initialize()
        for delimiter in (None, "/"):
            found = await pages(files, prefix, delimiter, limit)
            objects, prefixes = expected(paths, prefix, delimiter)
            assert [meta.path for page in found for meta in page] == objects
            assert [common for page in found for common in page.prefixes] == prefixes
            assert all(len(page) + len(page.prefixes) == limit for page in found[:-1])
            together = [sorted([*(meta.path for meta in page), *page.prefixes]) for page in found]
            assert [name for page in together for name in page] == sorted([*objects, *prefixes])
        await files.cleanup()

    root: Path = tmp_path_factory.mktemp("listing")
    asyncio.run(check(root))


async def test_code_point_order_not_that_of_folders(files: LocalStorage) -> None:
    for path in ("a/b", "a-b", "a.b", "a0", "a", "B", "é", "z", "\U0001f680", "￿"):
        if path != "a":
            await files.put(path, b"")
    assert [meta.path for meta in await files.list()] == [
        "B",
        "a-b",
        "a.b",
        "a/b",
        "a0",
        "z",
        "é",
        "￿",
        "\U0001f680",
    ]


async def test_what_is_there_throughout_comes_exactly_once(files: LocalStorage) -> None:
    stays = {f"{number % 5}/{number:03}" for number in range(100)}
    for path in stays:
        await files.put(path, b"")
    seen: list[str] = []
    cursor: str | None = None
    for step in range(1000):
        page = await files.list(limit=3, cursor=cursor)
        seen += [meta.path for meta in page]
        await files.put(f"{step % 5}/{step:03}x", b"")  # before and behind the cursor
        await files.put(page[0].path, b"again")
        await files.delete(f"{(step + 2) % 5}/{step - 3:03}x")
        cursor = page.cursor
        if cursor is None:
            break
    assert len(seen) == len(set(seen))
    assert stays <= set(seen)
    assert seen == sorted(seen)


async def test_the_cursor_goes_on_where_its_object_was(files: LocalStorage) -> None:
    for path in ("a/1", "a/2", "b/1", "b/2"):
        await files.put(path, b"")
    page = await files.list(limit=2)
    assert page.cursor
    await files.delete_many(["a/1", "a/2"])
    assert [meta.path for meta in await files.list(cursor=page.cursor)] == ["b/1", "b/2"]


async def test_what_cannot_be_read_by_its_path_is_not_listed(files: LocalStorage, root: Path) -> None:
    await files.put("good", b"")
    (root / "e\u0301").write_bytes(b"")
    (root / "back\\slash").write_bytes(b"")
    (root / "new\nline").mkdir()
    (root / "new\nline/x").write_bytes(b"")
    (root / "only").mkdir()
    (root / "only/back\\slash").write_bytes(b"")
    (root / os.fsdecode(b"latin-\xe9")).write_bytes(b"")
    os.mkfifo(root / "pipe")
    (root / "link").symlink_to("good")
    (root / "loop").symlink_to(".")
    (root / "inner").mkdir()
    (root / "inner/loop").symlink_to("..")
    assert [meta.path for meta in await files.list()] == ["good"]
    page = await files.list(delimiter="/")
    assert [meta.path for meta in page] == ["good"]
    assert page.prefixes == ()
    for prefix in ("link/", "loop/", "good/", "absent/x", "inner/loop/"):
        assert await files.list(prefix) == Listing(())


async def test_purveyors_own_folder_is_not_listed(files: LocalStorage) -> None:
    await files.put("a/.purveyor/x", b"", metadata={"k": "v"})
    assert [meta.path for meta in await files.list()] == ["a/.purveyor/x"]
    assert [meta.path for meta in await files.list(".purv")] == []
    assert (await files.list(delimiter="/")).prefixes == ("a/",)


class Entries(list["os.DirEntry[str]"]):
    """What a folder held, as `os.scandir` gives it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass


def change_after_scan(monkeypatch: pytest.MonkeyPatch, change: Callable[[], None]) -> None:
    """Let `change` happen between the first look at a folder and what follows from it."""
    scan = os.scandir
    changes = [change]

    def scan_then_change(folder: int) -> Entries:
        with scan(folder) as entries:
            found = Entries(entries)
        for entry in found:
            entry.is_dir(follow_symlinks=False)
        if changes:
            changes.pop()()
        return found

    monkeypatch.setattr(os, "scandir", scan_then_change)


async def test_what_vanishes_meanwhile_is_left_out(
    files: LocalStorage, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in ("a/1", "b/1", "c", "d/e/1"):
        await files.put(path, b"")

    def change() -> None:
        (root / "a/1").unlink()
        (root / "a").rmdir()
        (root / "b/1").unlink()
        (root / "b").rmdir()
        (root / "b").symlink_to("d")
        (root / "c").unlink()

    change_after_scan(monkeypatch, change)
    assert [meta.path for meta in await files.list()] == ["d/e/1"]


async def test_a_prefix_that_vanishes_meanwhile_is_left_out(
    files: LocalStorage, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await files.put("a/b/c/1", b"")

    def change() -> None:
        (root / "a/b/c/1").unlink()
        (root / "a/b/c").rmdir()
        (root / "a/b").rmdir()

    change_after_scan(monkeypatch, lambda: change_after_scan(monkeypatch, change))
    assert (await files.list(delimiter="/")).prefixes == ()
