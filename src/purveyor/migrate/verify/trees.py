"""The two trees, old and new, in folders of their own; the user's tree is only read."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self, TypeAlias

from purveyor.errors import VerifyError
from purveyor.migrate.change.plan import converted, original

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping
    from types import TracebackType

    from purveyor.migrate.change.plan import Plan

__all__ = ["SIDES", "Side", "Workspace", "remove"]

Side: TypeAlias = Literal["old", "new"]
SIDES: tuple[Side, ...] = ("old", "new")

_SKIPPED = {"__pycache__", "node_modules"}


class Workspace:
    """A temporary folder with both trees. Each has its turn under the same path, so that paths tell nothing.

    It is a context manager; the folder is gone after it.

    Args:
        root: The user's tree.
        plan: What is changed in it, or was.

    Raises:
        PlanError: A planned file is neither as before nor as planned.
        VerifyError: A tree cannot be copied.
    """

    def __init__(self, root: Path, plan: Plan) -> None:
        self.source, self.prefix = _import_base(root.resolve())
        self._planned = _both_sides(root, plan, self.prefix)
        self._left_out = {self.prefix + file.copy for file in plan.files}
        self.folder = Path(tempfile.mkdtemp(prefix="purveyor-verify-")).resolve()
        #: Where the side stands whose turn it is.
        self.sandbox = self.folder / "work"
        self.tree = self.sandbox / "tree"

    def __enter__(self) -> Self:
        try:
            self._files = dict(_files(self.source, self.prefix, self._left_out))
            self._files |= {path: self.source / path for path in self._planned}  # also hidden ones
            self._folders = {parent for path in self._files for parent in _parents(path)}
            self._signatures = {side: self._make(side) for side in SIDES}
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._remove()

    @contextlib.contextmanager
    def turn(self, side: Side) -> Generator[None]:
        """Put a side into the sandbox; afterwards it is as it was before, whatever was done to it."""
        (self.folder / side).rename(self.sandbox)
        try:
            yield
        finally:
            self._restore(side)
            self.sandbox.rename(self.folder / side)

    def paths(self) -> list[str]:
        """All files of the trees, relative to them."""
        return sorted(self._files)

    def _make(self, side: Side) -> dict[str, tuple[int, ...]]:
        base = self.folder / side
        for name in ("tree", "home", "tmp"):
            (base / name).mkdir(parents=True)
        try:
            for path in self._files:
                self._write(side, base / "tree" / path, path)
        except OSError as error:
            raise VerifyError(f"the tree cannot be copied: {error.strerror}", error.filename) from error
        return {path: _signature(base / "tree" / path) for path in self._files}

    def _write(self, side: Side, target: Path, path: str) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        source = self._files[path]
        if path in self._planned:
            target.write_bytes(self._planned[path][side])
        elif source.is_symlink():
            inside = source.resolve().relative_to(self.source)
            target.symlink_to(os.path.relpath(inside, Path(path).parent))
        else:
            shutil.copy2(source, target)

    def _restore(self, side: Side) -> None:
        for name in ("home", "tmp"):
            remove(self.sandbox / name)
            (self.sandbox / name).mkdir(parents=True)
        self.tree.mkdir(exist_ok=True)
        self._clean(self.tree, "")
        signatures = self._signatures[side]
        for path in self._files:
            target = self.tree / path
            if not os.path.lexists(target) or _signature(target) != signatures[path]:
                remove(target)
                self._write(side, target, path)
                signatures[path] = _signature(target)

    def _clean(self, folder: Path, prefix: str) -> None:
        """Remove what was not there."""
        folder.chmod(stat.S_IRWXU)
        for entry in list(os.scandir(folder)):
            path = prefix + entry.name
            if path in self._folders and entry.is_dir(follow_symlinks=False):
                self._clean(Path(entry.path), f"{path}/")
            elif path not in self._files:
                remove(Path(entry.path))

    def _remove(self) -> None:
        remove(self.folder)


def remove(path: Path) -> None:
    """Remove a file or a folder, also one whose permissions were taken away; nothing, if it is not there."""
    if path.is_dir() and not path.is_symlink():
        with contextlib.suppress(OSError):
            path.chmod(stat.S_IRWXU)
        for entry in list(os.scandir(path)):
            remove(Path(entry.path))
        path.rmdir()
    else:
        path.unlink(missing_ok=True)


def _import_base(root: Path) -> tuple[Path, str]:
    """The folder from which a tree is imported, and where the tree is in it: a root may lie within a package."""
    parts: list[str] = []
    while (root / "__init__.py").is_file():
        parts.insert(0, root.name)
        root = root.parent
    return root, "".join(f"{part}/" for part in parts)


def _both_sides(root: Path, plan: Plan, prefix: str) -> Mapping[str, Mapping[Side, bytes]]:
    sides: dict[str, Mapping[Side, bytes]] = {}
    for file in plan.files:
        try:
            current = (root / file.path).read_bytes()
        except OSError as error:
            raise VerifyError(f"it cannot be read: {error.strerror}", file.path) from error
        sides[prefix + file.path] = {
            "old": original(plan, file, current),
            "new": converted(plan, file, current),
        }
    return sides


def _files(source: Path, prefix: str, left_out: set[str]) -> Iterator[tuple[str, Path]]:
    """The files to be copied; of a tree within a package, the outermost package."""
    top = prefix.partition("/")[0]
    folder = source / top if top else source

    def follows(path: Path) -> bool:
        return not (path.name.startswith(".") or path.name in _SKIPPED or (path / "pyvenv.cfg").exists())

    for relative, path in _walk(folder, f"{top}/" if top else "", follows):
        if relative in left_out or path.name.startswith("."):  # hidden files are where credentials are kept
            continue
        if path.is_symlink():
            if path.exists() and path.resolve().is_relative_to(folder):
                yield relative, path
        elif path.is_file():
            yield relative, path


def _walk(folder: Path, prefix: str, follows: Callable[[Path], bool]) -> Iterator[tuple[str, Path]]:
    """All files below a folder, with their paths relative to it; links to folders are taken for files."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:  # it may not be read, or vanished
        return
    for entry in entries:
        path = Path(entry.path)
        if not entry.is_dir(follow_symlinks=False):
            yield prefix + entry.name, path
        elif follows(path):
            yield from _walk(path, f"{prefix}{entry.name}/", follows)


def _signature(path: Path) -> tuple[int, ...]:
    found = path.lstat()
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _parents(path: str) -> list[str]:
    """The folders above a file."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[: n + 1]) for n in range(len(parts))]
