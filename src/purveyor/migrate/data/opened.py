"""A provider that is ready for a move: as it runs, started for as long, or a new database that is made aside."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from glob import escape
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from purveyor.errors import InvalidInputError, StoreError
from purveyor.memory.provider import MemoryProvider
from purveyor.migrate.data.locks import hold
from purveyor.migrate.data.memory_desk import MemoryDesk
from purveyor.migrate.data.snapshot import failures_of, path_from, sync_folder
from purveyor.migrate.data.storage_desk import ObjectDesk, StorageDesk
from purveyor.storage.provider import StorageProvider

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from purveyor.memory.sqlite import SQLiteConfig
    from purveyor.memory.store import Namespace
    from purveyor.migrate.data.desk import Desk
    from purveyor.migrate.data.locks import HeldFile
    from purveyor.provider import Provider

__all__ = ["Opened", "is_running", "opened", "place_of"]

#: What follows the name of a database in the making in that of the file which its maker holds. It is a file of its
#: own, since to close a database is to give up all locks of SQLite's on it.
_LOCK = "-lock"


@dataclass
class Opened:
    """A provider that is ready.

    Args:
        desk: What can be done with it.
        made: The database that is made for the move, which nobody sees before `publish`; None for none.
        provider: The provider of that database.
        final: The name that it gets.
    """

    desk: Desk
    made: Path | None = None
    provider: Provider[Any] | None = None
    final: Path | None = None

    async def publish(self) -> None:
        """Give a database that was made its name; everything else is where it belongs already.

        Raises:
            StoreError: Something else has got that name meanwhile, or there is no room.
        """
        if self.made is None or self.provider is None or self.final is None:
            return
        await self.provider.cleanup()  # which writes the log back into the file
        self.provider = None
        with failures_of(self.final):
            with self.made.open("rb") as file:
                os.fsync(file.fileno())
            try:
                os.link(self.made, self.final)  # a rename would replace what is there
            except FileExistsError:
                problem = "something else has got its name meanwhile, and nothing was moved"
                raise StoreError(str(self.final), problem, "move it away, or name another path") from None
            sync_folder(self.final.parent)


@asynccontextmanager
async def opened(
    provider: Provider[Any], namespace: Namespace, *, create: bool = False, raw: bool = False
) -> AsyncGenerator[Opened]:
    """A provider, ready for the length of a block.

    Args:
        provider: A memory or a storage; one that is not initialized is, for as long.
        namespace: Where in it what is moved begins.
        create: Whether a SQLite database that does not exist yet is made under another name first.
        raw: Whether the objects of a storage are taken as bytes, not as JSON.
    """
    path = _new_database(provider) if create else None
    if path is not None:
        async with _made_beside(cast("MemoryProvider[Any]", provider), path, namespace) as made:
            yield made
    elif is_running(provider):
        yield Opened(_desk(provider, namespace, raw=raw))
    else:
        await provider.initialize()
        try:
            yield Opened(_desk(provider, namespace, raw=raw))
        finally:
            await provider.cleanup()


def is_running(provider: Provider[Any]) -> bool:
    """Whether a provider is initialized.

    Raises:
        InvalidInputError: It is neither a memory nor a storage.
    """
    if isinstance(provider, MemoryProvider):
        return provider.store is not None
    if isinstance(provider, StorageProvider):
        return provider.storage is not None
    advice = "use a MemoryProvider or a StorageProvider"
    raise InvalidInputError("provider", f"{type(provider).__qualname__} is neither a memory nor a storage", advice)


def place_of(provider: Provider[Any]) -> Path | None:
    """The file or folder in which a provider keeps its data; None where there is none, or none that is known.

    Raises:
        InvalidInputError: No file or folder can have that path.
    """
    for name in ("path", "root"):
        place = getattr(provider.config, name, None)
        if isinstance(place, Path):
            return path_from(place, name).absolute()
    return None


def _desk(provider: Provider[Any], namespace: Namespace, *, raw: bool) -> Desk:
    if isinstance(provider, MemoryProvider):
        return MemoryDesk(provider, namespace)
    kind = ObjectDesk if raw else StorageDesk
    return kind(cast("StorageProvider[Any]", provider), namespace)


def _new_database(provider: Provider[Any]) -> Path | None:
    """Where a SQLite memory that is not initialized would make its file."""
    if is_running(provider) or not isinstance(provider, MemoryProvider):
        return None
    from purveyor.memory.sqlite import SQLiteMemory  # noqa: PLC0415 - it needs apsw, and others do not

    path = place_of(provider)
    if not isinstance(provider, SQLiteMemory) or path is None:
        return None
    with failures_of(path):
        _sweep(path)
        return None if path.exists() else path


@asynccontextmanager
async def _made_beside(provider: MemoryProvider[Any], path: Path, namespace: Namespace) -> AsyncGenerator[Opened]:
    with failures_of(path):
        is_new = not path.parent.exists()
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with failures_of(path):
            made, held = _free_name(path)
        with held:
            try:
                async with _made(provider, made, path, namespace) as opened:
                    yield opened
            finally:
                with suppress(OSError):
                    _remove(made)
    finally:
        if is_new:
            with suppress(OSError):
                path.parent.rmdir()  # which fails if it has got its database


@asynccontextmanager
async def _made(
    provider: MemoryProvider[Any], made: Path, path: Path, namespace: Namespace
) -> AsyncGenerator[Opened]:
    sibling: Any = provider.next_generation(replace(cast("SQLiteConfig", provider.config), path=made))
    await sibling.initialize()
    opened = Opened(MemoryDesk(sibling, namespace), made, sibling, path)
    opened.desk.label = provider.metadata.name
    try:
        yield opened
    finally:
        if opened.provider is not None:
            await sibling.cleanup()


def _sweep(path: Path) -> None:
    """Remove what processes that were killed have left beside a database."""
    for lock in path.parent.glob(f".{escape(path.name)}.*.moving{_LOCK}"):
        with suppress(BlockingIOError), hold(lock):  # who is still at work holds it, wherever it runs
            _remove(lock.with_name(lock.name.removesuffix(_LOCK)))


def _free_name(path: Path) -> tuple[Path, HeldFile]:
    """A name beside a database that nobody else uses, and the file that is to be held as long as it is used."""
    for number in count():
        made = path.with_name(f".{path.name}.{number}.moving")
        try:
            return made, hold(made.with_name(made.name + _LOCK))
        except BlockingIOError:
            continue
    raise AssertionError  # pragma: no cover - there is always another number


def _remove(database: Path) -> None:
    for ending in ("", "-wal", "-shm", _LOCK):  # the lock last: as long as it is there, the rest is found
        database.with_name(database.name + ending).unlink(missing_ok=True)
