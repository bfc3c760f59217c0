"""A SQLite database with a table ``messages``: each row an entry, its columns the value."""

from __future__ import annotations

import json
import sqlite3
from base64 import b64encode
from functools import partial
from math import isfinite
from typing import TYPE_CHECKING, Any

from purveyor.errors import MoveProblem, MoveRefusedError, UnknownFormatError
from purveyor.migrate.data.envelope import RefusedError, check_record
from purveyor.migrate.data.records import Entry, Record, Source, digest_of
from purveyor.migrate.data.times import Clockwork

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import tzinfo

    from purveyor.migrate.data.snapshot import Snapshot

__all__ = ["MAGIC", "MessagesTable"]

MAGIC = b"SQLite format 3\0"
_CREATED = ("created_at", "timestamp", "created")
_UPDATED = ("updated_at", "updated")

#: How many steps of SQLite's machine a statement may take: a second or two, and a table of millions of rows.
_MOST_STEPS = 100_000_000
#: How much longer than the file its rows may be: the default of a column that was added later stands there once.
_MOST_TIMES = 100
_PORTION = 1000
_COPY = "copy them into a table called messages in another file: CREATE TABLE copy AS SELECT ... FROM messages"


class MessagesTable(Source):
    """A database with messages. It is opened as a copy in memory: nothing is written beside it, not even a lock.

    The key of an entry is the primary key of its row, where that is one column, otherwise the row's number.
    Columns that the database computes of others are left to it.

    Args:
        snapshot: The database file.
        zone: Where times without an offset were written; None for the zone of this machine.

    Raises:
        UnknownFormatError: It has no such table, one without row numbers, or is damaged.
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
            _check_table(self._connection, snapshot.name)
            columns = self._connection.execute("PRAGMA table_xinfo(messages)").fetchall()
            if any(isinstance(column[1], _Text) for column in columns):
                raise UnknownFormatError(snapshot.name, "a column has a name that is not UTF-8", "rename it")
            self._columns = [column[1] for column in columns if not column[6]]
            if computed := [column[1] for column in columns if column[6]]:
                self.notes.append(f"computed columns are left to the database: {', '.join(map(repr, computed))}")
            primary = [column[1] for column in columns if column[5]]
            self._key: str | None = primary[0] if len(primary) == 1 else None
            self._number = _number_of(self._connection, {column[1].lower() for column in columns}, snapshot.name)
            # No cell can be longer than the file; in UTF-16 it is shorter than as we read it.
            self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 2 * len(snapshot.data))
            self._read()
        except UnknownFormatError:
            self._connection.close()
            raise
        except (sqlite3.Error, UnicodeDecodeError) as error:
            self._connection.close()
            raise UnknownFormatError(
                snapshot.name, f"its messages cannot be read: {_told(error)}", "restore a copy"
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
        """The database with these rows changed, removed and inserted; its triggers run, as they always did.

        Raises:
            MoveRefusedError: A row has no place for some of it, or rules of the table make something else of it.
        """
        if not (changed or deleted or added):
            return self._snapshot
        connection = _connect(self._snapshot)
        stored: dict[int, dict[str, Any]] = {}
        steps = [(key, partial(self._delete, connection, key)) for key in deleted]
        steps += [
            (record.key, partial(self._store, connection, record, stored))
            for record in (*changed.values(), *added)
        ]
        problems: list[MoveProblem] = []
        try:
            for key, step in steps:
                try:
                    step()
                except (RefusedError, sqlite3.Error, OverflowError, UnicodeDecodeError) as error:
                    problem = error.problem if isinstance(error, RefusedError) else f"is refused: {_told(error)}"
                    problems.append(MoveProblem(problem, self._advice, key))
            if not problems:
                problems = self._otherwise(connection, stored, {self._rows[key] for key in deleted})
            if problems:
                raise MoveRefusedError(self.name, problems)
            connection.commit()
            data = connection.serialize()
        finally:
            connection.close()
        # The two bytes that tell of write-ahead logging: see `_connect`.
        return self._snapshot.with_files({"": data[:18] + self._snapshot.data[18:20] + data[20:]})

    def _read(self) -> None:
        size = 0
        for number in self._numbers(self._connection):
            row = self._row(number)
            size += sum(len(cell) for cell in row.values() if isinstance(cell, (str, bytes)))
            if size > _MOST_TIMES * len(self._snapshot.data):  # they lie in one another
                raise sqlite3.DatabaseError(f"its rows are more than {_MOST_TIMES} times as long as the file")
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

    def _numbers(self, connection: sqlite3.Connection) -> Iterator[int]:
        """The numbers of all rows; damage may show as rows in another order, or without end."""
        following = -(2**63)
        query = f"SELECT {self._number} FROM messages WHERE {self._number} >= ? ORDER BY 1 LIMIT {_PORTION}"  # noqa: S608
        while following < 2**63:
            portion = [number for (number,) in connection.execute(query, (following,))]
            if not portion:
                return
            for number in portion:
                if not isinstance(number, int) or number < following:
                    raise sqlite3.DatabaseError("its rows are out of order")
                yield number
                following = number + 1

    def _row(self, number: int, connection: sqlite3.Connection | None = None) -> dict[str, Any]:
        names = ", ".join(map(_quoted, self._columns))
        query = f"SELECT {names} FROM messages WHERE {self._number} = ?"  # noqa: S608
        row = (connection or self._connection).execute(query, (number,)).fetchone()
        if row is None:
            raise sqlite3.DatabaseError(f"row {number} is not where it should be")
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

    def _delete(self, connection: sqlite3.Connection, key: str) -> None:
        connection.execute(f"DELETE FROM messages WHERE {self._number} = ?", (self._rows[key],))  # noqa: S608

    def _store(self, connection: sqlite3.Connection, record: Record, stored: dict[int, dict[str, Any]]) -> None:
        row = record.value
        if not isinstance(row, dict) or any(name not in self._columns for name in row):
            raise RefusedError("is no object of columns of the table", "")
        if record.metadata or record.expires is not None:
            raise RefusedError("has metadata, or expires, for which a row has no place", "")
        cells = {name: _storable(name, cell) for name, cell in row.items()}
        number = self._rows.get(record.key)
        if self._key is not None:
            own = record.key if number is None else self._row(number)[self._key]
            if _key(cells.setdefault(self._key, own)) != record.key:
                raise RefusedError(f"says another key in its column {self._key}", "")
        names = [*map(_quoted, cells)]
        if number is not None:
            cells = dict.fromkeys(self._columns) | cells
            sets = ", ".join(f"{_quoted(name)} = ?" for name in cells)
            statement = f"UPDATE messages SET {sets} WHERE {self._number} = ?"  # noqa: S608
            connection.execute(statement, (*cells.values(), number))
        else:
            values = [*cells.values()]
            if self._key is None:
                names.append(self._number)
                values.append(_number(record.key))
            marks = ", ".join("?" * len(values))
            statement = f"INSERT INTO messages ({', '.join(names)}) VALUES ({marks})"  # noqa: S608
            done = connection.execute(statement, values)
            number = done.lastrowid
            if done.rowcount != 1 or number is None:
                raise RefusedError("is left out by a rule of the table", "")
        stored[number] = cells

    def _otherwise(
        self, connection: sqlite3.Connection, stored: Mapping[int, dict[str, Any]], gone: set[int]
    ) -> list[MoveProblem]:
        """What is otherwise than it was to be: types of columns, triggers and conflict rules have their say."""
        keys = {number: key for key, number in self._rows.items()}
        problems: list[MoveProblem] = []
        expected = {*self._numbers(self._connection)} - gone | stored.keys()
        found = {*self._numbers(connection)}
        for number in sorted(expected ^ found):
            what = "would be lost" if number in expected else "would be there"
            problems.append(MoveProblem(f"row {number} {what}", self._advice, keys.get(number), self.name, number))
        for number in sorted(expected & found):
            row = self._row(number, connection)
            mine = stored[number] if number in stored else self._row(number)
            for name, cell in mine.items():
                is_same = _key(cell) == _key(row[name]) if name == self._key else cell == row[name]
                if not is_same:
                    problem = f"its column {name} would hold {row[name]!r:.80} instead of {cell!r:.80}"
                    problems.append(MoveProblem(problem, self._advice, keys.get(number), self.name, number))
        return problems

    @property
    def _advice(self) -> str:
        return f"give it the columns {', '.join(self._columns)}, in the target, with values that they take"


class _Text(bytes):
    """A text that is not UTF-8."""


def _connect(snapshot: Snapshot) -> sqlite3.Connection:
    """A copy in memory. A database in memory has no write-ahead log, and must not say that it has one.

    https://www.sqlite.org/fileformat.html, 1.3.3
    """
    data = snapshot.data
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.set_progress_handler(lambda: True, _MOST_STEPS)
    try:
        connection.deserialize(data[:18] + b"\1\1" + data[20:])
        connection.text_factory = _decode
    except sqlite3.Error as error:
        connection.close()
        raise UnknownFormatError(snapshot.name, f"it cannot be read: {error}", "restore a copy") from error
    return connection


def _check_table(connection: sqlite3.Connection, name: str) -> None:
    """See that it is a table, and neither a view nor a virtual table, which may be programs without an end."""
    query = (
        "SELECT type = 'table' AND substr(sql, 1, 12) = 'CREATE TABLE' FROM sqlite_master "
        "WHERE lower(name) = 'messages' AND type IN ('table', 'view')"
    )
    found = connection.execute(query).fetchall()
    if not found:
        raise UnknownFormatError(name, "it has no table called messages", "name another file")
    if found != [(1,)]:
        raise UnknownFormatError(name, "its messages are a view, or a virtual table, and no table", _COPY)


def _number_of(connection: sqlite3.Connection, columns: set[str], name: str) -> str:
    """What the number of a row is called, where columns may have taken one of the names for it."""
    free = [number for number in ("rowid", "_rowid_", "oid") if number not in columns]
    if not free:
        raise UnknownFormatError(name, "its columns take all names of row numbers: rowid, _rowid_ and oid", _COPY)
    try:
        connection.execute(f"SELECT {free[0]} FROM messages LIMIT 0")  # noqa: S608
    except sqlite3.OperationalError:
        raise UnknownFormatError(name, "its messages have no row numbers (WITHOUT ROWID)", _COPY) from None
    return free[0]


def _decode(text: bytes) -> str | _Text:
    try:
        return text.decode()
    except UnicodeDecodeError:
        return _Text(text)


def _quoted(name: str) -> str:
    return '"{}"'.format(name.replace('"', '""'))


def _number(key: str) -> int:
    try:
        number = int(key)
    except ValueError:
        number = None
    if number is None or str(number) != key:
        raise RefusedError("is no row number, which is the key in a table without a primary key", "")
    return number


def _told(error: Exception) -> str:
    is_long = isinstance(error, sqlite3.OperationalError) and str(error) == "interrupted"
    return f"it takes more than {_MOST_STEPS:,} steps" if is_long else str(error)


def _key(cell: object) -> str | None:
    return str(cell) if isinstance(cell, (str, int)) else None


def _shown(cell: object) -> object:
    if isinstance(cell, bytes):
        return {"base64": b64encode(cell).decode()}
    return repr(cell) if isinstance(cell, float) and not isfinite(cell) else cell


def _storable(name: str, cell: object) -> Any:
    if isinstance(cell, bool):
        raise RefusedError(f"has {json.dumps(cell)} in its column {name}, which would come back as a number", "")
    if isinstance(cell, (dict, list)):
        raise RefusedError(f"has {json.dumps(cell):.40} in its column {name}, which takes no objects", "")
    return cell
