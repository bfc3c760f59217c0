"""The journal of a migration: what it needs to be finished or undone, on disk before anything is changed.

It is a folder, ``.purveyor/migrate/<id>/``, that appears and goes in one rename, so that it is whole or not there:

- ``plan.json``: the plan
- ``blobs/<SHA-256>``: the originals
- ``copies.json``: the paths of the copies of originals, which a scan leaves out
- ``journal.jsonl``: what was done. Each line begins with a digest of itself and of the line before, so that a line
  that was changed is noticed. The first one holds what the files had besides their bytes.

How far a run has come is seen from the files themselves. So a last line that a kill has cut off is no loss.
"""

from __future__ import annotations

import json
import os
import stat
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from purveyor.errors import MigrationJournalError, PathObstructedError
from purveyor.migrate.change.worktree import Attributes, Found
from purveyor.storage.local.tree import FOLDER, look

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence

    from purveyor.migrate.change.plan import Plan, PlannedFile
    from purveyor.migrate.change.worktree import WorkTree

__all__ = ["Journal", "clear_leftovers", "create_journal", "find_journal", "home_of", "other_plans"]

VERSION = 1

_HOME = (".purveyor", "migrate")
_LINES = "journal.jsonl"
_EVENTS = frozenset({"apply", "done", "applied", "rollback", "kept", "restored", "rolled back"})


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a file had besides its bytes; the time is unknown if the journal was lost and made anew."""

    mode: int
    modified: int | None


class Journal:
    """The journal of a plan.

    Args:
        tree: The tree it is in.
        plan: The plan.
        made: Those of its folders, from the root, that came with it.
        kept: What the files had besides their bytes.
        size: How many bytes of its lines are good.
        digest: The digest of the last good line.
        torn: Whether others come after them.
        is_over: Whether the last of them says that all was rolled back; it stays if somebody has changed it.
    """

    def __init__(
        self,
        tree: WorkTree,
        plan: Plan,
        made: Sequence[str],
        kept: Mapping[str, _Kept],
        size: int,
        digest: str,
        *,
        torn: bool = False,
        is_over: bool = False,
    ) -> None:
        self.is_over = is_over
        #: Whether a line that cannot be written is let go: what failed is being undone, and the disk may be full.
        self.lenient = False
        self._tree = tree
        self._plan = plan
        self._made = made
        self._kept = kept
        self._size = size
        self._digest = digest
        self._torn = torn

    def append(self, event: str, path: str | None = None) -> None:
        """Note on disk what was done, or begins."""
        try:
            self._append({"event": event} if path is None else {"event": event, "path": path})
        except OSError:
            if not self.lenient:
                raise

    def original(self, file: PlannedFile) -> bytes | None:
        """The bytes of a file before the migration; None if they are missing or damaged."""
        blob = self._tree.find("/".join((*home_of(self._plan), "blobs", file.before)))
        return blob.data if isinstance(blob, Found) and blob.sha256 == file.before else None

    def attributes(self, path: str, now: Found | None) -> Attributes:
        """What a file had besides its bytes; its owner is the one it has now.

        Args:
            path: The file.
            now: What is there now.
        """
        kept = self._kept[path]
        user, group = (now.about.st_uid, now.about.st_gid) if now else (os.geteuid(), os.getegid())
        return Attributes(kept.mode, user, group, kept.modified)

    def foreign(self) -> tuple[str, ...]:
        """The paths of what somebody else has put into its folder, or changed there."""
        home = home_of(self._plan)
        expected = {"plan.json": self._plan.sha256, "copies.json": _digest(_copies(self._plan)), _LINES: None}
        expected |= {f"blobs/{file.before}": file.before for file in self._plan.files}
        found: list[str] = []
        for name in _walk(self._tree, home):
            path = "/".join((*home, name))
            if name not in expected:
                found.append(path)
            elif digest := expected[name]:
                file = self._tree.find(path)
                if not isinstance(file, Found) or file.sha256 != digest:
                    found.append(path)
        return tuple(sorted(found))

    def remove(self) -> tuple[str, ...]:
        """Remove it, with those folders above it that came with it and hold nothing else.

        Returns:
            What is `foreign`; if there is anything, all of it is left where it is.
        """
        if foreign := self.foreign():
            return foreign
        home = home_of(self._plan)
        level = len(home) - 1
        while level and home[level - 1] in self._made:
            with self._tree.folder(*home[:level]) as above:
                if os.listdir(above) != [home[level]]:  # noqa: PTH208 - a descriptor, not a path
                    break
            level -= 1
        part = _part(self._plan, level)
        with self._tree.folder(*home[:level]) as above:
            self._tree.steps.rename(above, home[level], part)
            self._tree.steps.sync(above)
            _delete(self._tree, above, part)
        return ()

    def _append(self, event: Mapping[str, Any]) -> None:
        steps = self._tree.steps
        line, digest = _line(event, self._digest)
        with self._tree.folder(*home_of(self._plan)) as folder:
            descriptor = steps.open_to_append(folder, _LINES)
            try:
                if self._torn:
                    steps.truncate(descriptor, self._size)
                self._torn = True
                steps.write(descriptor, line)
                steps.sync(descriptor)
            finally:
                os.close(descriptor)
        self._size += len(line)
        self._digest = digest
        self._torn = False


def find_journal(tree: WorkTree, plan: Plan) -> Journal | None:
    """The journal of a plan; None if there is none.

    Raises:
        MigrationJournalError: It was changed by somebody else, or is damaged.
    """
    home = home_of(plan)
    try:
        with tree.folder(*home) as folder:
            if look(folder, _LINES) is None:
                raise _damaged(tree, plan, "it is missing")
            data, _ = tree.steps.read(folder, _LINES)
    except FileNotFoundError:
        return None
    except PathObstructedError as error:
        problem, advice = f"{error.obstacle} is {error.kind}", "put a folder in its place"
        raise MigrationJournalError("/".join((tree.name, *home)), problem, advice) from error
    made, kept, size, digest, last = _parse(data, tree, plan)
    return Journal(tree, plan, made, kept, size, digest, torn=size != len(data), is_over=last == "rolled back")


def create_journal(tree: WorkTree, plan: Plan, originals: Mapping[str, tuple[bytes, int, int | None]]) -> Journal:
    """Make the journal of a plan that has none. When this returns, it is on disk.

    Args:
        tree: The tree.
        plan: The plan.
        originals: For each file of the plan its bytes, its mode, and when it was modified, in nanoseconds.
    """
    home, steps = home_of(plan), tree.steps
    level = _levels_there(tree, home)
    made = (*_inherited(tree, home[:level]), *home[level:])
    kept = {path: _Kept(mode, modified) for path, (_, mode, modified) in originals.items()}
    about = {path: {"mode": f"{each.mode:o}", "modified": each.modified} for path, each in kept.items()}
    begin = {"event": "begin", "version": VERSION, "plan": plan.sha256, "made": list(made), "files": about}
    line, digest = _line(begin, plan.sha256)
    files = {"plan.json": plan.to_json(), "copies.json": _copies(plan), _LINES: line}
    blobs = {file.before: originals[file.path][0] for file in plan.files}

    part = _part(plan, level)
    with tree.folder(*home[:level]) as above:
        with _new_folder(tree, above, part) as outermost:
            _fill(tree, outermost, home[level + 1 :], files, blobs)
        steps.rename(above, part, home[level])
        steps.sync(above)
    return Journal(tree, plan, made, kept, len(line), digest)


def home_of(plan: Plan) -> tuple[str, str, str]:
    """The folder of a plan's journal: its name below the tree, and those of the folders above it."""
    return (*_HOME, plan.id)


