"""Run as a program: moves there and back in children that are killed at their n-th step, and looks at what is left.

Steps are what the interpreter reports of the file system, each fsync, and each item that is put.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from purveyor.memory.sqlite.database import Database
from purveyor.migrate.data import move_back, move_data
from tests.migrate.data.conftest import contents, entry, memory, write_entries
from tests.migrate.data.test_files import body

_EVENTS = {
    "open",
    "os.rename",
    "os.link",
    "os.remove",
    "os.mkdir",
    "os.rmdir",
    "os.chmod",
    "os.utime",
    "os.truncate",
}


class Fate:
    """When this process is killed: 0 for never."""

    steps = 0
    kill_at = 0


def _step(event: str = "os.rename", _: object = None) -> None:
    if Fate.kill_at and event in _EVENTS:
        Fate.steps += 1
        if Fate.steps == Fate.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)


def _stepping(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any, **options: Any) -> Any:
        _step()
        result = function(*args, **options)
        _step()
        return result

    return call


def in_child(work: Callable[[], None], kill_at: int = 0) -> bool:
    """Whether the child was killed before its end."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            Fate.kill_at = kill_at
            work()
            Fate.kill_at = 0
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


def tree(path: Path) -> str:
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    if not path.exists():
        return "nothing"
    return repr([(one.name, one.read_bytes(), one.stat().st_mode) for one in sorted(path.iterdir())])


def make(folder: Path, kind: str) -> Path:
    source = folder / ("store" if kind == "files" else "entries.json")
    if kind == "files":
        source.mkdir()
        for key in "abc":
            (source / f"{key}.json").write_text(json.dumps(body(key, key)))
    else:
        write_entries(source, {"a": entry("a"), "b": entry("b"), "c": entry("c"), "odd": 5})
    return source


def there(folder: Path, kind: str, running: bool, kill_at: int) -> bool:
    """Kill a move there, look at what it left, and make it again; whether it was killed before its end."""
    source = make(folder, kind)
    before = tree(source)
    target = memory(folder / "notes.db")

    async def move() -> None:
        if running:
            await target.initialize()
        await move_data(source, target, set_aside=True)
        if running:
            await target.cleanup()

    def look() -> None:
        found = asyncio.run(contents(target)) if (folder / "notes.db").exists() else {}
        assert found in ({}, {"a": "a", "b": "b", "c": "c"}), (kill_at, found)

    def again() -> None:
        asyncio.run(move())
        assert asyncio.run(contents(target)) == {"a": "a", "b": "b", "c": "c"}
        names = sorted(one.name for one in folder.iterdir())
        aside = ["notes.db.aside.json"] if kind == "entries" else []
        assert names == sorted([source.name, "notes.db", *aside, f"notes.db.{source.name}.moved"]), names
        source.rename(folder / "before")
        assert asyncio.run(move_back(source, target)).identical
        assert tree(source) == before

    killed = in_child(lambda: asyncio.run(move()), kill_at)
    assert tree(source) == before
    in_child(look)
    in_child(again)
    return killed


def back(folder: Path, kind: str, kill_at: int) -> bool:
    """Kill a move back, look at what it left, and make it again; whether it was killed before its end."""
    source = make(folder, kind)
    target = memory(folder / "notes.db")

    def prepare() -> None:
        async def work() -> None:
            await move_data(source, target, set_aside=True)
            await target.initialize()
            await target.put("a", "changed")
            await target.delete("b")
            await target.cleanup()

        asyncio.run(work())

    def work() -> None:
        asyncio.run(move_back(source, target))

    in_child(prepare)
    before = tree(source)
    killed = in_child(work, kill_at)
    left = tree(source)
    # A folder is replaced by two renames; between them it lies beside its name.
    assert left != "nothing" or (kind == "files" and tree(folder / f".{source.name}.before") == before)
    in_child(work)
    after = tree(source)
    assert after != before
    assert left in (before, after, "nothing")
    assert not [one.name for one in folder.iterdir() if one.name.startswith(".")]
    return killed


def main(what: str, kind: str, every: str) -> None:
    sys.addaudithook(_step)
    os.fsync = _stepping(os.fsync)
    Database._put = _stepping(Database._put)  # type: ignore[method-assign]
    kill_at, killed = 1, True
    while killed:
        with tempfile.TemporaryDirectory() as name:
            if what == "back":
                killed = back(Path(name), kind, kill_at)
            else:
                killed = there(Path(name), kind, what == "running", kill_at)
        kill_at += int(every)
    sys.stdout.write(f"{kill_at}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
