"""`read_legacy`: a legacy store, whatever its format, with everything in it that cannot be carried."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from purveyor.errors import InvalidInputError, SourceChangedError, UnknownFormatError
from purveyor.migrate.data.entries_file import EntriesFile
from purveyor.migrate.data.file_folder import FileFolder
from purveyor.migrate.data.messages_table import MAGIC, MessagesTable
from purveyor.migrate.data.snapshot import failures_of, path_from, take
from purveyor.migrate.data.times import zone_of

if TYPE_CHECKING:
    from purveyor.migrate.data.records import Source
    from purveyor.migrate.data.snapshot import Snapshot

__all__ = ["Format", "check_closed", "check_unchanged", "path_of", "read_legacy", "source_of"]

Format: TypeAlias = Literal["auto", "entries", "files", "messages"]

_ENTRIES = "entries.json"

#: How many bytes SQLite zeroes at the beginning of a journal that it keeps.
_JOURNAL_HEADER = 28


def read_legacy(
    path: str | os.PathLike[str],
    format: Format = "auto",
    *,
    allow_pickle: bool = False,
    timezone: str | None = None,
) -> Source:
    """Read a legacy store whole, and write nothing, not even a lock.

    It takes about four times the size of the store in memory: its bytes and its text, and beside them one entry at
    a time.

    Args:
        path: An ``entries.json``, the folder it alone lies in, a folder of one file a key, or a SQLite database.
        format: ``"entries"``, ``"files"`` (one a key), ``"messages"`` (SQLite), or ``"auto"`` to look.
        allow_pickle: Whether pickles are read: plain data only, and nothing that they say is run.
        timezone: Where times without an offset were written, such as ``"Europe/Berlin"``; None or ``"local"`` for
            the zone of this machine.

    Returns:
        The store: its `entries`, and its `problems`, all of them.

    Raises:
        UnknownFormatError: It is none of these, or a database that somebody has open.
        SourceChangedError: It was written to while it was read.
        InvalidInputError: An option, or the path, is not possible.
        StoreError: It cannot be read.
    """
    if format not in ("auto", "entries", "files", "messages"):
        advice = 'use "auto", "entries", "files" or "messages"'
        raise InvalidInputError("format", f"{format!r:.80} is no legacy format", advice)
    zone_of(timezone)
    place = path_of(path, format)
    check_closed(place)
    snapshot = take(place)
    known = _recognise(snapshot) if format == "auto" else format
    source = source_of(snapshot, known, allow_pickle=allow_pickle, timezone=timezone)
    check_unchanged(source, place)
    return source


def source_of(snapshot: Snapshot, format: str, *, allow_pickle: bool, timezone: str | None) -> Source:
    """What a snapshot holds.

    Args:
        snapshot: A file or a folder.
        format: Its format.
        allow_pickle: Whether pickles are read.
        timezone: Where times without an offset were written.

    Raises:
        UnknownFormatError: It is not of this format.
    """
    zone = zone_of(timezone)
    if (format == "files") != snapshot.is_folder:
        there = "a folder" if snapshot.is_folder else "a file"
        raise UnknownFormatError(
            snapshot.name, f"it is {there}, which {format} is not", "give another path or format"
        )
    if snapshot.nodes[""].kind == "special":
        raise UnknownFormatError(snapshot.name, "it is no regular file", "give another path")
    if format == "files":
        return FileFolder(snapshot, zone, allow_pickle=allow_pickle)
    return MessagesTable(snapshot, zone) if format == "messages" else EntriesFile(snapshot, zone)


def path_of(source: str | os.PathLike[str], format: str) -> Path:
    """Where the store itself lies, of a path that may be that of its folder.

    Raises:
        InvalidInputError: No file can have that path.
        StoreError: The folder cannot be read.
    """
    path = path_from(source, "source")
    with failures_of(path):
        if format in ("auto", "entries") and path.is_dir():
            visible = [inner.name for inner in path.iterdir() if not inner.name.startswith(".")]
            if visible == [_ENTRIES] or (format == "entries" and _ENTRIES in visible):
                return path / _ENTRIES
    return path


def check_unchanged(source: Source, path: Path) -> None:
    """See that a store is still as it was when it was read.

    Raises:
        SourceChangedError: It is not.
        StoreError: It cannot be read any more.
    """
    with failures_of(path):
        if source.format == "files":
            now = take(path).sha256
        else:
            with path.open("rb") as file:
                now = hashlib.file_digest(file, "sha256").hexdigest()
    if now != source.sha256:
        raise SourceChangedError(str(path))
    check_closed(path)


def check_closed(path: Path) -> None:
    """See that no process has a database open, or has left it in the middle of a transaction.

    SQLite writes its logs beside the file itself, also where that was reached through a link. It keeps the journal
    of a transaction that is over, if it is told to (``journal_mode = PERSIST``), and zeroes the header of that.

    https://www.sqlite.org/fileformat.html, 3.1

    Raises:
        UnknownFormatError: Some process has, or some process did.
        StoreError: That cannot be seen.
    """
    for ending in ("-wal", "-journal"):
        log = Path(f"{os.path.realpath(path)}{ending}")
        if not os.path.isfile(log):  # noqa: PTH113 - which a name that is too long is not, either
            continue
        with failures_of(log), log.open("rb") as file:
            header = file.read(_JOURNAL_HEADER)
        if any(header):
            raise UnknownFormatError(
                str(path),
                f"{log.name} says that a process has it open, or ended in the middle of its work",
                "end that process; if there is none, let SQLite clean up: sqlite3 FILE 'SELECT 1 FROM messages'",
            )


def _recognise(snapshot: Snapshot) -> str:
    if snapshot.is_folder:
        return "files"
    if snapshot.data.startswith(MAGIC):
        return "messages"
    if snapshot.name.endswith(".json") or snapshot.data.lstrip()[:1] == b"{":
        return "entries"
    advice = 'say what it is (format), if it is one of "entries", "files" and "messages"'
    raise UnknownFormatError(snapshot.name, "it is none of the legacy formats", advice)