def clear_leftovers(tree: WorkTree, plan: Plan) -> None:
    """Remove what a process that was killed has left of a journal that it was making or removing."""
    for level in range(len(home_of(plan))):
        part = _part(plan, level)
        with suppress(FileNotFoundError, PathObstructedError), tree.folder(*home_of(plan)[:level]) as above:
            about = look(above, part)
            if about is not None and stat.S_ISDIR(about.st_mode):
                _delete(tree, above, part)


def other_plans(tree: WorkTree, plan: Plan) -> tuple[str, ...]:
    """The paths of the plans that have journals in the tree, but for this one."""
    try:
        with tree.folder(*_HOME) as folder:
            names = sorted(os.listdir(folder))  # noqa: PTH208 - a descriptor, not a path
    except FileNotFoundError:
        return ()
    paths = ["/".join((*_HOME, name, "plan.json")) for name in names if name != plan.id and "." not in name]
    return tuple(path for path in paths if isinstance(tree.find(path), Found))


# --- lines ------------------------------------------------------------------------------------------


def _line(event: Mapping[str, Any], before: str) -> tuple[bytes, str]:
    text = json.dumps(event, sort_keys=True)
    digest = _digest(before.encode() + text.encode())[:16]
    return f"{digest} {text}\n".encode(), digest


