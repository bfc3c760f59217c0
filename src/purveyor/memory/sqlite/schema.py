"""The database file: made, recognised, checked, brought up to date, and never touched if it is not ours."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import apsw

from purveyor.errors import (
    StoreBusyError,
    StoreCorruptError,
    StoreError,
    StoreFullError,
    StorePermissionError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ENVIRONMENT", "TOKENIZER", "connect", "translate"]

#: "PURV", in the place that SQLite has for it: https://www.sqlite.org/fileformat.html#application_id
APPLICATION_ID = 0x50555256

#: How text becomes words, wherever it does; the migrations have a copy, since they may never change.
TOKENIZER = "porter unicode61 remove_diacritics 2"

#: Each brings the file from the version of its index to the next one; ``user_version`` is the number applied.
MIGRATIONS = (
    """
    CREATE TABLE items (
        id INTEGER PRIMARY KEY,
        namespace BLOB NOT NULL,  -- every segment with a NUL behind it: bytes are ordered as the tuples are
        key TEXT NOT NULL,
        version INTEGER NOT NULL,
        created REAL NOT NULL,
        updated REAL NOT NULL,
        expires REAL,
        metadata TEXT NOT NULL,
        value TEXT NOT NULL,
        UNIQUE (namespace, key)
    ) STRICT;
    CREATE INDEX items_by_expiry ON items (expires) WHERE expires IS NOT NULL;
    -- The words of the items, by their id; the text itself is in the items only.
    CREATE VIRTUAL TABLE words USING fts5 (
        body, content = '', contentless_delete = 1, tokenize = 'porter unicode61 remove_diacritics 2'
    );
    -- The last version given out, which outlives the items, so that no version ever comes back; and whether the
    -- words of all items are indexed.
    CREATE TABLE sequence (
        id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL, indexed INTEGER NOT NULL
    ) STRICT;
    INSERT INTO sequence VALUES (1, 0, 1);
    """,
)

_TABLES = {"items", "words", "sequence"}

#: Errors that say something of the machine or the file, whatever the statement was.
ENVIRONMENT = (
    apsw.FullError,
    apsw.IOError,
    apsw.BusyError,
    apsw.LockedError,
    apsw.CorruptError,
    apsw.NotADBError,
    apsw.NoMemError,
    apsw.ReadOnlyError,
    apsw.CantOpenError,
    apsw.InterruptError,
)


def connect(
    name: str,
    path: Path | Literal[":memory:"],
    *,
    create: bool,
    synchronous: str,
    wait: Callable[[int], bool],
) -> apsw.Connection:
    """A connection to the file, which is then of the newest version.

    Args:
        name: What errors call the store.
        path: The file.
        create: Whether to make the file, and to bring it up to date; the first connection has to.
        synchronous: ``"full"`` or ``"normal"``.
        wait: Called with the number of attempts while the file is locked; false ends the wait.

    Raises:
        StoreError: The file cannot be used: see `SQLiteStore.open`.
    """
    if isinstance(path, Path) and create:
        _prepare(name, path)
    flags = apsw.SQLITE_OPEN_READWRITE | (apsw.SQLITE_OPEN_CREATE if create else 0)
    try:
        connection = apsw.Connection(str(path.absolute()) if isinstance(path, Path) else path, flags=flags)
    except apsw.Error as error:
        raise translate(error, name) from error
    try:
        connection.set_busy_handler(wait)
        connection.execute("PRAGMA temp_store = MEMORY")
        if create:
            _bring_up_to_date(connection, name)
        if isinstance(path, Path):
            if create:
                _use_write_ahead_log(connection, name, wait)
            connection.execute(f"PRAGMA synchronous = {synchronous}")
    except apsw.Error as error:
        own = translate(error, name, connection)
        connection.close(force=True)
        raise own from error
    except BaseException:
        connection.close(force=True)
        raise
    return connection


def translate(error: apsw.Error, name: str, connection: apsw.Connection | None = None) -> StoreError:
    """What an error of SQLite means to a user.

    Args:
        error: The error.
        name: What errors call the store.
        connection: The connection, which knows the operating system's part of the story.
    """
    code = connection.system_errno if connection is not None else 0
    if isinstance(error, apsw.FullError) or (isinstance(error, apsw.IOError) and code in _NO_ROOM):
        return StoreFullError(name, "there is no room left", "free some: what was acknowledged is safe")
    if isinstance(error, apsw.CorruptError):
        return StoreCorruptError(name, f"is damaged: {error}", "keep the file, and restore a copy from before")
    if code in _NOT_ALLOWED and isinstance(error, (apsw.IOError, apsw.CantOpenError)):
        return _not_allowed(name)
    for kind, own, problem, advice in _MEANINGS:
        if isinstance(error, kind):
            return own(name, problem, advice)
    return StoreError(name, str(error))


_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NOT_ALLOWED = (errno.EACCES, errno.EPERM, errno.EROFS)


_CHECK_MODE = "check the owner and the mode of the file and its folder"
_MEANINGS: tuple[tuple[type[apsw.Error], type[StoreError], str, str], ...] = (
    (apsw.BusyError, StoreBusyError, "another process holds its lock", "try again, or raise busy_timeout"),
    (apsw.LockedError, StoreBusyError, "another process holds its lock", "try again, or raise busy_timeout"),
    (apsw.NotADBError, StoreCorruptError, "is not a SQLite database", "choose another path, or restore the file"),
    (apsw.ReadOnlyError, StorePermissionError, "this process may not write there", _CHECK_MODE),
    (apsw.CantOpenError, StorePermissionError, "cannot be opened", _CHECK_MODE),
)


def _not_allowed(name: str) -> StorePermissionError:
    return StorePermissionError(name, "this process may not write there", _CHECK_MODE)


def _prepare(name: str, path: Path) -> None:
    """Make the folder, and make sure that the file, if there is one, is ours."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not path.is_file():
            raise StoreError(name, "is a folder or a device, not a file", "name a file")
        if not path.exists() or path.stat().st_size == 0:
            return
    except PermissionError as error:
        raise _not_allowed(name) from error
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise StoreFullError(name, "there is no room left") from error
        raise StoreError(name, f"cannot be used: {error.strerror}", "check the path") from error
    header = _header(name, path)
    if not header.startswith(b"SQLite format 3\0"):
        raise StoreCorruptError(name, "is not a SQLite database", "choose another path, or restore the file")
    if int.from_bytes(header[68:72]) != APPLICATION_ID:
        raise StoreCorruptError(name, "is a SQLite database of something else", "choose another path")
    _check_version(name, int.from_bytes(header[60:64]))


