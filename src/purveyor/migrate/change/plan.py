"""A plan: what a migration would change, as a file that people review and `apply` carries out.

It is a pure function of the tree and the options: the same input gives the same bytes. The diff of a file is its
content; both hashes are there to check that a diff gives what was planned, and is applied to what was read.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path  # noqa: TC003 - for sphinx
from typing import TYPE_CHECKING, Any, cast

from purveyor.errors import PatchError, PlanError
from purveyor.migrate.change.patch import apply_diff, make_diff
from purveyor.migrate.change.places import copy_names, copy_of, whole, why_no_name, why_not
from purveyor.migrate.source.discovery import discovers_modules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from purveyor.migrate.rewrite import Decision

__all__ = ["Change", "Plan", "PlannedFile", "assemble", "converted", "load_plan", "make_plan", "original"]

VERSION = 1

_HASH = frozenset("0123456789abcdef")

#: What to do where a file is neither as before nor as planned.
_EDITED = (
    "`purveyor migrate status {plan}` shows which files were. "
    "After an apply undo the edits, or `rollback --force`; then, or if nothing was applied, make the plan again"
)


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """One file that a plan changes.

    Args:
        path: Relative to the root of the tree, with ``/``.
        before: The SHA-256 of the file as it was read, in hexadecimal.
        after: The SHA-256 of the file as it will be.
        mode: Its permission bits when it was read.
        copy: Where the original is kept: a path relative to the root.
        encoding: What `diff` was decoded with; bytes that it has no character for are surrogates.
        diff: The unified diff.
        warnings: What a reviewer should know: ``{"line", "code", "message"}``.
        classes: What becomes of its classes.
    """

    path: str
    before: str
    after: str
    mode: int
    copy: str
    encoding: str
    diff: str = field(repr=False)
    warnings: tuple[Mapping[str, Any], ...] = ()
    classes: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Plan:
    """What a migration would change.

    Args:
        root: The tree, relative to the folder of the plan, with ``/``.
        files: The files that change, in the order in which they are changed.
        classes: Every class of the tree and its state.
        unread: Files of the tree that could not be read, and so were left alone: ``{"path", "status", "reason"}``.
        options: The options the plan was made with.
        tool: What made it.
        source: The file that it was read from, for what is said of it; no part of its file.
    """

    root: str
    files: tuple[PlannedFile, ...]
    classes: tuple[Mapping[str, Any], ...] = ()
    unread: tuple[Mapping[str, Any], ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    tool: str = ""
    source: str = field(default="", compare=False)

    @cached_property
    def sha256(self) -> str:
        """The digest of `to_json`, which does not depend on how a plan's file is laid out."""
        return sha256(self.to_json()).hexdigest()

    @property
    def id(self) -> str:
        """What its journal is called: the first 16 digits of its digest."""
        return self.sha256[:16]

    def to_json(self) -> bytes:
        """The bytes of the plan's file: ASCII, sorted, the same for the same plan."""
        data = asdict(self)
        del data["source"]
        for file in data["files"]:
            file["mode"] = f"{file['mode']:o}"
        return json.dumps({"version": VERSION, **data}, indent=1, sort_keys=True).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class Change:
    """What the rewriter made of one file.

    Args:
        path: Relative to the root of the tree, with ``/``.
        before: Its bytes.
        after: What they become.
        mode: Its permission bits.
        encoding: What it is decoded with.
        generated: Whether a tool wrote it.
        warnings: As in `PlannedFile`.
        classes: As in `PlannedFile`.
    """

    path: str
    before: bytes = field(repr=False)
    after: bytes = field(repr=False)
    mode: int = 0o644
    encoding: str = "utf-8"
    generated: bool = False
    warnings: tuple[Mapping[str, Any], ...] = ()
    classes: tuple[Mapping[str, Any], ...] = ()