def _parse(data: bytes, tree: WorkTree, plan: Plan) -> tuple[Sequence[str], Mapping[str, _Kept], int, str, str]:
    whole, _, _ = data.rpartition(b"\n")
    digest, events = plan.sha256, list[dict[str, Any]]()
    for number, line in enumerate(whole.split(b"\n"), 1):
        found, _, text = line.partition(b" ")
        digest = _digest(digest.encode() + text)[:16]
        if found != digest.encode():
            raise _damaged(tree, plan, f"line {number} was changed, or one before it was taken out")
        events.append(json.loads(text))
        event = events[-1].get("event")
        if event not in _EVENTS and (number > 1 or event != "begin"):
            raise _damaged(tree, plan, f"line {number} says {event!r}, which this version does not know")
    begin = events[0]
    if begin.get("version") != VERSION:
        raise _damaged(tree, plan, f"it is of version {begin.get('version')!r}, not {VERSION}")
    kept = {path: _Kept(int(each["mode"], 8), each["modified"]) for path, each in begin["files"].items()}
    return begin["made"], kept, len(whole) + 1, digest, events[-1]["event"]


def _damaged(tree: WorkTree, plan: Plan, problem: str) -> MigrationJournalError:
    home = "/".join((tree.name, *home_of(plan)))
    advice = f"move {home} away: a rollback then goes by the plan alone, and all but modification times comes back"
    return MigrationJournalError(f"{home}/{_LINES}", problem, advice)


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def _copies(plan: Plan) -> bytes:
    return json.dumps(sorted(file.copy for file in plan.files), indent=1).encode() + b"\n"


# --- folders ----------------------------------------------------------------------------------------


def _part(plan: Plan, level: int) -> str:
    """What a folder of this level is called while it is not whole."""
    return f"{home_of(plan)[level]}.{plan.id}.part"


def _levels_there(tree: WorkTree, home: Sequence[str]) -> int:
    for level in range(len(home)):
        try:
            with tree.folder(*home[: level + 1]):
                pass
        except FileNotFoundError:
            return level
    raise FileExistsError("/".join(home))  # pragma: no cover - the lock is held, and it was not there a moment ago


def _inherited(tree: WorkTree, there: Sequence[str]) -> list[str]:
    """Those folders that came with the journals of other plans: they go with the last one."""
    if len(there) < len(_HOME):
        return []
    claimed: set[str] = set()
    with tree.folder(*_HOME) as folder:
        for name in os.listdir(folder):  # noqa: PTH208 - a descriptor, not a path
            lines = tree.find("/".join((*_HOME, name, _LINES)))
            if isinstance(lines, Found):
                with suppress(ValueError, LookupError, TypeError):
                    claimed.update(json.loads(lines.data.split(b"\n")[0].partition(b" ")[2])["made"])
    return [name for name in there if name in claimed]


@contextmanager
def _opened(above: int, name: str) -> Generator[int]:
    descriptor = os.open(name, FOLDER, dir_fd=above)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _new_folder(tree: WorkTree, above: int, name: str) -> Generator[int]:
    """A folder to fill; at the end of the block what is in it is on disk."""
    tree.steps.mkdir(above, name)
    with _opened(above, name) as folder:
        yield folder
        tree.steps.sync(folder)


def _fill(
    tree: WorkTree, folder: int, inner: Sequence[str], files: Mapping[str, bytes], blobs: Mapping[str, bytes]
) -> None:
    if inner:
        with _new_folder(tree, folder, inner[0]) as below:
            _fill(tree, below, inner[1:], files, blobs)
        return
    with _new_folder(tree, folder, "blobs") as below:
        for name, data in blobs.items():
            _write(tree, below, name, data)
    for name, data in files.items():
        _write(tree, folder, name, data)


def _write(tree: WorkTree, folder: int, name: str, data: bytes) -> None:
    descriptor = tree.steps.create(folder, name)
    try:
        tree.steps.write(descriptor, data)
        tree.steps.sync(descriptor)
    finally:
        os.close(descriptor)


def _delete(tree: WorkTree, above: int, name: str) -> None:
    with _opened(above, name) as folder:
        for each in sorted(os.listdir(folder)):  # noqa: PTH208 - a descriptor, not a path
            about = look(folder, each)
            if about is not None and stat.S_ISDIR(about.st_mode):
                _delete(tree, folder, each)
            else:
                tree.steps.unlink(folder, each)
    tree.steps.rmdir(above, name)


def _walk(tree: WorkTree, home: Sequence[str]) -> Iterator[str]:
    """Everything in a journal's folder but the folder of the blobs, relative to it."""
    with tree.folder(*home) as folder:
        for name in os.listdir(folder):  # noqa: PTH208 - a descriptor, not a path
            about = look(folder, name)
            if name == "blobs" and about is not None and stat.S_ISDIR(about.st_mode):
                with _opened(folder, name) as blobs:
                    yield from (f"blobs/{each}" for each in os.listdir(blobs))  # noqa: PTH208
            else:
                yield name
