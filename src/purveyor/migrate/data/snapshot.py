"""`Snapshot`: the bytes of a file or a folder at one moment, and how they are written as a whole or not at all."""

from __future__ import annotations

import os
import shutil
import stat
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Literal

from purveyor.errors import PurveyorError
from purveyor.storage.local.failures import typed

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

__all__ = ["Node", "Snapshot", "failures_of", "sync_folder", "take"]

Kind = Literal["file", "folder", "link", "unreadable", "special"]


@dataclass(frozen=True, slots=True)
class Node:
    """One thing in a folder, or the file itself.

    Args:
        kind: What it is.
        data: The bytes of a file; of a link, where it leads to.
        mode: Its permissions.
        modified: When it was last written, in nanoseconds since the epoch.
        reason: Why it cannot be read.
    """

    kind: Kind
    data: bytes = field(default=b"", repr=False)
    mode: int = 0o644
    modified: int = 0
    reason: str = ""


@dataclass(frozen=True)
class Snapshot:
    """A file or a folder, whole.

    Args:
        name: What it is called.
        nodes: What is in it, by path with ``/``, in order; the file itself, and the folder itself, is ``""``.
    """

    name: str
    nodes: dict[str, Node]

    @property
    def is_folder(self) -> bool:
        """Whether it is one."""
        return self.nodes[""].kind == "folder"

    @property
    def data(self) -> bytes:
        """The bytes of the file."""
        return self.nodes[""].data

    @cached_property
    def sha256(self) -> str:
        """The hash: of a file that of its bytes, of a folder that of all names, kinds and bytes."""
        if not self.is_folder:
            return sha256(self.data).hexdigest()
        whole = sha256()
        for path, node in self.nodes.items():
            line = f"{path}\0{node.kind}\0{sha256(node.data).hexdigest()}\n"
            whole.update(line.encode(errors="surrogateescape"))
        return whole.hexdigest()

    def with_files(self, files: Mapping[str, bytes | None]) -> Snapshot:
        """One in which some files have other bytes, or None and are gone; new ones have the mode of the others."""
        usual = next((node for node in self.nodes.values() if node.kind == "file"), Node("file"))
        nodes = dict(self.nodes)
        for path, data in files.items():
            if data is None:
                del nodes[path]
            else:
                nodes[path] = replace(nodes.get(path, usual), data=data, modified=0)
        return Snapshot(self.name, dict(sorted(nodes.items())))

    def write(self, target: Path) -> None:
        """Put it in the place of what is there, in one step.

        A folder takes two: the old one is renamed to ``.<name>.before``, then the new one takes its name.
        `recover` undoes the first if a killed process came no further.

        Raises:
            StoreError: It cannot be written; what was there is as it was.
        """
        part, before = _beside(target, "part"), _beside(target, "before")
        with failures_of(target):
            try:
                _remove(part)
                self._lay_out(part)
                if self.is_folder and target.exists():
                    target.rename(before)
                part.rename(target)
                sync_folder(target.parent)
            except BaseException:
                with suppress(OSError):
                    recover(target)
                    _remove(part)
                raise
            _remove(before)

    def _lay_out(self, root: Path) -> None:
        folders: list[Path] = []
        for path, node in self.nodes.items():
            place = root / path if path else root
            if node.kind == "folder":
                place.mkdir()
                folders.append(place)
            elif node.kind == "link":
                place.symlink_to(os.fsdecode(node.data))
            else:  # a file: whatever else there may be was never moved
                with place.open("xb") as file:
                    file.write(node.data)
                    file.flush()
                    os.fsync(file.fileno())
                place.chmod(node.mode)
                if node.modified:
                    os.utime(place, ns=(node.modified, node.modified))
        for place in reversed(folders):
            node = self.nodes[place.relative_to(root).as_posix() if place != root else ""]
            sync_folder(place)
            place.chmod(node.mode)
            os.utime(place, ns=(node.modified, node.modified))


def take(path: Path) -> Snapshot:
    """Read a file or a folder whole. Links are not followed; what cannot be read is told, not raised, in a folder.

    Raises:
        StoreError: The file, or the folder itself, cannot be read.
    """
    with failures_of(path):
        top = path.stat()
        if not stat.S_ISDIR(top.st_mode):
            return Snapshot(path.name, {"": _read(path, follow=True)})
        nodes = {"": Node("folder", mode=stat.S_IMODE(top.st_mode), modified=top.st_mtime_ns)}
        names = sorted(inner.name for inner in path.iterdir())  # os.walk would keep an error to itself
    rest = names[::-1]
    while rest:
        name = rest.pop()
        node = _read_or_tell(path / name)
        if node.kind == "folder":
            try:
                rest += sorted((f"{name}/{inner.name}" for inner in (path / name).iterdir()), reverse=True)
            except OSError as error:
                node = Node("unreadable", reason=error.strerror or str(error))
        nodes[name] = node
    return Snapshot(path.name, dict(sorted(nodes.items())))


def recover(target: Path) -> None:
    """Finish or undo what a killed `Snapshot.write` left of a folder."""
    before = _beside(target, "before")
    if os.path.lexists(before):
        if target.exists():
            _remove(before)
        else:
            before.rename(target)


@contextmanager
def failures_of(path: Path) -> Generator[None]:
    """Have what the operating system says of a file raised as a `StoreError`."""
    try:
        yield
    except PurveyorError:  # some are also an OSError
        raise
    except OSError as error:
        raise typed(error, str(path)) from error


def sync_folder(folder: Path) -> None:
    """Return when the names in a folder are on disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read_or_tell(path: Path) -> Node:
    try:
        return _read(path, follow=False)
    except OSError as error:
        return Node("unreadable", reason=error.strerror or str(error))


def _read(path: Path, *, follow: bool) -> Node:
    status = path.stat(follow_symlinks=follow)
    mode, modified = stat.S_IMODE(status.st_mode), status.st_mtime_ns
    if stat.S_ISLNK(status.st_mode):
        return Node("link", os.fsencode(path.readlink()))
    if stat.S_ISDIR(status.st_mode):
        return Node("folder", mode=mode, modified=modified)
    if not stat.S_ISREG(status.st_mode):
        return Node("special", reason="is no regular file")
    return Node("file", path.read_bytes(), mode, modified)


def _beside(target: Path, word: str) -> Path:
    return target.with_name(f".{target.name}.{word}")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