def make_plan(
    root: Path,
    *,
    relative_to: Path,
    exclude: Sequence[str] = (),
    progress: Callable[[int, int, str], None] | None = None,
) -> Plan:
    """Read a tree, decide what becomes of each class, and plan the changes. Nothing is imported or written.

    Args:
        root: The tree, or one file.
        relative_to: The folder that the plan will be in.
        exclude: Patterns of paths to leave out, as for `read_tree`.
        progress: Called with how many files were read, how many there are, and the path of the last one.

    Raises:
        MissingExtraError: LibCST is not installed.
        SourceNotFoundError: There is nothing at `root`.
    """
    from purveyor.migrate.rewrite import decide, rewrite  # noqa: PLC0415 - LibCST, which few need
    from purveyor.migrate.scan.kinds import classify  # noqa: PLC0415
    from purveyor.migrate.source.project import read_project  # noqa: PLC0415

    project = read_project(root, exclude=exclude, progress=progress)
    classified = classify(project)
    decisions = decide(project, classified)
    rewritten, decisions = rewrite(project, decisions)
    changes = [
        Change(
            each.file.path,
            each.file.data,
            each.after,
            each.file.mode,
            each.file.encoding,
            each.file.generated,
            tuple(asdict(warning) for decision in each.decisions for warning in decision.warnings),
            tuple(_about(decision) for decision in each.decisions),
        )
        for each in rewritten
    ]
    classes = [
        {"path": facts.file.path, "kind": classified[facts].kind, **_about(decisions[facts])}
        for facts in project.classes
    ]
    folder = root if root.is_dir() else root.parent
    return assemble(
        os.path.relpath(folder.resolve(), relative_to.resolve()),
        changes,
        classes=classes,
        unread=[
            {"path": file.path, "status": file.status, "reason": file.reason}
            for file in project.files
            if file.status != "ok"
        ],
        options={"exclude": list(exclude)},
        discovered=discovers_modules(file.data for file in project.files),
    )


def assemble(
    root: str,
    changes: Iterable[Change],
    *,
    classes: Iterable[Mapping[str, Any]] = (),
    unread: Iterable[Mapping[str, Any]] = (),
    options: Mapping[str, Any] | None = None,
    discovered: bool = False,
) -> Plan:
    """A plan of these changes.

    Args:
        root: The tree, relative to the folder of the plan.
        changes: What the rewriter made, in the order in which it is to be done; what is equal is left out.
        classes: Every class of the tree and its state.
        unread: Files that could not be read, and why.
        options: The options the plan is made with.
        discovered: Whether the tree imports whatever modules it finds in its folders.
    """
    files = tuple(_planned(change, discovered=discovered) for change in changes if change.before != change.after)
    return Plan(
        root.replace(os.sep, "/"),
        files,
        tuple(classes),
        tuple(unread),
        dict(options or {}),
        f"purveyor {version('purveyor')}",
    )


def load_plan(path: Path) -> Plan:
    """Read a plan's file.

    Args:
        path: Where it is.

    Raises:
        PlanError: It cannot be read, is no plan, is of another version, or names a path outside of the tree.
    """
    try:
        data = json.loads(whole(path))
    except OSError as error:
        raise PlanError(str(path), error.strerror or "it cannot be read", "give the path of a plan") from error
    except (ValueError, RecursionError) as error:
        raise PlanError(str(path), f"it is no JSON: {error}") from error
    found = data.get("version") if isinstance(data, dict) else None
    if found != VERSION or isinstance(found, bool):
        problem = f"it is a plan of version {found!r}, not {VERSION}" if found is not None else "it is no plan"
        raise PlanError(str(path), problem)
    try:
        return replace(_plan(data), source=str(path))
    except _DAMAGE as error:
        raise PlanError(str(path), f"it is damaged: {error}") from None


def converted(plan: Plan, file: PlannedFile, current: bytes) -> bytes:
    """A file as it is after the migration, made from either side.

    Args:
        plan: The plan.
        file: One of its files.
        current: The file's bytes, before or after the migration.

    Raises:
        PlanError: The bytes are neither, or the diff does not make one of the other.
    """
    return _side(plan, file, current, file.after, file.before)


def original(plan: Plan, file: PlannedFile, current: bytes) -> bytes:
    """A file as it is before the migration, made from either side; see `converted`."""
    return _side(plan, file, current, file.before, file.after)


def _side(plan: Plan, file: PlannedFile, current: bytes, wanted: str, other: str) -> bytes:
    found = sha256(current).hexdigest()
    if found == wanted:
        return current
    where = plan.source or f"plan {plan.id}"
    if found != other:
        problem = "the file is neither as before nor as planned: it was edited since"
        raise PlanError(where, problem, _EDITED.format(plan=plan.source or "PLAN"), file.path)
    try:
        made = apply_diff(current, _encoded(file), file.path, reverse=wanted == file.before)
    except PatchError as error:
        raise PlanError(where, f"its diff was edited: {error.problem}", place=file.path) from error
    if sha256(made).hexdigest() != wanted:
        raise PlanError(where, "its diff was edited: it gives other bytes than planned", place=file.path)
    return made


# --- writing ----------------------------------------------------------------------------------------


