"""Objects as files: how one is found, opened, published, moved and deleted. Everything here blocks."""

from __future__ import annotations

import errno
import os
import secrets
import stat
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, TypeVar

from purveyor.errors import (
    ConflictError,
    DataError,
    ObjectNotFoundError,
    PathObstructedError,
    StoreError,
    UnsupportedError,
)
from purveyor.storage.attributes import guess_content_type
from purveyor.storage.local.failures import typed
from purveyor.storage.local.sidecars import Attributes
from purveyor.storage.local.tree import kind_of, look, remove_empty, sync
from purveyor.storage.storage import ObjectMeta

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from purveyor.storage.local.locks import PathLocks
    from purveyor.storage.local.sidecars import Sidecars
    from purveyor.storage.local.temp import TempFile
    from purveyor.storage.local.tree import Place, Tree

R = TypeVar("R")

_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

# How often to begin anew because somebody replaced a file or pruned a folder under our hands. Each time
# somebody else has got something done, so this many times in a row means that something is wrong.
_ATTEMPTS = 1000


class _OvertakenError(Exception):
    """Somebody changed what was being looked at: look again."""


@dataclass(frozen=True, slots=True)
class Objects:
    """The objects below a root.

    Args:
        store: The backend and where it is, for errors.
        tree: The folders.
        locks: The locks on paths.
        sidecars: The attributes.
    """

    store: str
    tree: Tree
    locks: PathLocks
    sidecars: Sidecars

    def head(self, place: Place) -> ObjectMeta | None:
        """What is known of an object; None if there is none."""
        try:
            return self._persist(place, lambda: self._head(place))
        except ObjectNotFoundError:
            return None

    def open(self, place: Place) -> tuple[int, os.stat_result, Attributes]:
        """One version of an object: a descriptor to read it from, what it is, and its attributes.

        Raises:
            ObjectNotFoundError: There is none.
        """
        return self._persist(place, lambda: self._open(place))

    def publish(
        self, place: Place, temp: TempFile, attributes: Attributes, *, create_only: bool, if_match: str | None
    ) -> ObjectMeta:
        """Make a temporary file the object at a place, together with its attributes, durably.

        Raises:
            ConflictError: A condition does not hold.
        """
        # The modification time is the version: random below the millisecond, so that none comes twice.
        stamp = time.time_ns() - secrets.randbelow(1_000_000)
        os.utime(temp.descriptor, ns=(stamp, stamp))
        version = temp.sync()
        sidecar = self.sidecars.prepare(place, version, attributes) if attributes else None
        try:
            self._persist(place, lambda: self._publish(place, temp, version, sidecar, create_only, if_match))
        except BaseException:
            if sidecar and not sidecar.is_temporary and temp.is_temporary:
                self.sidecars.remove(place, version.st_mtime_ns)
            self.tree.prune(place.folders)
            raise
        finally:
            if sidecar:
                sidecar.close()
        return meta_of(place.path, version, attributes)

    def rename(self, source: Place, target: Place, *, create_only: bool) -> ObjectMeta:
        """Move an object with its attributes, durably.

        Raises:
            ObjectNotFoundError: There is none at the source.
            ConflictError: There is one at the target, and `create_only` is set.
        """
        try:
            meta = self._persist(source, lambda: self._rename(source, target, create_only))
        except BaseException:
            self.tree.prune(target.folders)
            raise
        self.tree.prune(source.folders)
        return meta

    def delete(self, places: Sequence[Place]) -> list[bool | DataError]:
        """Delete objects, durably; for each whether there was one, or why it could not be deleted."""
        outcomes: dict[str, bool | DataError] = {}
        for folders, group in groupby(sorted(places, key=_folders), key=_folders):
            outcomes.update(self._delete(list(group)))
            self.tree.prune(folders)
        return [outcomes[place.path] for place in places]

    def sweep(self) -> None:
        """Remove attributes that belong to no object, as a process that died may have left them."""
        for place, modified in self.sidecars.entries():
            with self.locks.hold(place.digest):
                if self._is_gone(place, modified):
                    self.sidecars.remove(place, modified)

    def _head(self, place: Place) -> ObjectMeta:
        with self._folder_of(place) as folder:
            version = _object_at(folder, place)
            attributes = self._attributes(place, version, folder)
        return meta_of(place.path, version, attributes)

    def _open(self, place: Place) -> tuple[int, os.stat_result, Attributes]:
        with self._folder_of(place) as folder:
            _object_at(folder, place)
            try:
                descriptor = os.open(place.name, _OPEN, dir_fd=folder)
            except OSError as error:
                if error.errno == errno.ELOOP:
                    raise _OvertakenError from None
                raise
            try:
                version = os.fstat(descriptor)
                if not stat.S_ISREG(version.st_mode):
                    raise _OvertakenError
                return descriptor, version, self._attributes(place, version, folder)
            except BaseException:
                os.close(descriptor)
                raise

    def _attributes(self, place: Place, version: os.stat_result, folder: int) -> Attributes:
        attributes = self.sidecars.load(place, version)
        if attributes is not None:
            return attributes
        # None were kept, or they went together with the version, just now.
        current = look(folder, place.name)
        if current is None or etag_of(current) != etag_of(version):
            raise _OvertakenError
        return Attributes()

    def _publish(
        self,
        place: Place,
        temp: TempFile,
        version: os.stat_result,
        sidecar: TempFile | None,
        create_only: bool,
        if_match: str | None,
    ) -> None:
        with ExitStack() as opened:
            if if_match is None:
                folder = opened.enter_context(self.tree.folder(place.folders, place.path, create=True))
            else:
                try:
                    folder = opened.enter_context(self._folder_of(place))
                except ObjectNotFoundError:
                    raise ConflictError(place.path, if_match, None) from None
            with self.locks.hold(place.digest):
                replaced = _check_target(folder, place, create_only, if_match)
                if sidecar:
                    self.sidecars.publish(place, version, sidecar)
                if create_only:
                    _link(self.store, temp, folder, place.name)
                else:
                    temp.move(folder, place.name)
            # The lock need not be held for this: whoever replaces this version syncs the same folder.
            sync(folder)
        if replaced and replaced.st_mtime_ns != version.st_mtime_ns:
            self.sidecars.remove(place, replaced.st_mtime_ns)

    def _rename(self, source: Place, target: Place, create_only: bool) -> ObjectMeta:
        with self._folder_of(source) as origin:
            _object_at(origin, source)  # before folders are made for it
            with (
                self.tree.folder(target.folders, target.path, create=True) as folder,
                self.locks.hold(source.digest, target.digest),
            ):
                version = _object_at(origin, source)
                attributes = self._attributes(source, version, origin)
                # Create-only rests on the lock here, not on a link: that could leave two objects after a crash.
                replaced = _check_target(folder, target, create_only, None)
                if attributes:
                    sidecar = self.sidecars.prepare(target, version, attributes)
                    try:
                        self.sidecars.publish(target, version, sidecar)
                    finally:
                        sidecar.close()
                if replaced and os.path.samestat(version, replaced):
                    os.unlink(source.name, dir_fd=origin)  # two names of one file: rename would do nothing
                else:
                    try:
                        os.rename(source.name, target.name, src_dir_fd=origin, dst_dir_fd=folder)
                    except OSError:
                        self.sidecars.remove(target, version.st_mtime_ns)
                        raise
                sync(folder)
                if source.folders != target.folders:
                    sync(origin)
                # With the lock held, since the same version may be moved back at once.
                self.sidecars.remove(source, version.st_mtime_ns)
                if replaced and replaced.st_mtime_ns != version.st_mtime_ns:
                    self.sidecars.remove(target, replaced.st_mtime_ns)
        return meta_of(target.path, version, attributes)

    def _delete(self, places: Sequence[Place]) -> dict[str, bool | DataError]:
        """Delete objects of one folder, which is synced once."""
        outcomes: dict[str, bool | DataError] = {}
        removed: list[tuple[Place, int]] = []
        try:
            with self._folder_of(places[0]) as folder:
                for place in places:
                    try:
                        with self.locks.hold(place.digest):
                            modified = _unlink(folder, place)
                    except (OSError, DataError) as error:
                        outcomes[place.path] = typed(error, self.store)
                    else:
                        outcomes[place.path] = False
                        if modified is not None:
                            removed.append((place, modified))
                if removed:
                    sync(folder)
        except ObjectNotFoundError:
            return dict.fromkeys((place.path for place in places), False)
        except (OSError, DataError) as error:
            # Also for what has been deleted: it may come back, since its folder could not be synced.
            return dict.fromkeys((place.path for place in places), typed(error, self.store))
        for place, modified in removed:
            self.sidecars.remove(place, modified)
            outcomes[place.path] = True
        return outcomes

    def _is_gone(self, place: Place, modified: int) -> bool:
        try:
            with self._folder_of(place) as folder:
                return _object_at(folder, place).st_mtime_ns != modified
        except (ObjectNotFoundError, PathObstructedError):
            return True

    @contextmanager
    def _folder_of(self, place: Place) -> Generator[int, None, None]:
        """The descriptor of the folder that an object lies in.

        Raises:
            ObjectNotFoundError: There is no such folder, so there is no such object.
        """
        with ExitStack() as opened:
            try:
                folder = opened.enter_context(self.tree.folder(place.folders, place.path))
            except FileNotFoundError:
                raise ObjectNotFoundError(place.path) from None
            except PathObstructedError as error:
                if error.kind != "an object":
                    raise
                raise ObjectNotFoundError(place.path) from None
            yield folder

    def _persist(self, place: Place, step: Callable[[], R]) -> R:
        """What a step gives, which is taken again for as long as somebody else comes in between."""
        for _ in range(_ATTEMPTS):
            try:
                return step()
            except ObjectNotFoundError:
                raise
            except (_OvertakenError, FileNotFoundError):
                continue
        problem = f"{place.path!r} was changed by others {_ATTEMPTS} times while it was worked on"
        raise StoreError(self.store, problem, "see what else writes there, or removes .purveyor")


