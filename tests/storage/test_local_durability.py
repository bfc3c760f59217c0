"""What is acknowledged is on disk: the order of the system calls is the behaviour, so it is what is tested."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from purveyor.errors import (
    ConflictError,
    PartialDeleteError,
    StoreError,
    StoreFullError,
    StorePermissionError,
    UnsupportedError,
)
from purveyor.storage import LocalStorage
from purveyor.storage.local import tree as tree_module
from purveyor.storage.local.sidecars import Sidecars
from purveyor.storage.local.temp import TempFile

from .helpers import leftovers, local, tree


class Calls:
    """Records the system calls that matter, with what they are about, and lets some of them fail."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root.resolve()
        self.made: list[str] = []
        self.failures: dict[str, int] = {}
        for name in ("fsync", "rename", "link", "unlink", "mkdir"):
            monkeypatch.setattr(os, name, self._recorded(name, getattr(os, name)))

    def _recorded(self, name: str, real: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **options: int) -> object:
            if name == "fsync":
                about = self._where(args[0])
            else:
                folder = options.get("dst_dir_fd", options.get("dir_fd"))
                about = f"{self._where(folder)}/{args[1] if name in ('rename', 'link') else args[0]}"
            about = about.removeprefix("./")
            if ".purveyor" in about:
                about = ".purveyor/" + about.split("/")[1]
            entry = f"{name} {about}"
            self.made.append(entry)
            if entry in self.failures:
                raise OSError(self.failures[entry], os.strerror(self.failures[entry]))
            return real(*args, **options)

        return call

    def _where(self, descriptor: object) -> str:
        assert isinstance(descriptor, int)
        return os.path.relpath(Path(f"/proc/self/fd/{descriptor}").readlink(), self.root)


@pytest.fixture
def calls(files: LocalStorage, root: Path, monkeypatch: pytest.MonkeyPatch) -> Calls:
    return Calls(root, monkeypatch)


async def test_a_put_syncs_file_then_renames_then_syncs_folder(files: LocalStorage, calls: Calls) -> None:
    await files.put("a", b"1")
    assert calls.made == ["fsync .purveyor/tmp", "rename a", "fsync ."]
    calls.made.clear()
    await files.put("b", b"1", if_none_match="*")
    assert calls.made == ["fsync .purveyor/tmp", "link b", "unlink .purveyor/tmp", "fsync ."]


async def test_new_folders_are_synced_into_those_above(files: LocalStorage, calls: Calls) -> None:
    await files.put("a/b/c", b"1")
    assert calls.made == [
        "fsync .purveyor/tmp", "mkdir a", "fsync .", "mkdir a/b", "fsync a", "rename a/b/c", "fsync a/b",
    ]  # fmt: skip
    calls.made.clear()
    await files.put("a/b/d", b"1")
    assert calls.made == ["fsync .purveyor/tmp", "rename a/b/d", "fsync a/b"]


async def test_folders_that_others_made_are_synced_once(files: LocalStorage, calls: Calls, root: Path) -> None:
    subprocess.run(["mkdir", root / "a"], check=True)
    await files.put("a/b", b"1")
    assert calls.made == ["fsync .purveyor/tmp", "fsync .", "rename a/b", "fsync a"]
    calls.made.clear()
    await files.put("a/b", b"1")
    assert calls.made == ["fsync .purveyor/tmp", "rename a/b", "fsync a"]


async def test_attributes_are_on_disk_before_their_object(files: LocalStorage, calls: Calls) -> None:
    await files.put("a", b"1", metadata={"k": "v"})
    assert [call for call in calls.made if not call.startswith("mkdir")] == [
        "fsync .purveyor/tmp",  # the bytes
        "fsync .purveyor/tmp",  # the attributes
        "fsync .purveyor/attributes",  # the new folder for them
        "rename .purveyor/attributes",
        "fsync .purveyor/attributes",
        "rename a",
        "fsync .",
    ]
    calls.made.clear()
    await files.put("a", b"2")
    assert calls.made == ["fsync .purveyor/tmp", "rename a", "fsync .", "unlink .purveyor/attributes"]


