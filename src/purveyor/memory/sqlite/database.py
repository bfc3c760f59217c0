"""What runs on a worker's thread: the three verbs in SQL, on one connection."""

from __future__ import annotations

import ctypes
from contextlib import contextmanager
from json import JSONDecodeError
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal

import apsw

from purveyor.errors import ConflictError, StoreCorruptError, StoreError, UnsupportedError
from purveyor.memory.sqlite.index import give_up, is_complete, rebuild
from purveyor.memory.sqlite.rows import COLUMNS, decode_namespace, encode_namespace, item_of, subtree_of
from purveyor.memory.sqlite.schema import ENVIRONMENT, connect, translate
from purveyor.memory.sqlite.text import create_snippets, match_expression, snippets_of, text_of
from purveyor.memory.store import (
    ABSENT,
    Address,
    Clear,
    Cleared,
    Count,
    Delete,
    Hit,
    Item,
    Mutation,
    Namespaces,
    Outcome,
    Put,
    Query,
    Scan,
    Search,
    Stamp,
    Touch,
)

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Generator, Iterator, Sequence
    from pathlib import Path

    from purveyor.memory.filter import Filter

__all__ = ["Database"]

#: How many expired items one purge removes.
PURGE_PORTION = 256
#: How many instructions of SQLite's machine run between two looks at whether to stop.
_LOOK_UP = 10_000

_LIVE = "(expires IS NULL OR expires > ?)"

