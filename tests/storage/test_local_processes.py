"""Processes that die, compete, meet a full disk or may not write."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from purveyor.errors import StoreBusyError
from purveyor.storage import LocalStorage
from purveyor.storage.local import locks

from .helpers import leftovers, local, tree


def start(what: str, root: Path, *rest: object, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.storage.children", what, str(root), *map(str, rest)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
    )


def go(*children: subprocess.Popen[str]) -> None:
    """Let them begin together, once all are ready."""
    for child in children:
        assert child.stdout
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin
        child.stdin.write("go\n")
        child.stdin.flush()


def heard_until(child: subprocess.Popen[str], puts: int) -> list[str]:
    """What a child says up to so many acknowledged puts."""
    assert child.stdout
    said: list[str] = []
    while puts:
        said.append(child.stdout.readline().rstrip())
        puts -= said[-1].startswith("put ")
    return said


def finished(child: subprocess.Popen[str]) -> list[str]:
    said, _ = child.communicate(timeout=60)
    assert child.returncode == 0
    return said.splitlines()


async def test_killed_again_and_again_it_loses_nothing_it_acknowledged(root: Path, no_leaks: None) -> None:
    acknowledged: dict[str, str | None] = {}
    chance = random.Random(7)
    number = 0
    for _ in range(10):
        child = start("write_until_killed", root, number)
        go(child)
        said = heard_until(child, chance.randint(1, 12))
        time.sleep(chance.uniform(0, 0.01))
        child.kill()
        assert child.stdout
        said += child.stdout.read().splitlines()
        child.communicate()
        unsure: tuple[str, str | None] | None = None
        for line in said:
            match line.split():
                case ["putting", path, digest]:
                    unsure = (path, digest)
                case ["deleting", path]:
                    unsure = (path, None)
                case ["put", path, acked]:
                    acknowledged[path], unsure = acked, None
                case ["deleted", path]:
                    acknowledged[path], unsure = None, None
        number += 1000

        files = local(root)
        await files.initialize()
        assert [path for path in leftovers(root) if path.startswith("tmp/")] == leftovers(root)[-1:]
        there = {meta.path for meta in await files.list()}
        if unsure and (unsure[0] in there) == (unsure[1] is not None):
            path, wanted = unsure
            if wanted is None or (await files.head(path)).metadata == {"digest": wanted}:
                acknowledged[path] = wanted
        assert there == {path for path, digest in acknowledged.items() if digest}
        for path in there:
            assert (await files.head(path)).metadata == {"digest": acknowledged[path]}
            assert hashlib.sha256(await files.get(path)).hexdigest() == acknowledged[path]
        assert len(leftovers(root)) == len(there) + 1  # one sidecar an object, and the session: no orphans
        await files.cleanup()


async def test_what_a_dead_process_left_is_swept_and_what_a_living_one_uses_is_not(
    root: Path, no_leaks: None
) -> None:
    files = local(root)
    await files.initialize()
    meta = await files.put("kept", b"1", metadata={"k": "v"})
    await files.put("changed", b"1", metadata={"k": "v"})
    (root / "changed").write_text("theirs")
    await files.put("gone", b"1", metadata={"k": "v"})
    (root / "gone").unlink()
    await files.put("deep/er", b"1", metadata={"k": "v"})
    (root / "deep/er").unlink()
    (root / "deep").rmdir()
    await files.put("link/x", b"1", metadata={"k": "v"})
    (root / "link/x").unlink()
    (root / "link").rmdir()
    (root / "link").symlink_to("nowhere")
    own = root / ".purveyor"
    [shard, *_] = sorted((own / "attributes").iterdir())
    foreign = ["notes.txt", "a" * 64 + "-1", "b" * 64 + "-x"]
    for name, text in zip(foreign, ("hello", '{"path": "else/where"}', "[]"), strict=True):
        (shard / name).write_text(text)
    (shard / "folder").mkdir()
    (own / "attributes/stray").write_text("")
    (own / "tmp/folder").mkdir()

    other = local(root)
    await other.initialize()  # the session of the first is alive: nothing is looked at
    assert len(leftovers(root)) == 2 + 5 + 4
    (own / "tmp/stale").write_text("half an obj")
    await other.reload()
    assert len([path for path in leftovers(root) if path.startswith("tmp/")]) == 2
    kept = [path for path in leftovers(root) if path.startswith("attributes/")]
    assert len(kept) == 1 + 4  # of one object, and what is none of ours
    assert (await other.head("kept")) == meta
    await other.cleanup()
    await files.cleanup()


def test_of_two_processes_exactly_one_creates(root: Path) -> None:
    children = [start("create", root, 60) for _ in range(2)]
    go(*children)
    won = [line for child in children for line in finished(child)]
    assert sorted(won) == sorted(f"won {number}" for number in range(60))


async def test_compare_and_set_loses_no_update_between_processes(files: LocalStorage, root: Path) -> None:
    await files.put("counter", b"0")
    children = [start("add", root, 40) for _ in range(2)]
    go(*children)
    for child in children:
        finished(child)
    assert await files.get("counter") == b"80"
    assert (await files.head("counter")).metadata == {"v": "80"}
    assert len([path for path in leftovers(root) if path.startswith("attributes/")]) == 1


async def test_a_lock_that_another_process_does_not_let_go(
    files: LocalStorage, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "WAIT", 0.05)
    await files.put("a", b"1")
    [lock] = (root / ".purveyor/locks").iterdir()
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        for call in (files.put("a", b"2"), files.delete("a"), files.rename("a", "b")):
            with pytest.raises(StoreBusyError, match="stopped or hangs"):
                await call
    await files.put("a", b"2")


async def test_a_lock_that_another_thread_does_not_let_go(
    files: LocalStorage, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "WAIT", 0.05)
    renaming, go_on = threading.Event(), threading.Event()
    real = os.rename

    def slow(*args: Any, **options: Any) -> None:
        renaming.set()
        go_on.wait()
        real(*args, **options)

    monkeypatch.setattr(os, "rename", slow)
    holding = asyncio.ensure_future(files.put("a", b"1"))
    await asyncio.to_thread(renaming.wait)
    with pytest.raises(StoreBusyError):
        await files.delete("a")
    go_on.set()
    await holding


async def test_a_full_disk_is_an_error_and_no_more_than_that(files: LocalStorage, root: Path) -> None:
    await files.put("old", b"old")
    child = start("fill", root, 5 * 1024 * 1024)
    go(child)
    said = finished(child)
    assert [line.split()[0] for line in said] == ["StoreFullError", "StoreFullError", "small"]
    assert "put a smaller object" in said[0]
    assert tree(root) == ["old", "small"]
    assert await files.get("old") == b"old"


@pytest.fixture
def root_for_all() -> Iterator[Path]:
    """A root that another user can come to, which pytest's own folders are not."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    root = folder / "root"
    root.mkdir()
    yield root
    shutil.rmtree(folder)


def test_a_root_that_may_not_be_written(root_for_all: Path) -> None:
    root = root_for_all
    root.chmod(0o555)
    said = finished(start("try_all", root, user="1"))
    assert len(said) == 1
    assert said[0].startswith("StorePermissionError storage.local")
    assert "let this process read and write" in said[0]
    root.chmod(0o755)


async def test_folders_that_may_not_be_written(root_for_all: Path, no_leaks: None) -> None:
    root = root_for_all
    files = local(root)
    await files.initialize()
    await files.put("sub/old", b"old", metadata={"k": "v"})
    meta = await files.head("sub/old")
    await files.cleanup()
    for path in (root / ".purveyor", *(root / ".purveyor").rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
    for folder in (root, root / "sub"):
        folder.chmod(0o555)
    child = start("try_all", root, user="1")
    go(child)
    said = finished(child)
    assert [line.split()[0] for line in said] == ["StorePermissionError"] * 4
    for folder in (root, root / "sub"):
        folder.chmod(0o755)
    assert tree(root) == ["sub", "sub/old"]
    await files.initialize()
    assert await files.head("sub/old") == meta
    await files.cleanup()
