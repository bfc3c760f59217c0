"""A tree to change, how it is looked at, and systems that fail or die at a step."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from purveyor.migrate.change.plan import Change, Plan, assemble
from purveyor.migrate.change.steps import Steps

#: Bytes before and after; None where nothing changes.
FILES: dict[str, tuple[bytes, bytes | None, int]] = {
    "base.py": (b"class Base:\n    pass\n", b"class Base(object):\n    pass\n", 0o644),
    "pkg/__init__.py": (b"", b"from base import Base\n", 0o600),
    "pkg/crlf.py": (b"# one\r\nx = 1\r\ny = 2", b"# one\r\nx = 10\r\ny = 2", 0o755),
    "pkg/sub/latin.py": (
        b"# -*- coding: latin-1 -*-\nname = '\xe9'\n\x0c\nlast = 1\n",
        b"# -*- coding: latin-1 -*-\nname = '\xe8'\n\x0c\nlast = 1\n\n",
        0o640,
    ),
    "pkg/untouched.py": (b"z = 3\n", None, 0o644),
    "README": (b"no Python\n", None, 0o444),
}

Tree = dict[str, tuple[int, bytes]]

#: When every file of the tree was modified.
MODIFIED = 1_700_000_000_123_456_789


def make_tree(root: Path) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    for path, (before, _, mode) in FILES.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(before)
        file.chmod(mode)
        os.utime(file, ns=(MODIFIED, MODIFIED))
    return root


def make_plan_file(folder: Path, *, root: str = "tree", **options: Any) -> Path:
    path = folder / "plan.json"
    path.write_bytes(sample_plan(root, **options).to_json())
    return path


def sample_plan(root: str = "tree", **options: Any) -> Plan:
    changes = [
        Change(path, before, after, mode, "latin-1" if "latin" in path else "utf-8")
        for path, (before, after, mode) in FILES.items()
        if after is not None
    ]
    return assemble(root, changes, **options)


def look(root: Path) -> Tree:
    """Every file and folder but the journal, with its mode and its bytes."""
    found: Tree = {}
    folders = [(str(root), "")]
    while folders:
        folder, prefix = folders.pop()
        for entry in os.scandir(folder):
            name = prefix + entry.name
            if name.startswith(".purveyor"):
                continue
            data = b""
            if entry.is_dir(follow_symlinks=False):
                folders.append((entry.path, f"{name}/"))
            elif entry.is_file(follow_symlinks=False):
                data = Path(entry.path).read_bytes()
            found[name] = (entry.stat(follow_symlinks=False).st_mode, data)
    return dict(sorted(found.items()))


def times(root: Path) -> dict[str, int]:
    return {path: (root / path).stat().st_mtime_ns for path in FILES}


def after_tree(before: Tree) -> Tree:
    """What a tree is when the sample plan is applied to it."""
    after = dict(before)
    for path, (old, new, _) in FILES.items():
        if new is not None:
            mode = before[path][0]
            after[path] = (mode, new)
            after[f"{path.removesuffix('.py')}_legacy.py"] = (mode, old)
    return dict(sorted(after.items()))


class Killed(BaseException):
    """The process is gone. Whatever runs on after this has no effect any more."""


#: The steps that change something; between two of them nothing that a kill could hit happens.
CHANGING = (
    "create", "write", "truncate", "chown", "chmod", "utime", "sync", "link", "rename", "unlink", "mkdir", "rmdir",
)  # fmt: skip
#: The steps that need room on the disk.
GROWING = ("create", "write", "mkdir", "link")
ALL = ("read", "open", "open_to_append", *CHANGING)


class WatchedSteps(Steps):
    """Steps that call somebody before each one of them, and are not slow."""

    def __init__(self, watch: Callable[[str, tuple[Any, ...]], None], *, real_sync: bool = False) -> None:
        self.watch = watch
        self.real_sync = real_sync

    def sync(self, descriptor: int) -> None:
        if self.real_sync:
            super().sync(descriptor)
        else:
            os.fstat(descriptor)


def _watched(name: str) -> Callable[..., Any]:
    plain = WatchedSteps.sync if name == "sync" else getattr(Steps, name)

    def step(self: WatchedSteps, *arguments: Any) -> Any:
        self.watch(name, arguments)
        return plain(self, *arguments)

    return step


for _name in ALL:
    setattr(WatchedSteps, _name, _watched(_name))


class Recorder:
    """Notes the steps."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def __call__(self, name: str, arguments: tuple[Any, ...]) -> None:
        self.made.append(name)

    @property
    def changing(self) -> int:
        return sum(name in CHANGING for name in self.made)

    @property
    def writes(self) -> int:
        return self.made.count("write")


class KillAt:
    """Kills at the n-th step that changes something; torn: in the middle of the n-th write."""

    def __init__(self, number: int, torn: bool = False) -> None:
        self.left = number
        self.torn = torn
        self.dead = False

    def __call__(self, name: str, arguments: tuple[Any, ...]) -> None:
        if not self.dead:
            if name not in (("write",) if self.torn else CHANGING):
                return
            if self.left:
                self.left -= 1
                return
            self.dead = True
            if self.torn:
                descriptor, data = arguments
                os.write(descriptor, data[: len(data) // 2])
        raise Killed


class FailAt:
    """Lets the n-th step fail, and later ones of some kinds as well."""

    def __init__(self, number: int, error: int, later: tuple[str, ...] = ()) -> None:
        self.left = number
        self.error = error
        self.later = later
        self.failed: list[str] = []

    def __call__(self, name: str, arguments: tuple[Any, ...]) -> None:
        if self.failed:
            if name not in self.later:
                return
        elif self.left:
            self.left -= 1
            return
        self.failed.append(name)
        raise OSError(self.error, os.strerror(self.error))


class SigkillAt:
    """Kills this very process at the n-th step that changes something."""

    def __init__(self, number: int) -> None:
        self.left = number

    def __call__(self, name: str, arguments: tuple[Any, ...]) -> None:
        if name in CHANGING:
            if not self.left:
                os.kill(os.getpid(), signal.SIGKILL)
            self.left -= 1