_READ = f"SELECT {COLUMNS} FROM items WHERE namespace = ? AND key = ? AND {_LIVE}"  # noqa: S608
_NOT_FOUND = (None, None, None, None)
_READ_ID = f"SELECT {COLUMNS} FROM items WHERE id = ?"  # noqa: S608
_PLACE = "SELECT CAST(namespace || CAST(key AS BLOB) AS BLOB) FROM items WHERE id = ?"
_FIND = "SELECT id, version, created, expires FROM items WHERE namespace = ? AND key = ?"
_INSERT = """
    INSERT INTO items (version, created, updated, expires, metadata, value, namespace, key)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
_UPDATE = """
    UPDATE items SET version = ?, created = ?, updated = ?, expires = ?, metadata = ?, value = ? WHERE id = ?"""
_TOUCH = f"UPDATE items SET expires = ? WHERE namespace = ? AND key = ? AND {_LIVE} RETURNING {COLUMNS}"  # noqa: S608
_DELETE = "DELETE FROM items WHERE namespace = ? AND key = ? RETURNING id, expires"
_CLEAR = """
    DELETE FROM items WHERE id IN (SELECT id FROM items WHERE namespace >= ? AND namespace < ? LIMIT ?)
    RETURNING id, expires"""
_PURGE = "DELETE FROM items WHERE id IN (SELECT id FROM items WHERE expires <= ? LIMIT ?) RETURNING id"
_INDEX = "INSERT OR REPLACE INTO words (rowid, body) VALUES (?, ?)"
_UNINDEX = "DELETE FROM words WHERE rowid = ?"
_RESERVE = "UPDATE sequence SET version = version + ? RETURNING version"

# Both parts are answered from indexes, without a look at the items.
_COUNT = """
    SELECT (SELECT count(*) FROM items WHERE namespace >= ?1 AND namespace < ?2)
         - (SELECT count(*) FROM items WHERE namespace >= ?1 AND namespace < ?2 AND expires <= ?3)"""
# Jumps from one namespace to the next, past the items of each.
_NAMESPACES = """
    WITH RECURSIVE spaces (namespace) AS (
        SELECT min(namespace) FROM items WHERE namespace >= ?1 AND namespace < ?2
        UNION ALL
        SELECT (SELECT min(namespace) FROM items WHERE namespace > spaces.namespace AND namespace < ?2)
        FROM spaces WHERE spaces.namespace IS NOT NULL
    )
    SELECT namespace FROM spaces WHERE EXISTS (
        SELECT 1 FROM items WHERE items.namespace = spaces.namespace AND (expires IS NULL OR expires > ?3)
    )"""
# The cross join has SQLite ask the index of words first; only what is sorted by is read here.
_SEARCH = f"""
    SELECT items.id, words.rank FROM words CROSS JOIN items ON items.id = words.rowid
    WHERE words MATCH ? AND items.namespace >= ? AND items.namespace < ? AND {_LIVE}
    ORDER BY words.rank, items.namespace, items.key"""  # noqa: S608


class Database:
    """One connection; every method blocks, and is called on one thread.

    Every method raises `StoreError` where SQLite cannot do its work.

    Args:
        name: What errors call the store.
        path: The file.
        stopping: Set when queries are to be broken off, and waits for a lock to be given up.
        clock: Gives the time in seconds since the epoch.
        synchronous: ``"full"`` or ``"normal"``.
        busy_timeout: How long to wait for a lock, in seconds.
        search: Whether the words of items are indexed.
        create: Whether to make the file and bring it up to date, its index too.
    """

    def __init__(
        self,
        name: str,
        path: Path | Literal[":memory:"],
        stopping: threading.Event,
        *,
        clock: Callable[[], float],
        synchronous: str,
        busy_timeout: float,
        search: bool,
        create: bool = False,
    ) -> None:
        self._name = name
        self._clock = clock
        self._stopping = stopping
        self._indexes = search
        self._busy_timeout = busy_timeout
        self._give_up_at = 0.0
        self._version = 0
        self._texts: dict[int, str] = {}  # of the rows this transaction has changed; empty for none
        self._has_snippets = False
        self._abandoned: Callable[[], bool] | None = None  # of the query that runs
        self._connection = connect(name, path, create=create, synchronous=synchronous, wait=self._wait)
        self._execute: Callable[..., Any] = self._connection.cursor().execute
        self._moved = ctypes.c_int()
        self._connection.set_progress_handler(self._is_in_vain, _LOOK_UP)
        if create:
            try:
                self._settle_index()
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        """Close the connection."""
        self._connection.close(force=True)

    # --- Writing --------------------------------------------------------------------------------------

    def write(self, batches: Sequence[Sequence[Mutation[Any]]]) -> list[list[Outcome | Exception]]:
        """Apply several calls' mutations in one transaction, and commit it.

        If a statement fails for what is in it, the transaction is done again with each mutation in a
        savepoint, and the one at fault is left out.
        """
        with self._translated():
            try:
                return self._transaction(batches, self._apply)
            except ENVIRONMENT:
                raise
            except Exception:
                return self._transaction(batches, self._apply_apart)

    def purge(self) -> bool:
        """Remove some of what has expired; whether there may be more."""
        with self._translated(), self._writing():
            gone = self._execute(_PURGE, (self._clock(), PURGE_PORTION)).fetchall()
            self._texts.update((row, "") for (row,) in gone)
        return len(gone) == PURGE_PORTION

    def _transaction(
        self,
        batches: Sequence[Sequence[Mutation[Any]]],
        apply: Callable[[Mutation[Any], float], Outcome | Exception],
    ) -> list[list[Outcome | Exception]]:
        puts = sum([type(mutation) is Put for batch in batches for mutation in batch])
        with self._writing():
            now = self._clock()
            if puts:
                ((last,),) = self._execute(_RESERVE, (puts,)).fetchall()
                self._version = last - puts
            return [[apply(mutation, now) for mutation in batch] for batch in batches]

    def _apply(self, mutation: Mutation[Any], now: float) -> Outcome | Exception:
        try:
            if isinstance(mutation, Put):
                return self._put(mutation, now)
            if isinstance(mutation, Delete):
                return self._delete(mutation, now)
            if isinstance(mutation, Touch):
                return self._touch(mutation, now)
            if isinstance(mutation, Clear):
                return self._clear(mutation, now)
        except ConflictError as conflict:
            return conflict
        return UnsupportedError("memory.sqlite", type(mutation).__name__)

    def _apply_apart(self, mutation: Mutation[Any], now: float) -> Outcome | Exception:
        self._execute("SAVEPOINT mutation")
        try:
            outcome = self._apply(mutation, now)
            self._index()
        except ENVIRONMENT:
            raise
        except Exception as error:
            self._texts.clear()
            self._execute("ROLLBACK TO mutation")
            outcome = translate(error, self._name) if isinstance(error, apsw.Error) else error
        self._execute("RELEASE mutation")
        return outcome

    def _put(self, put: Put, now: float) -> Stamp:
        """A look, then an insert or an update: cheaper than an upsert that returns what it did."""
        namespace, key = encode_namespace(put.address.namespace), put.address.key
        row, created = self._check(put.address, namespace, put.expected, now)
        self._version += 1
        stamp = Stamp(
            self._version,
            put.created if put.created is not None else now if created is None else created,
            now if put.updated is None else put.updated,
            put.expires if put.ttl is None else now + put.ttl,
        )
        if row is None:
            self._execute(_INSERT, (*stamp, put.metadata, put.text, namespace, key))
            row = self._connection.last_insert_rowid()
        else:
            self._execute(_UPDATE, (*stamp, put.metadata, put.text, row))
        self._texts[row] = text_of(put.value) if self._indexes else ""
        return stamp

    def _delete(self, delete: Delete, now: float) -> bool:
        namespace = encode_namespace(delete.address.namespace)
        if delete.expected is not None:
            self._check(delete.address, namespace, delete.expected, now)
        gone = self._execute(_DELETE, (namespace, delete.address.key)).fetchall()
        return self._unindex(gone, now) > 0

    def _touch(self, touch: Touch, now: float) -> Item | None:
        expires = None if touch.ttl is None else now + touch.ttl
        namespace, key = touch.address
        return self._item(_TOUCH, (expires, encode_namespace(namespace), key, now), touch.address)

    def _clear(self, clear: Clear, now: float) -> Cleared:
        gone = self._execute(_CLEAR, (*subtree_of(clear.namespace), clear.limit)).fetchall()
        return Cleared(self._unindex(gone, now), len(gone) < clear.limit)

    def _unindex(self, gone: list[Any], now: float) -> int:
        """Drop the words of rows that went; how many of them had not expired."""
        self._texts.update((row, "") for row, _ in gone)
        return sum(expires is None or expires > now for _, expires in gone)

    def _index(self) -> None:
        """Bring the index up to what the transaction did to the rows.

        At its end, since FTS5 writes out what it has gathered whenever another statement comes between:
        a put costs three times as much when its row and its words are written in turn.
        """
        if self._indexes:
            for row, text in self._texts.items():
                if text:
                    self._execute(_INDEX, (row, text))
                else:
                    self._execute(_UNINDEX, (row,))
        elif self._texts:
            give_up(self._connection)  # another process may have completed it since this one opened the file
        self._texts.clear()

    def _settle_index(self) -> None:
        """Complete the index or give it up, in one transaction, which is broken off when the store is closed."""
        with self._translated():
            if is_complete(self._connection) != self._indexes:
                self._abandoned = lambda: False
                with self._writing():
                    (rebuild if self._indexes else give_up)(self._connection)
                self._abandoned = None

    def _check(
        self, address: Address, namespace: bytes, expected: object, now: float
    ) -> tuple[int | None, float | None]:
        """The row of an address and when its item was created; no time if the item is absent, or has expired.

        Raises:
            ConflictError: The item is not what is expected.
        """
        # The first row and no look for a second one, which would be another turn with the interpreter's lock.
        row, version, created, expires = next(self._execute(_FIND, (namespace, address.key)), _NOT_FOUND)
        if expires is not None and expires <= now:
            version = created = None
        if expected is not None and version != (None if expected == ABSENT else expected):
            raise ConflictError(str(address), expected, version)
        return row, created

    # --- Reading --------------------------------------------------------------------------------------

    def read(self, addresses: Sequence[Address]) -> list[Item | None]:
        """The items at these addresses, all as of one moment."""
        with self._translated(), self._snapshot(lambda: False):
            now = self._clock()
            return [
                self._item(_READ, (encode_namespace(address.namespace), address.key, now), address)
                for address in addresses
            ]

    def query(self, query: Query[Any], abandoned: Callable[[], bool] = lambda: False) -> Any:
        """The answer, as of one moment; broken off once `abandoned` says that nobody waits for it."""
        if isinstance(query, Search) and not self._indexes:
            raise UnsupportedError("memory.sqlite with search = false", "text search", "search = true")
        with self._translated():
            if isinstance(query, Search) and not self._has_snippets:
                create_snippets(self._connection)
                self._has_snippets = True
        with self._translated(), self._snapshot(abandoned):
            now = self._clock()
            if isinstance(query, Scan):
                return self._scan(query, now)
            if isinstance(query, Search):
                return self._search(query, now)
            if isinstance(query, Count):
                return self._count(query, now)
            if isinstance(query, Namespaces):
                rows = self._execute(_NAMESPACES, (*subtree_of(query.prefix), now)).fetchall()
                return [decode_namespace(namespace) for (namespace,) in rows]
        raise UnsupportedError("memory.sqlite", type(query).__name__)

    def check(self) -> int:
        """See that what is open can be read and is still where it was; how many bytes it takes.

        Raises:
            StoreCorruptError: The file was removed or replaced.
        """
        with self._translated(), self._snapshot(lambda: False):
            self._check_file()
            ((pages,), (size,)) = self._execute("PRAGMA page_count; PRAGMA page_size").fetchall()
            self._execute("SELECT version FROM sequence").fetchall()
            return int(pages * size)

    def _scan(self, scan: Scan, now: float) -> list[Item]:
        columns = "namespace, key" if scan.order == "key" else f"{scan.order}, namespace, key"
        conditions = ["namespace >= ?", "namespace < ?", _LIVE]
        bindings: list[Any] = [*subtree_of(scan.namespace), now]
        if scan.after is not None:
            time, address = scan.after
            places = (
                [encode_namespace(address.namespace), address.key]
                if time is None
                else [time, encode_namespace(address.namespace), address.key]
            )
            conditions.append(f"({columns}) {'<' if scan.descending else '>'} ({', '.join('?' * len(places))})")
            bindings += places
        order = ", ".join(f"{column} DESC" if scan.descending else column for column in columns.split(", "))
        limit = f"LIMIT {scan.limit}" if scan.where is None else ""
        ids = f"SELECT id FROM items WHERE {' AND '.join(conditions)} ORDER BY {order} {limit}"  # noqa: S608
        return [item for item, _ in self._matching(ids, bindings, scan.where, scan.limit)]

    def _search(self, search: Search, now: float) -> list[Hit]:
        if not is_complete(self._connection):
            raise StoreError(
                self._name,
                "its index is incomplete, since another process uses it with search = false",
                "use search = true in all of them, and initialize this one again",
            )
        expression = match_expression(search.text)
        if expression is None:
            return []
        bindings = (expression, *subtree_of(search.namespace), now)
        found = list(self._matching(_SEARCH, bindings, search.where, search.offset + search.limit))[
            search.offset :
        ]
        snippets = snippets_of(self._connection, expression, [text_of(item.value) for item, _ in found])
        return [Hit(item, -rank, snippet) for (item, (rank,)), snippet in zip(found, snippets, strict=True)]

    def _count(self, count: Count, now: float) -> int:
        if count.where is None:
            ((total,),) = self._execute(_COUNT, (*subtree_of(count.namespace), now)).fetchall()
            return int(total)
        ids = f"SELECT id FROM items WHERE namespace >= ? AND namespace < ? AND {_LIVE}"  # noqa: S608
        return sum(1 for _ in self._matching(ids, (*subtree_of(count.namespace), now), count.where, None))

    def _matching(
        self, ids: str, bindings: Sequence[Any], where: Filter | None, limit: int | None
    ) -> Iterator[tuple[Item, tuple[Any, ...]]]:
        """The items that a statement gives the ids of, first `limit` that match, with what else it gives.

        Items are read one by one, so that what is sorted is small, and what is not needed is not read.
        """
        cursor = self._connection.cursor()
        try:
            taken = 0
            for row, *rest in cursor.execute(ids, bindings):
                item = self._item(_READ_ID, (row,), row)
                assert item is not None  # the snapshot has it
                if where is None or where.matches(item):
                    yield item, tuple(rest)
                    taken += 1
                    if taken == limit:
                        return
        finally:
            cursor.close(True)

    def _item(self, statement: str, bindings: tuple[Any, ...], place: Address | int) -> Item | None:
        """The item in the row that a statement gives, if it gives one.

        Args:
            statement: The statement, which gives `COLUMNS`.
            bindings: What is bound in it.
            place: The item's address, or the id of its row, to say which one is damaged.
        """
        try:
            rows = self._execute(statement, bindings).fetchall()
            return item_of(rows[0]) if rows else None
        except (ValueError, RecursionError) as error:
            if isinstance(place, int):
                ((raw,),) = self._execute(_PLACE, (place,)).fetchall()
                which = raw.replace(b"\0", b"/").decode(errors="backslashreplace")
            else:
                which = str(place)
            raise self._damaged(f"its item {which!r}", error) from error

    def _damaged(self, what: str, error: Exception) -> StoreCorruptError:
        advice = "put the item again, or delete it; or restore a copy from before"
        return StoreCorruptError(self._name, f"{what} is damaged: {error}", advice)

    # --- Transactions ---------------------------------------------------------------------------------

    @contextmanager
    def _writing(self) -> Generator[None]:
        self._texts.clear()
        self._execute("BEGIN IMMEDIATE")
        try:
            yield
            self._index()
            self._check_file()
            self._execute("COMMIT")
        except BaseException:
            self._roll_back()
            raise

    def _check_file(self) -> None:
        """See that the file that is open is still where it was; else what is committed would be gone with it.

        SQLite compares the inodes (SQLITE_FCNTL_HAS_MOVED), which costs a look at the file for each transaction:
        https://www.sqlite.org/c3ref/c_fcntl_begin_atomic_write.html. A database in memory never moves.
        """
        self._connection.file_control("main", apsw.SQLITE_FCNTL_HAS_MOVED, ctypes.addressof(self._moved))
        if self._moved.value:
            raise StoreCorruptError(
                self._name,
                "was removed or replaced while it was open; nothing was written",
                "put it back, or initialize the provider again to use what is there now",
            )

    @contextmanager
    def _snapshot(self, abandoned: Callable[[], bool]) -> Generator[None]:
        """A view of one moment; whatever is written in it, to temporary tables, is gone afterwards."""
        self._execute("BEGIN")
        self._abandoned = abandoned
        try:
            yield
        finally:
            self._abandoned = None
            self._roll_back()

    def _roll_back(self) -> None:
        if self._connection.in_transaction:  # some errors have rolled it back already
            self._execute("ROLLBACK")

    @contextmanager
    def _translated(self) -> Generator[None]:
        try:
            yield
        except apsw.Error as error:
            raise translate(error, self._name, self._connection) from error
        except (JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
            raise self._damaged("what it holds", error) from error

    def _is_in_vain(self) -> bool:
        return self._abandoned is not None and (self._stopping.is_set() or self._abandoned())

    def _wait(self, attempts: int) -> bool:
        """Wait a little for another process's lock; false to give up."""
        if attempts == 0:
            self._give_up_at = monotonic() + self._busy_timeout
        rest = self._give_up_at - monotonic()
        return rest > 0 and not self._stopping.wait(min(rest, 0.001 * (attempts + 1), 0.02))
