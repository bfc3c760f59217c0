"""`Snapshot`: the bytes of a file or a folder at one moment, and how they are written as a whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from purveyor.errors import InvalidInputError, PurveyorError
from purveyor.storage.local.failures import typed

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from purveyor.errors import StoreError

__all__ = ["Node", "Snapshot", "failures_of", "path_from", "private", "recover", "sync_folder", "take"]

#: What to do about errors of the operating system, where that is otherwise than in a storage.
_ADVICE = {
    errno.ENOENT: "see that it is there, and the folder it lies in, or name another path",
    errno.ENOTDIR: "a folder must be there: name another path, or move away what is there",
    errno.EEXIST: "a folder must be there: name another path, or move away what is there",
    errno.EXDEV: "it must not lead to another file system: name another path",
    errno.EACCES: "let this process read and write there",
    errno.EPERM: "let this process read and write there",
    errno.EROFS: "let this process read and write there",
    errno.EFBIG: "raise the limit of a file's size",
}

Kind = Literal["file", "folder", "link", "unreadable", "special"]


@dataclass(frozen=True, slots=True)
class Node:
    """One thing in a folder, or the file itself.

    Args:
        kind: What it is.
        data: The bytes of a file; of a link, where it leads to.
        mode: Its permissions.
        owner: The numbers of its user and its group; -1 for whoever writes it.
        modified: When it was last written, in nanoseconds since the epoch.
        reason: Why it cannot be read.
    """

    kind: Kind
    data: bytes = field(default=b"", repr=False)
    mode: int = 0o644
    owner: tuple[int, int] = (-1, -1)
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
                place.mkdir(0o700)
                folders.append(place)
            elif node.kind == "link":
                place.symlink_to(os.fsdecode(node.data))
                _give(place, node)
            else:  # a file: whatever else there may be was never moved
                with open(place, "xb", opener=private) as file:
                    file.write(node.data)
                    file.flush()
                    os.fsync(file.fileno())
                _give(place, node)
                place.chmod(node.mode)
                if node.modified:
                    os.utime(place, ns=(node.modified, node.modified))
        for place in reversed(folders):
            node = self.nodes[place.relative_to(root).as_posix() if place != root else ""]
            sync_folder(place)
            _give(place, node)
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
        nodes = {"": _read(path, follow=True)}
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
        known = cast("StoreError", typed(error, str(path)))  # which it is for an error that is none of ours
        advice = _ADVICE.get(error.errno or 0, known.advice)
        raise type(known)(known.store, known.problem, advice) from error


def path_from(path: str | os.PathLike[str], argument: str) -> Path:
    """A path that a file can have.

    Args:
        path: The path.
        argument: What an error calls it.

    Raises:
        InvalidInputError: No file can have it, whatever the file system.
    """
    try:
        is_possible = b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        is_possible = False
    if not is_possible:
        problem = f"{os.fspath(path)!r:.80} has a character in it that no path can have"
        raise InvalidInputError(argument, problem, "take it out")
    return Path(path)


def private(path: str, flags: int) -> int:
    """Opens files for `open` that nobody else may read, before they get the permissions they are to have."""
    return os.open(path, flags, 0o600)


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
    mode, owner, modified = stat.S_IMODE(status.st_mode), (status.st_uid, status.st_gid), status.st_mtime_ns
    if stat.S_ISLNK(status.st_mode):
        return Node("link", os.fsencode(path.readlink()), owner=owner)
    if stat.S_ISDIR(status.st_mode):
        return Node("folder", mode=mode, owner=owner, modified=modified)
    if not stat.S_ISREG(status.st_mode):
        return Node("special", reason="is no regular file")
    return Node("file", path.read_bytes(), mode, owner, modified)


def _give(place: Path, node: Node) -> None:
    """Give something to the user and the group that had it, as far as this process may."""
    for user, group in ((-1, node.owner[1]), (node.owner[0], -1)):
        with suppress(OSError):
            os.chown(place, user, group, follow_symlinks=False)


def _beside(target: Path, word: str) -> Path:
    return target.with_name(f".{target.name}.{word}")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
