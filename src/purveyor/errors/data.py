"""Errors about data: what memory and storage have in common."""

from __future__ import annotations

from errno import EACCES, ENOSPC, ETIMEDOUT
from typing import TYPE_CHECKING

from purveyor.errors.base import PurveyorError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "ChecksumError",
    "ConflictError",
    "DataError",
    "InvalidInputError",
    "ObjectNotFoundError",
    "PartialDeleteError",
    "PathObstructedError",
    "StoreBusyError",
    "StoreClosedError",
    "StoreCorruptError",
    "StoreError",
    "StoreFullError",
    "StorePermissionError",
]


class DataError(PurveyorError):
    """The base of errors about data in a memory store or a storage."""


class InvalidInputError(DataError, ValueError):
    """A key, path, value or argument is not acceptable; nothing was written.

    Args:
        argument: Which argument, down to the place inside it: ``"key"``, ``"value.prices[3]"``.
        problem: What is wrong with it.
        advice: What to do instead.
    """

    permanent = True

    def __init__(self, argument: str, problem: str, advice: str | None = None) -> None:
        super().__init__(argument, problem, advice)
        self.argument = argument
        self.problem = problem
        self.advice = advice

    @property
    def where(self) -> str:
        return self.argument

    @property
    def what(self) -> str:
        return self.problem

    @property
    def hint(self) -> str | None:
        return self.advice


class ConflictError(DataError):
    """A condition did not hold (create-only, if-match, version); nothing was written.

    Args:
        target: The key or path that was to be written.
        expected: The state the caller required: a version, an etag, or ``"absent"``.
        actual: The state that was found: a version, an etag, or None where nothing is.
    """

    def __init__(self, target: str, expected: object, actual: object) -> None:
        super().__init__(target, expected, actual)
        self.target = target
        self.expected = expected
        self.actual = actual

    @property
    def where(self) -> str:
        return self.target

    @property
    def what(self) -> str:
        found = "it does not exist" if self.actual is None else f"it is at {self.actual}"
        wanted = "it to be absent" if self.expected == "absent" else f"it to be at {self.expected}"
        return f"expected {wanted}, but {found}"

    @property
    def hint(self) -> str:
        return "read it again and decide anew"


class StoreError(DataError):
    """A backend could not do its work.

    Args:
        store: The backend and where it is, without credentials: ``"memory.sqlite /data/notes.db"``.
        problem: What went wrong.
        advice: What to do about it.
    """

    def __init__(self, store: str, problem: str, advice: str | None = None) -> None:
        super().__init__(store, problem, advice)
        self.store = store
        self.problem = problem
        self.advice = advice

    @property
    def where(self) -> str:
        return self.store

    @property
    def what(self) -> str:
        return self.problem

    @property
    def hint(self) -> str | None:
        return self.advice


class StoreClosedError(StoreError):
    """The backend is not open: never initialized, or already cleaned up."""


class StoreCorruptError(StoreError):
    """What lies on disk is not what this driver writes, or is damaged; it was left as it is."""


# `OSError` reads the arguments of the following three as a number, its text and a file's name. Their classes hide
# what it makes of the first and the last, and say what is so.


class StoreFullError(StoreError, OSError):
    """There is no room left; what was acknowledged before is safe."""

    errno = ENOSPC
    filename = None


class StoreBusyError(StoreError, TimeoutError):
    """Another process held the backend's lock for longer than the configured wait; nothing was written."""

    errno = ETIMEDOUT
    filename = None


class StorePermissionError(StoreError, PermissionError):
    """The operating system does not let this process read or write there."""

    errno = EACCES
    filename = None


class ObjectNotFoundError(DataError, FileNotFoundError):
    """No object lies at this path of a storage."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path

    @property
    def where(self) -> str:
        return self.path

    @property
    def what(self) -> str:
        return "no such object"


class PathObstructedError(DataError):
    """Something that is no object lies in the way of a path; nothing was read or written.

    Args:
        path: The path that was asked for.
        obstacle: The path of what is in the way: `path` itself, or a part of it.
        kind: What it is: ``"a symbolic link"``, ``"a folder"``, ``"an object"``, ``"a special file"``.
    """

    def __init__(self, path: str, obstacle: str, kind: str) -> None:
        super().__init__(path, obstacle, kind)
        self.path = path
        self.obstacle = obstacle
        self.kind = kind

    @property
    def where(self) -> str:
        return self.path

    @property
    def what(self) -> str:
        return f"{self.obstacle} is {self.kind}"

    @property
    def hint(self) -> str:
        if self.kind in ("a folder", "an object"):
            return "on a file system an object and a folder cannot share a path: choose another one"
        return "links and special files are never followed: put a file or folder in its place"


class PartialDeleteError(DataError):
    """Some of many objects could not be deleted; all others are.

    Args:
        deleted: How many objects were deleted.
        errors: What went wrong, by path.
    """

    def __init__(self, deleted: int, errors: Mapping[str, DataError]) -> None:
        self.deleted = deleted
        self.errors = dict(errors)
        super().__init__(deleted, self.errors)

    @property
    def what(self) -> str:
        first = next(iter(self.errors.values()))
        return f"{self.deleted} deleted, {len(self.errors)} failed, the first with: {first}"


class ChecksumError(DataError):
    """Bytes do not have the checksum they should have; an upload was discarded, a download is not to be used."""

    def __init__(self, path: str, expected: str, actual: str) -> None:
        super().__init__(path, expected, actual)
        self.path = path
        self.expected = expected
        self.actual = actual

    @property
    def where(self) -> str:
        return self.path

    @property
    def what(self) -> str:
        return f"checksum is {self.actual}, expected {self.expected}"