def etag_of(version: os.stat_result) -> str:
    """The etag of a version: its modification time, size and inode."""
    return f"{version.st_mtime_ns:x}-{version.st_size:x}-{version.st_ino:x}"


def meta_of(path: str, version: os.stat_result, attributes: Attributes | None) -> ObjectMeta:
    """What is known of an object; with None for the attributes, what a listing gives."""
    etag, modified = etag_of(version), version.st_mtime_ns / 1e9
    if attributes is None:
        return ObjectMeta(path, version.st_size, etag, modified)
    kind = attributes.content_type or guess_content_type(path)
    return ObjectMeta(path, version.st_size, etag, modified, kind, attributes.metadata, attributes.checksum)


def _folders(place: Place) -> tuple[str, ...]:
    return place.folders


def _object_at(folder: int, place: Place) -> os.stat_result:
    found = look(folder, place.name)
    if found is None or stat.S_ISDIR(found.st_mode):
        raise ObjectNotFoundError(place.path)
    if not stat.S_ISREG(found.st_mode):
        raise PathObstructedError(place.path, place.path, kind_of(found))
    return found


def _unlink(folder: int, place: Place) -> int | None:
    """Remove an object from its folder; its modification time in nanoseconds, None if there is none."""
    try:
        version = _object_at(folder, place)
        os.unlink(place.name, dir_fd=folder)
    except FileNotFoundError:  # or ObjectNotFoundError, which is one
        return None
    return version.st_mtime_ns


def _check_target(folder: int, place: Place, create_only: bool, if_match: str | None) -> os.stat_result | None:
    """The object that is about to be replaced, if the conditions hold; None if there is none."""
    found = look(folder, place.name)
    if found and stat.S_ISDIR(found.st_mode) and remove_empty(folder, place.name):
        found = None
    if found and not stat.S_ISREG(found.st_mode):
        raise PathObstructedError(place.path, place.path, kind_of(found))
    etag = etag_of(found) if found else None
    if create_only and etag:
        raise ConflictError(place.path, "absent", etag)
    if if_match and etag != if_match:
        raise ConflictError(place.path, if_match, etag)
    return found


def _link(store: str, temp: TempFile, folder: int, name: str) -> None:
    """Give a file its lasting name in a way that is exact even against tools that know no locks."""
    try:
        temp.link(folder, name)
    except FileExistsError:
        raise _OvertakenError from None
    except OSError as error:
        if error.errno in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP):
            raise UnsupportedError(store, "create-only puts where a file system has no hard links") from error
        raise
