"""Watching the files of a configuration, with real files and the operating system's own notices."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any, Self

import pytest

from purveyor.config import watch as module
from purveyor.config.watch import watch, watched_files
from purveyor.errors import MissingExtraError

#: What a change has to be seen within, in seconds; only a failing test waits that long.
DEADLINE = 30


@pytest.fixture(autouse=True)
def _only_when_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is found by looking from time to time, unless a test is about that."""
    monkeypatch.setattr(module, "_RECHECK", 3_600_000)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "purveyor.toml"
    file.write_text("1")
    return file


class Seen:
    """The changes that are told, after the first, which is told at once."""

    def __init__(self, *files: Path) -> None:
        self._files = files
        self._changes: AsyncGenerator[None] = watch(lambda: self._files)

    async def __aenter__(self) -> Self:
        await self.change()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._changes.aclose()

    async def change(self) -> None:
        async with asyncio.timeout(DEADLINE):
            await anext(self._changes)


def write(file: Path, text: str) -> None:
    file.write_text(text)


def replace(file: Path, text: str) -> None:
    beside = file.with_suffix(".new")
    beside.write_text(text)
    beside.replace(file)


def recreate(file: Path, text: str) -> None:
    file.unlink()
    file.write_text(text)


def swap_backup(file: Path, text: str) -> None:
    """As vim does with `backupcopy=no`."""
    file.rename(file.with_suffix(".toml~"))
    file.write_text(text)


@pytest.mark.parametrize("edit", [write, replace, recreate, swap_backup])
async def test_a_change_is_told_however_it_is_made(file: Path, edit: Callable[[Path, str], None]) -> None:
    async with Seen(file) as seen:
        for text in ("2", "3", "4"):
            edit(file, text)
            await seen.change()
            assert file.read_text() == text


async def test_a_change_between_two_looks_is_not_lost(file: Path) -> None:
    async with Seen(file) as seen:
        write(file, "2")
        await seen.change()
        write(file, "3")  # nobody watches at this moment: who was told is still busy
        await seen.change()


async def test_a_file_that_is_deleted_has_changed_and_again_when_it_is_back(file: Path) -> None:
    async with Seen(file) as seen:
        file.unlink()
        await seen.change()
        write(file, "1")
        await seen.change()


async def test_a_file_that_is_not_there_yet(tmp_path: Path) -> None:
    file = tmp_path / "a" / "b" / "purveyor.toml"
    async with Seen(file) as seen:
        file.parent.mkdir(parents=True)
        write(file, "1")
        await seen.change()


