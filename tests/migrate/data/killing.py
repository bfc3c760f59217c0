"""Run as a program: moves there and back in children that are killed at their n-th step, and looks at what is left.

Steps are what the interpreter reports of the file system, each fsync, and each item that is put.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
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

_steps = 0
_kill_at = 0

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


def _step(event: str = "os.rename", _: object = None) -> None:
    global _steps
    if _kill_at and event in _EVENTS:
        _steps += 1
        if _steps == _kill_at:
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
    global _kill_at
    child = os.fork()
    if child == 0:
        code = 1
        try:
            _kill_at = kill_at
            work()
            _kill_at = 0
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


def there(kind: str, running: bool, every: int) -> int:
    """Kill moves there; how many places there were."""
    kill_at = 1
    while True:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            source = make(folder, kind)
            before = tree(source)
            target = memory(folder / "notes.db")

            async def move() -> None:
                if running:
                    await target.initialize()
                await move_data(source, target, set_aside=True)
                if running:
                    await target.cleanup()

            def look(kill_at: int = kill_at) -> None:
                found = asyncio.run(contents(target)) if (folder / "notes.db").exists() else {}
                assert found in ({}, {"a": "a", "b": "b", "c": "c"}), (kill_at, found)

            def again() -> None:
                asyncio.run(move())
                assert asyncio.run(contents(target)) == {"a": "a", "b": "b", "c": "c"}
                names = sorted(one.name for one in folder.iterdir())
                aside = ["notes.db.aside.json"] if kind == "entries" else []
                assert names == sorted([source.name, "notes.db", *aside, f"notes.db.{source.name}.moved"])
                shutil.rmtree(source) if source.is_dir() else source.unlink()
                assert asyncio.run(move_back(source, target)).identical
                assert tree(source) == before

            killed = in_child(lambda: asyncio.run(move()), kill_at)
            assert tree(source) == before
            in_child(look)
            in_child(again)
            if not killed:
                return kill_at
        kill_at += every


def back(kind: str, every: int) -> int:
    """Kill moves back; how many places there were."""
    with tempfile.TemporaryDirectory() as name:
        origin = Path(name) / "origin"
        origin.mkdir()
        source = make(origin, kind)

        def prepare() -> None:
            async def work() -> None:
                target = memory(origin / "notes.db")
                await move_data(source, target, set_aside=True)
                await target.initialize()
                await target.put("a", "changed")
                await target.delete("b")
                await target.cleanup()

            asyncio.run(work())

        in_child(prepare)
        kill_at = 1
        while True:
            folder = Path(name) / "copy"
            shutil.copytree(origin, folder)
            place = folder / source.name

            def work() -> None:
                asyncio.run(move_back(place, memory(folder / "notes.db")))

            before = tree(place)
            killed = in_child(work, kill_at)
            left = tree(place)
            aside = folder / f".{place.name}.before"
            # A folder is replaced by two renames; between them it lies beside its name.
            assert left != "nothing" or (kind == "files" and tree(aside) == before)
            in_child(work)
            after = tree(place)
            assert after != before
            assert left in (before, after, "nothing")
            assert not [one.name for one in folder.iterdir() if one.name.startswith(".")]
            shutil.rmtree(folder)
            if not killed:
                return kill_at
            kill_at += every


def main(what: str, kind: str, every: str) -> None:
    sys.addaudithook(_step)
    os.fsync = _stepping(os.fsync)
    Database._put = _stepping(Database._put)  # type: ignore[method-assign]
    print(back(kind, int(every)) if what == "back" else there(kind, what == "running", int(every)))


if __name__ == "__main__":
    main(*sys.argv[1:])