async def test_a_rename_syncs_where_it_came_from_and_where_it_went(files: LocalStorage, calls: Calls) -> None:
    await files.put("a/x", b"1", metadata={"k": "v"})
    await files.put("b/y", b"2", metadata={"k": "v"})
    calls.made.clear()
    await files.rename("a/x", "b/y")
    moved = calls.made.index("rename b/y")
    assert "fsync .purveyor/attributes" in calls.made[:moved]
    assert calls.made[moved:] == [
        "rename b/y", "fsync b", "fsync a", "unlink .purveyor/attributes", "unlink .purveyor/attributes",
    ]  # fmt: skip


async def test_a_rename_within_a_folder_syncs_it_once(files: LocalStorage, calls: Calls) -> None:
    await files.put("a/x", b"1")
    calls.made.clear()
    await files.rename("a/x", "a/y")
    assert calls.made == ["rename a/y", "fsync a"]


async def test_a_delete_is_synced_once_a_folder(files: LocalStorage, calls: Calls) -> None:
    for path in ("a/1", "a/2", "b"):
        await files.put(path, b"")
    calls.made.clear()
    assert await files.delete_many(["a/1", "b", "a/2", "a/3"]) == 3
    assert calls.made == ["unlink b", "fsync .", "unlink a/1", "unlink a/2", "fsync a"]


@pytest.mark.parametrize(
    ("failing", "number", "error"),
    [
        ("fsync .purveyor/tmp", errno.EIO, StoreError),
        ("fsync .purveyor/tmp", errno.ENOSPC, StoreFullError),
        ("fsync .purveyor/attributes", errno.EDQUOT, StoreFullError),
        ("rename .purveyor/attributes", errno.EIO, StoreError),
        ("mkdir new", errno.EROFS, StorePermissionError),
        ("fsync .", errno.EIO, StoreError),
        ("rename new/a", errno.EXDEV, StoreError),
        ("rename new/a", errno.EACCES, StorePermissionError),
        ("link new/a", errno.EPERM, UnsupportedError),
        ("link new/a", errno.ENOSPC, StoreFullError),
    ],
)
async def test_a_put_that_fails_leaves_nothing_and_is_not_tried_again(
    files: LocalStorage, calls: Calls, root: Path, failing: str, number: int, error: type[Exception]
) -> None:
    await files.put("old", b"old")
    calls.made.clear()
    calls.failures[failing] = number
    with pytest.raises(error) as caught:
        await files.put("new/a", b"1", metadata={"k": "v"}, if_none_match="*" if "link" in failing else None)
    assert getattr(caught.value, "hint", None) or isinstance(caught.value, UnsupportedError)
    assert calls.made.count(failing) == 1
    calls.failures.clear()
    assert tree(root) == ["old"]
    assert len(leftovers(root)) == 1
    await files.put("new/a", b"1", metadata={"k": "v"})
    assert (await files.head("new/a")).metadata == {"k": "v"}


async def test_a_folder_that_cannot_be_synced_is_no_acknowledgement(files: LocalStorage, calls: Calls) -> None:
    await files.put("a/1", b"")
    await files.put("a/2", b"")
    calls.failures["fsync a"] = errno.EIO
    with pytest.raises(StoreError, match="Input/output error"):
        await files.put("a/1", b"new")
    with pytest.raises(PartialDeleteError) as caught:
        await files.delete_many(["a/1", "a/2", "b"])
    assert set(caught.value.errors) == {"a/1", "a/2"}
    assert caught.value.deleted == 0


async def test_an_object_that_is_seen_keeps_its_attributes_though_its_folder_cannot_be_synced(
    files: LocalStorage, calls: Calls
) -> None:
    calls.failures["fsync ."] = errno.EIO
    for path, condition in (("a", None), ("b", "*")):
        with pytest.raises(StoreError):
            await files.put(path, b"1", metadata={"k": "v"}, if_none_match=condition)  # type: ignore[arg-type]
        assert (await files.head(path)).metadata == {"k": "v"}


async def test_a_delete_that_is_not_allowed(files: LocalStorage, calls: Calls) -> None:
    await files.put("a", b"")
    calls.failures["unlink a"] = errno.EACCES
    with pytest.raises(StorePermissionError):
        await files.delete("a")
    assert await files.exists("a")


async def test_a_rename_that_fails_changes_nothing(files: LocalStorage, calls: Calls, root: Path) -> None:
    await files.put("a", b"1", metadata={"k": "v"})
    for failing in ("rename b/c", "rename .purveyor/attributes"):
        calls.failures = {failing: errno.EACCES}
        with pytest.raises(StorePermissionError):
            await files.rename("a", "b/c")
        calls.failures = {}
        assert tree(root) == ["a"]
        assert len(leftovers(root)) == 2
        assert (await files.head("a")).metadata == {"k": "v"}