async def test_what_is_touched_without_a_change_is_not_told(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: asyncio.Queue[None] = asyncio.Queue()
    wait = module._until_touched

    async def counting(*arguments: Any) -> None:
        waits.put_nowait(None)
        await wait(*arguments)

    monkeypatch.setattr(module, "_until_touched", counting)
    async with Seen(file) as seen:
        change = asyncio.create_task(seen.change())
        await waits.get()
        replace(file, "1")
        await waits.get()  # it has looked, and waits again
        assert not change.done()
        replace(file, "2")
        await change


@pytest.mark.parametrize("mounted_through_a_link", [False, True])
async def test_a_configuration_that_kubernetes_mounts(tmp_path: Path, mounted_through_a_link: bool) -> None:
    """purveyor.toml -> ..data/purveyor.toml, ..data -> ..2026_1: another link is put in the place of ..data."""
    mount = tmp_path / "mount"
    _release(mount, "..2026_1", "1")
    (mount / "..data").symlink_to("..2026_1")
    (mount / "purveyor.toml").symlink_to("..data/purveyor.toml")
    file = mount / "purveyor.toml"
    if mounted_through_a_link:
        (tmp_path / "etc").symlink_to(mount, target_is_directory=True)
        file = tmp_path / "etc" / "purveyor.toml"
    async with Seen(file) as seen:
        for number in ("2", "3"):
            _release(mount, f"..2026_{number}", number)
            (mount / "..data_tmp").symlink_to(f"..2026_{number}")
            (mount / "..data_tmp").rename(mount / "..data")
            await seen.change()
            assert file.read_text() == number


async def test_a_folder_that_is_itself_a_link_that_is_swapped(tmp_path: Path) -> None:
    """current -> releases/1, as tools for deployment have it."""
    for number in "123":
        _release(tmp_path / "releases", number, number)
    current = tmp_path / "current"
    current.symlink_to(tmp_path / "releases" / "1")
    file = current / "purveyor.toml"
    async with Seen(file) as seen:
        for number in "23":
            (tmp_path / "next").symlink_to(Path("x") / ".." / "releases" / number)
            (tmp_path / "x").mkdir(exist_ok=True)
            (tmp_path / "next").rename(current)
            await seen.change()
            assert file.read_text() == number
        write(tmp_path / "releases" / "3" / "purveyor.toml", "4")
        await seen.change()


def _release(folder: Path, name: str, text: str) -> None:
    (folder / name).mkdir(parents=True)
    (folder / name / "purveyor.toml").write_text(text)


async def test_several_files_and_others_than_before(file: Path, tmp_path: Path) -> None:
    files = [file]
    other = tmp_path / "secrets" / "token"
    other.parent.mkdir()
    async with aclosing(watch(lambda: files)) as changes, asyncio.timeout(DEADLINE):
        await anext(changes)
        write(file, "2")
        await anext(changes)
        files.append(other)
        await anext(changes)  # it has never looked at the other one before
        write(other, "secret")
        await anext(changes)


async def test_what_nobody_tells_is_found_by_looking(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_RECHECK", 10)
    moved = file.parent.with_name("moved")
    async with Seen(file) as seen:
        file.parent.rename(moved)
        await seen.change()
        moved.rename(file.parent)
        write(file, "2")
        await seen.change()


async def test_a_loop_of_links_is_no_file(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    async with Seen(loop) as seen:
        replace(loop, "1")
        await seen.change()


async def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    async with Seen(pipe) as seen:
        replace(pipe, "1")
        await seen.change()


async def test_who_is_cancelled_leaves_no_thread(file: Path) -> None:
    threads = set(threading.enumerate())
    watching = asyncio.create_task(_ever(watch(lambda: [file])))
    while not (started := set(threading.enumerate()) - threads):
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    watching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watching
    await asyncio.get_running_loop().shutdown_default_executor()
    assert not any(thread.is_alive() for thread in started)


async def _ever(changes: AsyncIterator[None]) -> None:
    async for _ in changes:
        pass


async def test_only_what_has_one_of_the_names_matters() -> None:
    class Notify:
        def __init__(self) -> None:
            self.told: Iterator[Any] = iter([{(1, "/x/other"), (2, "/x/notes.db-wal")}, {(3, "/x/purveyor.toml")}])

        def watch(self, *_: object) -> Any:
            return next(self.told)

    notify: Any = Notify()
    await module._until_touched(notify, {"purveyor.toml"})
    assert next(notify.told, None) is None


async def test_a_folder_that_goes_just_now(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = module._import()
    refused: list[list[str]] = []

    def gone_once(paths: list[str], **options: Any) -> Any:
        if not refused:
            refused.append(paths)
            raise FileNotFoundError
        return real(paths, **options)

    monkeypatch.setattr(module, "_import", lambda: gone_once)
    async with Seen(file):
        assert refused


async def test_a_missing_extra_is_named(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "watchfiles._rust_notify", None)
    with pytest.raises(MissingExtraError, match=r"watching .* needs .*pip install 'purveyor\[watch\]'"):
        async with Seen(file):
            pass


def test_the_files_of_a_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRETS", "/run/secrets")
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "purveyor.toml"
    file.write_text(
        '[providers.a]\ntoken = { file = "${SECRETS}/a" }\nother = { file = "b" }\nkey = { env = "X" }\n'
        'again = { file = "b" }\nlist = [1, { file = "c" }]\nnull = { file = "\\u0000" }\nempty = { file = "" }\n'
        '[profiles.dev.providers.a]\ntoken = { file = "${UNSET}d" }\n'
    )
    assert watched_files(file) == (file, Path("/run/secrets/a"), *(tmp_path / name for name in "bcd"))
    file.write_text("[")
    assert watched_files(file) == (file,)
