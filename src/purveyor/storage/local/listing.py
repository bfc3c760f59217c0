"""Listing a tree of files in the order of object storage."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Literal

from purveyor.errors import PathObstructedError
from purveyor.storage.local.objects import meta_of
from purveyor.storage.local.tree import FOLDER, Tree, look
from purveyor.storage.paths import RESERVED, is_path
from purveyor.storage.storage import Listing, ObjectMeta

if TYPE_CHECKING:
    from collections.abc import Iterator


def list_objects(
    tree: Tree, prefix: str, *, delimiter: Literal["/"] | None, after: str | None, limit: int
) -> Listing:
    """One page of a listing; the arguments are those of `Storage.list`.

    Only the folders on the way are read: each is sorted with a ``/`` behind the names of its folders, which
    gives the code-point order of the full paths.
    """
    folders = tuple(prefix.split("/")[:-1])
    base = prefix[: prefix.rfind("/") + 1]
    try:
        with tree.folder(folders, prefix) as folder:
            found = _walk(folder, base, prefix, after or "", rolled_up=delimiter is not None)
            page = list(islice(found, limit + 1))
    except (FileNotFoundError, PathObstructedError):  # a link on the way is not followed: nothing lies there
        return Listing(())
    last = page[limit - 1] if len(page) > limit else None
    return Listing(
        tuple(entry for entry in page[:limit] if isinstance(entry, ObjectMeta)),
        tuple(entry for entry in page[:limit] if isinstance(entry, str)),
        last.path if isinstance(last, ObjectMeta) else last,
    )


def _walk(folder: int, base: str, prefix: str, after: str, *, rolled_up: bool) -> Iterator[ObjectMeta | str]:
    """The objects below a folder whose paths begin with `prefix` and come after `after`, in order.

    With `rolled_up`, the folders in it stand for what they hold, if they hold anything.
    """
    for path in sorted(_entries(folder, base, prefix, after, rolled_up=rolled_up)):
        if not is_path(path.removesuffix("/")):
            continue  # another tool's name, which no path can have: it could be listed, but not read
        if not path.endswith("/"):
            name = path[len(base) :]
            found = look(folder, name)
            if found and stat.S_ISREG(found.st_mode):
                yield meta_of(path, found, None)
            continue
        with suppress(FileNotFoundError, NotADirectoryError):  # gone meanwhile
            inner = os.open(path[len(base) : -1], FOLDER, dir_fd=folder)
            try:
                if not rolled_up:
                    yield from _walk(inner, path, prefix, after, rolled_up=False)
                elif _holds_objects(inner, path):
                    yield path
            finally:
                os.close(inner)


def _entries(folder: int, base: str, prefix: str, after: str, *, rolled_up: bool) -> set[str]:
    """The paths of a folder's files, and those of its folders with a ``/`` behind them."""
    found: set[str] = set()  # some file systems show an entry twice that is replaced meanwhile
    with os.scandir(folder) as entries:
        for entry in entries:
            path = base + entry.name
            if entry.is_dir(follow_symlinks=False):
                if path == RESERVED:
                    continue
                path += "/"
            elif not entry.is_file(follow_symlinks=False):
                continue
            # The page before may have ended inside a folder, whose rest is then still to come.
            ahead = path > after or (not rolled_up and path.endswith("/") and after.startswith(path))
            if ahead and path.startswith(prefix):
                found.add(path)
    return found


def _holds_objects(folder: int, base: str) -> bool:
    inner_folders: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if not is_path(base + entry.name):
                continue
            if entry.is_file(follow_symlinks=False):
                return True
            if entry.is_dir(follow_symlinks=False):
                inner_folders.append(entry.name)
    for name in inner_folders:
        with suppress(FileNotFoundError, NotADirectoryError):
            inner = os.open(name, FOLDER, dir_fd=folder)
            try:
                if _holds_objects(inner, f"{base}{name}/"):
                    return True
            finally:
                os.close(inner)
    return False