def _header(name: str, path: Path) -> bytes:
    """The first 100 bytes of a file, which https://www.sqlite.org/fileformat.html describes.

    Read without a lock, and without a look at the rest, which may need recovery, and so a write. It goes through
    SQLite, since a plain open and close of the file would drop the locks that this process may hold on it:
    https://www.sqlite.org/howtocorrupt.html, 2.2.
    """
    flags = [apsw.SQLITE_OPEN_MAIN_DB | apsw.SQLITE_OPEN_READONLY, 0]
    try:
        file = apsw.VFSFile("", str(path.absolute()), flags)
    except apsw.Error as error:
        raise translate(error, name) from error
    try:
        return file.xRead(min(100, path.stat().st_size), 0)
    finally:
        file.xClose()


def _check_version(name: str, version: int) -> None:
    if version > len(MIGRATIONS):
        raise StoreCorruptError(
            name,
            f"was written by a newer Purveyor (schema {version}, this one knows up to {len(MIGRATIONS)})",
            "upgrade Purveyor",
        )


def _bring_up_to_date(connection: apsw.Connection, name: str) -> None:
    """Apply the migrations that are missing, in one transaction, under the lock.

    The first one runs before the file is switched to write-ahead logging, and so the application id is in the
    file itself from the first commit on.
    """
    connection.execute("BEGIN IMMEDIATE")  # what fails is rolled back when the connection is closed
    version = int(connection.pragma("user_version"))
    _check_version(name, version)
    if version < len(MIGRATIONS):
        for migration in MIGRATIONS[version:]:
            connection.execute(migration)
        connection.pragma("application_id", APPLICATION_ID)
        connection.pragma("user_version", len(MIGRATIONS))
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    if missing := _TABLES - tables:
        raise StoreCorruptError(name, f"has lost its table {min(missing)}", "restore a copy from before")
    connection.execute("COMMIT")


def _use_write_ahead_log(connection: apsw.Connection, name: str, wait: Callable[[int], bool]) -> None:
    """Switch to it, unless that has been done.

    SQLite asks the busy handler about some of the locks that it takes for the switch, and about others fails at
    once: https://www.sqlite.org/c3ref/busy_handler.html. So all the waiting is done here.
    """
    connection.set_busy_handler(None)
    attempts = 0
    while True:
        try:
            mode = connection.pragma("journal_mode", "wal")
            break
        except apsw.BusyError:
            if not wait(attempts):
                raise
            attempts += 1
    connection.set_busy_handler(wait)
    if mode != "wal":
        raise StoreError(name, "its file system has no shared memory for write-ahead logging", "use a local disk")