async def test_create_only_is_exact_against_tools_that_know_no_locks(
    files: LocalStorage, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.link

    def overtaken(*args: object, **options: object) -> None:
        (root / "a").write_text("theirs")
        real(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "link", overtaken)
    with pytest.raises(ConflictError):
        await files.put("a", b"ours", if_none_match="*")
    assert (root / "a").read_text() == "theirs"


async def test_a_folder_pruned_just_before_the_rename_is_made_again(
    files: LocalStorage, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.rename
    prunings = 3

    def overtaken(source: str, target: str, **options: int) -> None:
        nonlocal prunings
        if target == "b" and prunings:
            prunings -= 1
            (root / "a").rmdir()
        real(source, target, **options)

    monkeypatch.setattr(os, "rename", overtaken)
    meta = await files.put("a/b", b"1", metadata={"k": "v"})
    assert prunings == 0
    assert await files.head("a/b") == meta
    prunings = 1
    await files.put("c", b"2", metadata={"k": "w"})
    await files.delete("a/b")
    assert (await files.rename("c", "a/b")).metadata == {"k": "w"}
    assert (await files.head("a/b")).metadata == {"k": "w"}


async def test_somebody_who_always_comes_in_between_is_an_error(
    files: LocalStorage, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("purveyor.storage.local.objects._ATTEMPTS", 5)

    def gone(*args: object, **options: object) -> None:
        raise FileNotFoundError(errno.ENOENT, "gone")

    monkeypatch.setattr(os, "rename", gone)
    with pytest.raises(StoreError, match="was changed by others 5 times"):
        await files.put("a/b", b"1")
    assert tree(root) == []


async def test_a_version_replaced_while_its_attributes_are_read(
    files: LocalStorage, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Sidecars.load
    replaced: list[bool] = []

    def overtaken(self: Sidecars, place: object, version: os.stat_result) -> object:
        if not replaced:
            replaced.append(True)
            for sidecar in (root / ".purveyor/attributes").rglob("*-*"):
                sidecar.unlink()
            (root / "a").write_text("theirs")
        return real(self, place, version)  # type: ignore[arg-type]

    await files.put("a", b"ours", metadata={"k": "v"})
    monkeypatch.setattr(Sidecars, "load", overtaken)
    assert (await files.head("a")).size == len("theirs")
    replaced.clear()
    assert await files.get("a") == b"theirs"


async def test_an_etag_on_a_file_system_with_coarse_times(
    files: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new version's time is that of the old one, so that their sidecars share a name."""
    monkeypatch.setattr(os, "utime", lambda target, ns, real=os.utime: real(target, ns=(10**18, 10**18)))
    await files.put("a", b"1", metadata={"k": "old"})
    await files.put("a", b"2", metadata={"k": "new"})
    assert (await files.head("a")).metadata == {"k": "new"}
    await files.put("b", b"2", metadata={"k": "other"})
    await files.rename("a", "b")
    assert (await files.head("b")).metadata == {"k": "new"}


async def test_so_many_folders_are_not_remembered_forever(
    files: LocalStorage, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree_module, "_MAX_TRUSTED", 2)
    for name in ("a", "b", "c", "a"):
        await files.put(f"{name}/x", b"")
    assert calls.made.count("fsync .") == 4


def test_on_macos_the_drive_is_told_to_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    monkeypatch.setattr(tree_module, "_FULL_SYNC", 51)
    monkeypatch.setattr(os, "fsync", lambda descriptor: made.append("fsync"))
    monkeypatch.setattr(fcntl, "fcntl", lambda descriptor, command: made.append(f"fcntl {command}"))
    tree_module.sync(0)

    def unknown(descriptor: int, command: int) -> None:
        raise OSError(errno.ENOTSUP, "not supported")

    monkeypatch.setattr(fcntl, "fcntl", unknown)
    tree_module.sync(0)
    assert made == ["fcntl 51", "fsync"]

    def fail(descriptor: int, command: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(fcntl, "fcntl", fail)
    with pytest.raises(OSError, match="Input/output error"):
        tree_module.sync(0)
    assert made == ["fcntl 51", "fsync"]


async def test_what_was_taken_away_below_is_an_error(files: LocalStorage, root: Path) -> None:
    await files.put("a", b"1")
    for path in sorted((root / ".purveyor").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    with pytest.raises(StoreError, match="initialize the provider again"):
        await files.put("a", b"2")
    with pytest.raises(StoreError, match="initialize the provider again"):
        await files.delete("a")
    assert await files.get("a") == b"1"
    await files.reload()
    await files.put("a", b"2")


def test_objects_have_the_permissions_that_the_umask_leaves(root: Path) -> None:
    async def check() -> None:
        files = local(root)
        await files.initialize()
        await files.put("a", b"1")
        await files.cleanup()

    before = os.umask(0o027)
    try:
        asyncio.run(check())
    finally:
        os.umask(before)
    assert stat.S_IMODE((root / "a").stat().st_mode) == 0o640


async def test_attributes_that_cannot_be_written_leave_nothing(
    files: LocalStorage, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = TempFile.write

    def full(self: TempFile, data: bytes) -> None:
        if bytes(data).startswith(b"{"):
            raise OSError(errno.ENOSPC, "No space left on device")
        real(self, data)

    monkeypatch.setattr(TempFile, "write", full)
    with pytest.raises(StoreFullError, match="make room"):
        await files.put("a/b", b"1", metadata={"k": "v"})
    assert tree(root) == []
    assert len(leftovers(root)) == 1


async def test_folders_and_files_that_may_not_be_opened(
    files: LocalStorage, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await files.put("a/b", b"1")
    real = os.open
    for denied in ("a", "b"):

        def deny(name: str, *rest: int, dir_fd: int | None = None, denied: str = denied) -> int:
            if name == denied:
                raise PermissionError(errno.EACCES, "Permission denied", name)
            return real(name, *rest, dir_fd=dir_fd)

        monkeypatch.setattr(os, "open", deny)
        with pytest.raises(StorePermissionError, match=f"Permission denied: {denied}"):
            await files.get("a/b")
        monkeypatch.setattr(os, "open", real)


async def test_reads_that_come_back_short_go_on(files: LocalStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    await files.put("a", bytes(range(100)))
    real = os.pread
    monkeypatch.setattr(os, "pread", lambda descriptor, size, start: real(descriptor, min(size, 7), start))
    assert await files.get("a", start=5, length=50) == bytes(range(5, 55))


async def test_writes_that_come_back_short_go_on(files: LocalStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, bytes(data)[:7]))
    await files.put("a", bytes(range(100)))
    assert await files.get("a") == bytes(range(100))


@pytest.mark.parametrize("swept", ["being swept", "already swept"])
def test_a_temporary_file_swept_before_it_is_locked_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, swept: str
) -> None:
    real = fcntl.flock
    times = 0

    def overtaken(descriptor: int, flags: int) -> None:
        nonlocal times
        times += 1
        if times == 1 and swept == "being swept":
            raise BlockingIOError
        if times == 1:
            for path in tmp_path.iterdir():
                path.unlink()
        real(descriptor, flags)

    monkeypatch.setattr(fcntl, "flock", overtaken)
    folder = os.open(tmp_path, os.O_RDONLY)
    temp = TempFile(folder)
    temp.open()
    assert times == 2
    assert len(list(tmp_path.iterdir())) == 1
    assert os.fstat(temp.descriptor).st_nlink == 1
    temp.close()
    os.close(folder)
    assert list(tmp_path.iterdir()) == []


def test_only_folders_that_hold_nothing_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty/deeper").mkdir(parents=True)
    (tmp_path / "full/deeper").mkdir(parents=True)
    (tmp_path / "full/deeper/file").write_text("x")
    (tmp_path / "busy").mkdir()
    folder = os.open(tmp_path, os.O_RDONLY)
    assert tree_module.remove_empty(folder, "empty")
    assert not tree_module.remove_empty(folder, "full")
    assert not tree_module.remove_empty(folder, "absent")
    (tmp_path / "deep/er/and/er").mkdir(parents=True)
    assert not tree_module.remove_empty(folder, "deep", levels=2)
    assert tree_module.remove_empty(folder, "deep", levels=3)

    def busy(*args: object, **options: object) -> None:
        raise OSError(errno.EBUSY, "busy")

    with monkeypatch.context() as patch:
        patch.setattr(os, "rmdir", busy)
        assert not tree_module.remove_empty(folder, "busy")
    os.close(folder)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["busy", "full"]