def _planned(change: Change, *, discovered: bool) -> PlannedFile:
    diff = make_diff(change.before, change.after, change.path)
    encoding, text = _decoded(diff, change.encoding)
    warnings = change.warnings
    if change.generated:
        message = "a tool generates this file, and will undo the change: change what generates it as well"
        warnings = ({"line": 1, "code": "generated", "message": message}, *warnings)
    return PlannedFile(
        path=change.path,
        before=sha256(change.before).hexdigest(),
        after=sha256(change.after).hexdigest(),
        mode=change.mode,
        copy=copy_of(change.path, discovered=discovered),
        encoding=encoding,
        diff=text,
        warnings=warnings,
        classes=change.classes,
    )


def _decoded(diff: bytes, encoding: str) -> tuple[str, str]:
    """A diff as text, and the encoding that makes the same bytes of it."""
    try:
        text = diff.decode(encoding)
        if text.encode(encoding) == diff:
            return encoding, text
    except (LookupError, UnicodeError):
        pass
    return "utf-8", diff.decode("utf-8", "surrogateescape")


def _encoded(file: PlannedFile) -> bytes:
    return file.diff.encode(file.encoding, "surrogateescape")


def _about(decision: Decision) -> dict[str, Any]:
    return {
        "name": decision.facts.qualname,
        "line": decision.facts.line,
        "state": decision.state,
        "reason": decision.reason,
        "provider": decision.name,
        "type": decision.type,
        "version": decision.version,
        "config": decision.config,
        "capabilities": list(decision.capabilities),
    }


# --- reading ----------------------------------------------------------------------------------------

#: What a damaged plan raises while it is read.
_DAMAGE = (ValueError, LookupError, TypeError)


def _plan(data: Mapping[str, Any]) -> Plan:
    files = tuple(_file(each) for each in _typed(data, "files", list))
    taken: set[str] = set()
    for file in files:
        for path in (file.path, file.copy):
            if path in taken:
                raise ValueError(f"{path!r} is in it twice")
            taken.add(path)
    root = _typed(data, "root", str)
    if problem := why_no_name(root):
        raise ValueError(f"the root {root!r} {problem}")
    return Plan(
        root=root,
        files=files,
        classes=_mappings(data, "classes"),
        unread=_mappings(data, "unread"),
        options=_plain(_typed(data, "options", dict), "options"),
        tool=_typed(data, "tool", str),
    )


def _file(data: object) -> PlannedFile:
    if not isinstance(data, dict):
        raise TypeError("a file of it is no object")
    entry = cast("dict[str, Any]", data)
    path = _typed(entry, "path", str)
    if problem := why_not(path):
        raise ValueError(f"the path {path!r} {problem}")
    file = PlannedFile(
        path=path,
        before=_typed(entry, "before", str),
        after=_typed(entry, "after", str),
        mode=int(_typed(entry, "mode", str), 8),
        copy=_typed(entry, "copy", str),
        encoding=_typed(entry, "encoding", str),
        diff=_typed(entry, "diff", str),
        warnings=_mappings(entry, "warnings"),
        classes=_mappings(entry, "classes"),
    )
    for digest in (file.before, file.after):
        if len(digest) != 64 or not _HASH.issuperset(digest):
            raise ValueError(f"{path!r} has {digest[:80]!r} for a SHA-256")
    if file.before == file.after or not 0 <= file.mode <= 0o7777:
        raise ValueError(f"{path!r} has a mode that is none, or does not change")
    if file.copy not in copy_names(path):
        raise ValueError(f"{path!r} has a copy of another name, {file.copy!r}")
    for warning in file.warnings:
        _typed(warning, "line", int)
        _typed(warning, "message", str)
    for each in file.classes:
        _typed(each, "name", str)
        _typed(each, "state", str)
    _encoded(file)
    return file


def _mappings(data: Mapping[str, Any], key: str) -> tuple[Mapping[str, Any], ...]:
    found = _typed(data, key, list)
    if not all(isinstance(each, dict) for each in found):
        raise TypeError(f"{key!r} holds something else than objects")
    return tuple(_plain(each, key) for each in found)


def _plain(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """An object as `make_plan` writes it: what it holds does not nest, so that no depth of it can stop a run."""
    for value in data.values():
        for each in value if isinstance(value, list) else (value,):
            if not isinstance(each, str | int | None):
                raise TypeError(f"{key!r} holds {type(each).__name__}, which no plan has there")
    return data


def _typed(data: Mapping[str, Any], key: str, kind: type[Any]) -> Any:
    if key not in data:
        raise LookupError(f"{key!r} is missing")
    if not isinstance(data[key], kind):
        raise TypeError(f"{key!r} is {type(data[key]).__name__}, not {kind.__name__}")
    return data[key]
