"""A SQLite database with a table ``messages``: each row an entry, its columns the value."""

from __future__ import annotations

import json
import sqlite3
from base64 import b64encode
from math import isfinite
from typing import TYPE_CHECKING, Any

from purveyor.errors import MoveProblem, MoveRefusedError, UnknownFormatError
from purveyor.migrate.data.envelope import RefusedError, check_record
from purveyor.migrate.data.records import Entry, Record, Source, digest_of
from purveyor.migrate.data.times import Clockwork

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo

    from purveyor.migrate.data.snapshot import Snapshot

__all__ = ["MAGIC", "MessagesTable"]

MAGIC = b"SQLite format 3\0"
_CREATED = ("created_at", "timestamp", "created")
_UPDATED = ("updated_at", "updated")


class MessagesTable(Source):
    """A database with messages. It is opened as a copy in memory: nothing is written beside it, not even a lock.

    The key of an entry is the primary key of its row, where that is one column, otherwise the row's number.

    Args:
        snapshot: The database file.
        zone: Where times without an offset were written; None for the zone of this machine.

    Raises:
        UnknownFormatError: It has no such table, or is damaged.
    """

    format = "messages"

    def __init__(self, snapshot: Snapshot, zone: tzinfo | None) -> None:
        super().__init__(snapshot.name)
        self._snapshot = snapshot
        self._clockwork = Clockwork(zone)
        self._modified = snapshot.nodes[""].modified / 1e9
        self._rows: dict[str, int] = {}
        self._raw: dict[MoveProblem, object] = {}
        self._connection = _connect(snapshot)
        try:
            columns = self._connection.execute("PRAGMA table_info(messages)").fetchall()
            self._columns = [str(column[1]) for column in columns]
            if not self._columns:
                raise UnknownFormatError(snapshot.name, "it has no table called messages", "name another file")
            primary = [str(column[1]) for column in columns if column[5]]
            self._key = primary[0] if len(primary) == 1 else None
            self._read()
        except (sqlite3.DatabaseError, UnknownFormatError) as error:
            self._connection.close()
            if isinstance(error, UnknownFormatError):
                raise
            raise UnknownFormatError(
                snapshot.name, f"its messages cannot be read: {error}", "restore a copy"
            ) from error
        self.notes += self._clockwork.notes

    def __del__(self) -> None:
        if hasattr(self, "_connection"):
            self._connection.close()

    @property
    def sha256(self) -> str:
        """The hash of the database file."""
        return self._snapshot.sha256

    @property
    def snapshot(self) -> Snapshot:
        """The database file."""
        return self._snapshot

    def record(self, entry: Entry) -> Record:
        """What a row says."""
        return self._record(entry.key, self._row(self._rows[entry.key]))

    def raw(self, problem: MoveProblem) -> object:
        """The row, its bytes in Base64."""
        return self._raw[problem]

    def rewrite(self, changed: Mapping[str, Record], deleted: Sequence[str], added: Sequence[Record]) -> Snapshot:
        """The database with these rows changed, removed and inserted."""
        if not (changed or deleted or added):
            return self._snapshot
        connection = _connect(self._snapshot)
        problems: list[MoveProblem] = []
        try:
            for key in deleted:
                connection.execute("DELETE FROM messages WHERE rowid = ?", (self._rows[key],))
            for record in (*changed.values(), *added):
                try:
                    self._store(connection, record)
                except (RefusedError, sqlite3.Error, OverflowError) as error:
                    problem = error.problem if isinstance(error, RefusedError) else f"is refused: {error}"
                    advice = f"give it the columns {', '.join(self._columns)}, in the target"
                    problems.append(MoveProblem(problem, advice, record.key))
            if problems:
                raise MoveRefusedError(self.name, problems)
            connection.commit()
            data = connection.serialize()
        finally:
            connection.close()
        # The two bytes that tell of write-ahead logging: see `_connect`.
        return self._snapshot.with_files({"": data[:18] + self._snapshot.data[18:20] + data[20:]})

    def _read(self) -> None:
        numbers = [number for (number,) in self._connection.execute("SELECT rowid FROM messages ORDER BY rowid")]
        for number in numbers:
            row = self._row(number)
            key = str(number) if self._key is None else _key(row[self._key])
            try:
                if key is None:
                    raise RefusedError("has no key that is a text or an integer", "give it one")
                if key in self._rows:
                    raise RefusedError("has the same key as another row, as a text", "rename one of them")
                record = self._record(key, row)
            except RefusedError as refused:
                problem = MoveProblem(refused.problem, refused.advice, key, self.name, number)
                self.problems.append(problem)
                self._raw[problem] = {"row": number, "columns": {name: _shown(cell) for name, cell in row.items()}}
                continue
            self._rows[key] = number
            self.entries.append(Entry(key, digest_of(record), None, self.name, number))

    def _row(self, number: int) -> dict[str, Any]:
        row = self._connection.execute("SELECT * FROM messages WHERE rowid = ?", (number,)).fetchone()
        return dict(zip(self._columns, row, strict=True))

    def _record(self, key: str, row: dict[str, Any]) -> Record:
        for name, cell in row.items():
            if isinstance(cell, (bytes, _Text)):
                what = "text that is not UTF-8" if isinstance(cell, _Text) else "a BLOB"
                raise RefusedError(f"its column {name} holds {what}, which is no JSON", "put it aside")
        created = self._time(row, _CREATED)
        updated = self._time(row, _UPDATED)
        created = self._modified if created is None else created
        record = Record(key, row, {}, created, created if updated is None else updated)
        check_record(record)
        return record

    def _time(self, row: dict[str, Any], names: tuple[str, ...]) -> float | None:
        """The first of some columns that holds a time; they stay in the value whatever they hold."""
        for name in names:
            try:
                if row.get(name) is not None:
                    return self._clockwork.read(row[name])
            except ValueError:
                continue
        return None

    def _store(self, connection: sqlite3.Connection, record: Record) -> None:
        row = record.value
        if not isinstance(row, dict) or any(name not in self._columns for name in row):
            raise RefusedError("is no object of columns of the table", "")
        if record.metadata or record.expires is not None:
            raise RefusedError("has metadata, or expires, for which a row has no place", "")
        number = self._rows.get(record.key)
        cells = {name: _storable(name, cell) for name, cell in row.items()}
        if self._key is not None and _key(cells.setdefault(self._key, record.key)) != record.key:
            raise RefusedError(f"says another key in its column {self._key}", "")
        names = ", ".join(f'"{name}"' for name in cells)
        if number is None:
            marks = ", ".join("?" * len(cells))
            connection.execute(f"INSERT INTO messages ({names}) VALUES ({marks})", (*cells.values(),))  # noqa: S608
        else:
            cells = dict.fromkeys(self._columns) | cells
            sets = ", ".join(f'"{name}" = ?' for name in cells)
            connection.execute(f"UPDATE messages SET {sets} WHERE rowid = ?", (*cells.values(), number))  # noqa: S608


class _Text(bytes):
    """A text that is not UTF-8."""


def _connect(snapshot: Snapshot) -> sqlite3.Connection:
    """A copy in memory. A database in memory has no write-ahead log, and must not say that it has one.

    https://www.sqlite.org/fileformat.html, 1.3.3
    """
    data = snapshot.data
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    try:
        connection.deserialize(data[:18] + b"\1\1" + data[20:])
        connection.text_factory = _decode
    except sqlite3.Error as error:
        connection.close()
        raise UnknownFormatError(snapshot.name, f"it cannot be read: {error}", "restore a copy") from error
    return connection


def _decode(text: bytes) -> str | _Text:
    try:
        return text.decode()
    except UnicodeDecodeError:
        return _Text(text)


def _key(cell: object) -> str | None:
    return str(cell) if isinstance(cell, (str, int)) else None


def _shown(cell: object) -> object:
    if isinstance(cell, bytes):
        return {"base64": b64encode(cell).decode()}
    return repr(cell) if isinstance(cell, float) and not isfinite(cell) else cell


def _storable(name: str, cell: object) -> Any:
    if isinstance(cell, (dict, list)):
        raise RefusedError(f"has {json.dumps(cell):.40} in its column {name}, which takes no objects", "")
    return cell
