"""Format C, a SQLite database with messages: rows, and the database file to the byte."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from purveyor.errors import MoveRefusedError, UnknownFormatError
from purveyor.migrate.data import messages_table, move_back, move_data, read_legacy
from tests.migrate.data.conftest import contents, memory

SCHEMA = "CREATE TABLE messages (id TEXT PRIMARY KEY, role TEXT, content TEXT, score REAL, created_at TEXT)"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "chat.db"


def run(path: Path, *statements: str) -> list[Any]:
    connection = sqlite3.connect(path)
    try:
        rows: list[Any] = []
        for statement in statements:
            rows = connection.execute(statement).fetchall()
        connection.commit()
        return rows
    finally:
        connection.close()


@pytest.fixture
def chat(database: Path) -> Path:
    run(
        database,
        SCHEMA,
        "INSERT INTO messages VALUES ('m1', 'user', 'ship ahoy', 0.5, '2024-03-01T10:00:00+00:00')",
        "INSERT INTO messages VALUES ('m2', 'bot', NULL, NULL, 'long ago')",
    )
    return database


async def test_rows_are_entries_and_the_file_comes_back(tmp_path: Path, chat: Path) -> None:
    target = memory(tmp_path / "notes.db")
    before = chat.read_bytes()
    moved = await move_data(chat, target)
    assert (moved.format, moved.moved) == ("messages", 2)
    values = await contents(target)
    assert values["m1"] == {
        "id": "m1", "role": "user", "content": "ship ahoy", "score": 0.5, "created_at": "2024-03-01T10:00:00+00:00",
    }  # fmt: skip
    await target.initialize()
    m1, m2 = await target.get("m1"), await target.get("m2")
    await target.cleanup()
    assert m1 is not None
    assert m2 is not None
    assert m1.created == 1709287200.0
    assert m2.created == pytest.approx(chat.stat().st_mtime)
    assert chat.read_bytes() == before
    chat.unlink()
    assert (await move_back(chat, target)).identical
    assert chat.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["chat.db", "notes.db", "notes.db.chat.db.moved"]


@pytest.mark.parametrize("wal", [False, True])
async def test_changes_come_back_into_the_rows(tmp_path: Path, chat: Path, wal: bool) -> None:
    if wal:
        run(chat, "PRAGMA journal_mode = WAL")
    target = memory(tmp_path / "notes.db")
    await move_data(chat, target)
    await target.initialize()
    await target.put("m1", {"id": "m1", "role": "admin"})
    await target.put("m3", {"content": "new"})
    await target.delete("m2")
    await target.cleanup()
    back = await move_back(chat, target)
    assert (back.changed, back.added, back.deleted) == (("m1",), ("m3",), ("m2",))
    assert run(chat, "SELECT * FROM messages ORDER BY id") == [
        ("m1", "admin", None, None, None),
        ("m3", None, "new", None, None),
    ]
    assert run(chat, "PRAGMA integrity_check", "PRAGMA journal_mode") == [("wal" if wal else "delete",)]


@pytest.mark.parametrize(
    ("value", "options", "said"),
    [
        ("text", {}, "is no object of columns"),
        ({"other": 1}, {}, "is no object of columns"),
        ({"role": {"deep": 1}}, {}, "which takes no objects"),
        ({"id": "m2"}, {}, "says another key"),
        ({"role": "x"}, {"metadata": {"a": 1}}, "has metadata, or expires"),
        ({"role": "x"}, {"expires": 4e10}, "has metadata, or expires"),
    ],
    ids=repr,
)
async def test_what_has_no_place_in_a_row_is_refused(
    tmp_path: Path, chat: Path, value: Any, options: Any, said: str
) -> None:
    target = memory(tmp_path / "notes.db")
    before = chat.read_bytes()
    await move_data(chat, target)
    await target.initialize()
    await target.put("m1", value, **options)
    await target.cleanup()
    with pytest.raises(MoveRefusedError, match=said):
        await move_back(chat, target)
    assert chat.read_bytes() == before


async def test_rows_without_a_key_of_their_own_go_by_their_number(tmp_path: Path, database: Path) -> None:
    run(database, "CREATE TABLE messages (role TEXT)", "INSERT INTO messages VALUES ('a'), ('b')")
    target = memory(tmp_path / "notes.db")
    await move_data(database, target)
    assert await contents(target) == {"1": {"role": "a"}, "2": {"role": "b"}}
    await target.initialize()
    await target.put("7", {"role": "c"})
    await target.cleanup()
    await move_back(database, target)
    assert run(database, "SELECT role FROM messages") == [("a",), ("b",), ("c",)]


HAZARDS = {
    "a BLOB": ("INSERT INTO messages VALUES ('m3', x'00ff', '', 0, '')", "m3", "holds a BLOB"),
    "no UTF-8": (
        "INSERT INTO messages VALUES ('m3', CAST(x'ff' AS TEXT), '', 0, '')",
        "m3",
        "text that is not UTF-8",
    ),
    "infinity": ("INSERT INTO messages VALUES ('m3', '', '', 9e999, '')", "m3", "its value.score is inf"),
    "no key": ("INSERT INTO messages VALUES (NULL, '', '', 0, '')", None, "has no key"),
    "a NUL in the key": ("INSERT INTO messages VALUES ('a' || char(0), '', '', 0, '')", "a\0", "holds a NUL"),
}


@pytest.mark.parametrize("hazard", HAZARDS)
async def test_rows_that_cannot_be_carried_are_set_aside(tmp_path: Path, chat: Path, hazard: str) -> None:
    statement, key, said = HAZARDS[hazard]
    run(chat, statement)
    target = memory(tmp_path / "notes.db")
    with pytest.raises(MoveRefusedError, match=said) as refused:
        await move_data(chat, target)
    (problem,) = refused.value.problems
    assert (problem.file, problem.line, problem.key) == ("chat.db", 3, key)
    before = chat.read_bytes()
    moved = await move_data(chat, target, set_aside=True)
    assert moved.moved == 2
    (aside,) = json.loads((tmp_path / "notes.db.aside.json").read_text())["entries"]
    assert aside["raw"]["row"] == 3
    chat.unlink()
    assert (await move_back(chat, target)).identical
    assert chat.read_bytes() == before


async def test_a_key_of_a_row_that_was_set_aside_is_refused_by_the_database(tmp_path: Path, chat: Path) -> None:
    run(chat, "INSERT INTO messages VALUES ('m3', x'00ff', '', 0, '')")
    target = memory(tmp_path / "notes.db")
    await move_data(chat, target, set_aside=True)
    await target.initialize()
    await target.put("m3", {"role": "x"})
    await target.cleanup()
    with pytest.raises(MoveRefusedError, match="is refused: UNIQUE constraint failed"):
        await move_back(chat, target)


async def test_keys_that_are_the_same_as_texts_are_told(database: Path) -> None:
    run(database, "CREATE TABLE messages (id PRIMARY KEY)", "INSERT INTO messages VALUES (1), ('1')")
    (problem,) = read_legacy(database).problems
    assert (problem.key, problem.problem) == ("1", "has the same key as another row, as a text")


@pytest.fixture
def live(chat: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(chat)
    yield connection
    connection.close()


@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
async def test_a_database_in_use_is_refused(
    tmp_path: Path, chat: Path, live: sqlite3.Connection, mode: str
) -> None:
    live.execute(f"PRAGMA journal_mode = {mode}")
    live.execute("PRAGMA cache_size = 1")
    live.execute("BEGIN IMMEDIATE")
    live.executemany(
        "INSERT INTO messages (id, content) VALUES (?, ?)", [(f"x{i}", "y" * 2000) for i in range(50)]
    )
    if mode == "WAL":
        live.commit()
    with pytest.raises(UnknownFormatError, match="says that a process has it open"):
        await move_data(chat, memory(tmp_path / "notes.db"))


async def test_a_database_in_use_is_refused_through_a_link_too(
    tmp_path: Path, chat: Path, live: sqlite3.Connection
) -> None:
    live.execute("PRAGMA journal_mode = WAL")
    live.execute("INSERT INTO messages (id) VALUES ('x')")
    live.commit()
    (tmp_path / "links").mkdir()
    link = tmp_path / "links" / "other.db"
    link.symlink_to(chat)
    with pytest.raises(UnknownFormatError, match=r"chat\.db-wal says that a process has it open"):
        await move_data(link, memory(tmp_path / "notes.db"))


async def test_a_database_in_use_is_not_replaced_on_the_way_back(tmp_path: Path, chat: Path) -> None:
    run(chat, "PRAGMA journal_mode = WAL")
    target = memory(tmp_path / "notes.db")
    await move_data(chat, target)
    await target.initialize()
    await target.put("m3", {"role": "x"})
    await target.cleanup()
    connection = sqlite3.connect(chat)
    connection.execute("INSERT INTO messages (id) VALUES ('theirs')")
    connection.commit()
    with pytest.raises(UnknownFormatError, match="says that a process has it open"):
        await move_back(chat, target, overwrite=True)
    connection.close()
    assert run(chat, "SELECT id FROM messages") == [("m1",), ("m2",), ("theirs",)]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"SQLite format 3\0" + b"\xff" * 1000, "cannot be read"),
        (b"SQLite format 3\0", "cannot be read"),
        (None, "no table called messages"),
    ],
)
def test_what_holds_no_messages_is_told(database: Path, data: bytes | None, said: str) -> None:
    if data is None:
        run(database, "CREATE TABLE others (x)")
    else:
        database.write_bytes(data)
    with pytest.raises(UnknownFormatError, match=said):
        read_legacy(database)


ENDLESS = (
    "WITH RECURSIVE more(rowid, x) AS (SELECT 1, 'x' UNION ALL SELECT rowid + 1, x FROM more) SELECT * FROM more"
)

NO_TABLES = {
    "a view": ("CREATE VIEW messages AS SELECT 1 AS x", "are a view, or a virtual table"),
    "a view without an end": (f"CREATE VIEW messages AS {ENDLESS}", "are a view, or a virtual table"),
    "a virtual table": (
        "INSERT INTO sqlite_master VALUES ('table', 'Messages', 'Messages', 0, 'CREATE VIRTUAL TABLE Messages USING x')",
        "are a view, or a virtual table",
    ),
    "no row numbers": (
        "CREATE TABLE messages (id TEXT PRIMARY KEY) WITHOUT ROWID", "have no row numbers (WITHOUT ROWID)",
    ),
    "columns called as row numbers": (
        "CREATE TABLE messages (rowid, _ROWID_, Oid)", "take all names of row numbers",
    ),
    "a column that is not UTF-8": ("CREATE TABLE messages (\"x\")", "a name that is not UTF-8"),
}  # fmt: skip


@pytest.mark.parametrize("kind", NO_TABLES)
def test_what_is_called_messages_and_is_no_table_of_rows_is_told(database: Path, kind: str) -> None:
    statement, said = NO_TABLES[kind]
    run(database, "PRAGMA writable_schema = ON", statement)  # so that no module is needed
    if "UTF-8" in kind:
        database.write_bytes(database.read_bytes().replace(b'"x"', b'"\xff"'))
    with pytest.raises(UnknownFormatError, match=re.escape(said)):
        read_legacy(database)


ODD_TABLES = {
    "a column called rowid": "CREATE TABLE messages (rowid, role)",
    "a column called _rowid_": "CREATE TABLE Messages (RowID, _rowid_, role)",
    "a primary key called oid": "CREATE TABLE messages (id INTEGER PRIMARY KEY, oid, role)",
    "names in quotes": 'CREATE TABLE "messages" ("a ""b"" c", "order" TEXT PRIMARY KEY, "")',
    "a primary key of two": "CREATE TABLE messages (a, b, role, PRIMARY KEY (a, b))",
    "a trigger that writes elsewhere": "CREATE TABLE messages (id TEXT PRIMARY KEY, role)",
    "an index on an expression": "CREATE TABLE messages (id TEXT PRIMARY KEY, role CHECK (length(role) < 20))",
}


@pytest.mark.parametrize("kind", ODD_TABLES)
async def test_odd_tables_are_moved_there_and_back(tmp_path: Path, database: Path, kind: str) -> None:
    run(database, ODD_TABLES[kind], "CREATE TABLE log (id INTEGER PRIMARY KEY, what)")
    if "trigger" in kind:
        run(
            database,
            "CREATE TRIGGER t AFTER UPDATE ON messages BEGIN INSERT INTO log (what) VALUES (new.role); END",
        )
    if "index" in kind:
        run(database, "CREATE UNIQUE INDEX i ON messages (lower(role)) WHERE role IS NOT NULL")
    columns = [row[1] for row in run(database, "PRAGMA table_info(messages)")]
    connection = sqlite3.connect(database)
    for number in (1, 2, 3):
        marks = ", ".join("?" * len(columns))
        connection.execute(
            f"INSERT INTO messages VALUES ({marks})",
            [number if name == "id" else f"{name}{number}" for name in columns],
        )
    connection.execute("UPDATE messages SET rowid = NULL") if kind == "a column called rowid" else None
    connection.commit()
    connection.close()
    target = memory(tmp_path / "notes.db")
    before = run(database, "SELECT * FROM messages")
    assert (await move_data(database, target)).moved == 3
    found = await contents(target)
    assert [*found.values()] == [dict(zip(columns, row, strict=True)) for row in before]
    key, *_, gone = found
    await target.initialize()
    await target.put(key, {**found[key], columns[-1]: "other"})
    await target.delete(gone)
    await target.cleanup()
    await move_back(database, target)
    assert run(database, "SELECT * FROM messages") == [(*before[0][:-1], "other"), before[1]]
    assert run(database, "SELECT what FROM log") == ([("other",)] if "trigger" in kind else [])


async def test_computed_columns_are_left_to_the_database(tmp_path: Path, database: Path) -> None:
    run(
        database,
        "CREATE TABLE messages (id INTEGER PRIMARY KEY, a INT, twice AS (a * 2), b INT, thrice AS (a * 3) STORED)",
        "INSERT INTO messages (a, b) VALUES (1, 10), (2, 20)",
    )
    target = memory(tmp_path / "notes.db")
    moved = await move_data(database, target)
    assert moved.notes == ("computed columns are left to the database: 'twice', 'thrice'",)
    assert await contents(target) == {"1": {"id": 1, "a": 1, "b": 10}, "2": {"id": 2, "a": 2, "b": 20}}
    await target.initialize()
    await target.put("2", {"a": 5, "b": 20})
    await target.cleanup()
    await move_back(database, target)
    assert run(database, "SELECT * FROM messages") == [(1, 1, 2, 10, 3), (2, 5, 10, 20, 15)]


#: What is created beside the table (id, role, n INTEGER), what is put, and what is said of it.
RULES: dict[str, tuple[tuple[str, ...], str, Any, str]] = {
    "a trigger without an end": (
        (f"CREATE TRIGGER t AFTER UPDATE ON messages BEGIN INSERT INTO log {ENDLESS}; END",),
        "m1", {"role": "x"}, "key 'm1': is refused: it takes more than 1,000,000 steps",
    ),
    "a trigger that says no": (
        ("CREATE TRIGGER t BEFORE DELETE ON messages BEGIN SELECT RAISE(ABORT, 'no'); END",),
        "m1", None, "key 'm1': is refused: no",
    ),
    "a trigger that says nothing": (
        ("CREATE TRIGGER t BEFORE INSERT ON messages BEGIN SELECT RAISE(IGNORE); END",),
        "m9", {"role": "x"}, "key 'm9': is left out by a rule of the table",
    ),
    "a trigger that changes the row": (
        ("CREATE TRIGGER t AFTER UPDATE ON messages BEGIN UPDATE messages SET n = 5 WHERE id = new.id; END",),
        "m1", {"role": "x"}, "chat.db:1, key 'm1': its column n would hold 5 instead of None",
    ),
    "a trigger that changes another row": (
        ("CREATE TRIGGER t AFTER UPDATE ON messages BEGIN UPDATE messages SET n = 5 WHERE id = 'm2'; END",),
        "m1", {"role": "x"}, "chat.db:2, key 'm2': its column n would hold 5 instead of 2",
    ),
    "a trigger that inserts a row": (
        ("CREATE TRIGGER t AFTER DELETE ON messages BEGIN INSERT INTO messages (id) VALUES ('m7'); END",),
        "m1", None, "chat.db:3: row 3 would be there",
    ),
    "a rule that replaces": (
        ("CREATE TABLE new (id TEXT PRIMARY KEY, role UNIQUE ON CONFLICT REPLACE, n INTEGER)",
         "INSERT INTO new SELECT * FROM messages", "DROP TABLE messages", "ALTER TABLE new RENAME TO messages"),
        "m1", {"role": "bot"}, "chat.db:2, key 'm2': row 2 would be lost",
    ),
    "a function that is not there": (
        ("CREATE TRIGGER t AFTER UPDATE ON messages BEGIN SELECT theirs(); END",),
        "m1", {"role": "x"}, "is refused: no such function: theirs",
    ),
    "a text that becomes a number": ((), "m1", {"n": "5"}, "its column n would hold 5 instead of '5'"),
    "a boolean": ((), "m1", {"n": True}, "has true in its column n, which would come back as a number"),
    "an integer that gets rounded": (
        ("ALTER TABLE messages ADD COLUMN score REAL",),
        "m9", {"score": 2**60 + 1}, "its column score would hold 1.152921504606847e+18 instead of 1152921504606846977",
    ),
}  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
async def test_what_the_rules_of_a_table_make_of_a_change_is_refused(
    tmp_path: Path, database: Path, rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements, key, value, said = RULES[rule]
    monkeypatch.setattr(messages_table, "_MOST_STEPS", 1_000_000)
    run(
        database,
        "CREATE TABLE messages (id TEXT PRIMARY KEY, role, n INTEGER)",
        "CREATE TABLE log (a, b)",
        "INSERT INTO messages VALUES ('m1', 'user', 1), ('m2', 'bot', 2)",
        *statements,
    )
    target = memory(tmp_path / "notes.db")
    await move_data(database, target)
    before = database.read_bytes()
    await target.initialize()
    await (target.delete(key) if value is None else target.put(key, value))
    await target.cleanup()
    with pytest.raises(MoveRefusedError, match=re.escape(said)):
        await move_back(database, target)
    assert database.read_bytes() == before


async def test_a_new_key_is_the_number_of_its_row_where_that_is_the_key(tmp_path: Path, database: Path) -> None:
    run(database, "CREATE TABLE messages (role TEXT)", "INSERT INTO messages VALUES ('a')")
    target = memory(tmp_path / "notes.db")
    await move_data(database, target)
    await target.initialize()
    await target.put("-7", {"role": "b"})
    await move_back(database, target)
    assert run(database, "SELECT rowid, role FROM messages") == [(-7, "b"), (1, "a")]
    for key in ("007", "seven"):
        await target.put(key, {"role": "c"})
        with pytest.raises(MoveRefusedError, match=f"key '{key}': is no row number, which is the key"):
            await move_back(database, target)
        await target.delete(key)
    await target.put(str(2**63), {"role": "c"})
    with pytest.raises(MoveRefusedError, match="too large to convert"):
        await move_back(database, target)
    await target.cleanup()


def cells_of(data: bytes, order: list[int]) -> bytes:
    """The database with the rows of its second page, which is that of the table, in another order."""
    size = int.from_bytes(data[16:18], "big")
    begin = size + 8
    places = [data[begin + 2 * index : begin + 2 * index + 2] for index in range(len(order))]
    mixed = b"".join(places[index] for index in order)
    return data[:begin] + mixed + data[begin + len(mixed) :]


@pytest.mark.parametrize(
    ("order", "said"),
    [([1, 0], "its rows are out of order"), ([2, 0, 1], "row 3 is not where it should be")],
    ids=["before the next", "not found again"],
)
def test_rows_out_of_order_are_told(database: Path, order: list[int], said: str) -> None:
    run(database, "CREATE TABLE messages (role TEXT)", *["INSERT INTO messages VALUES ('a')"] * len(order))
    database.write_bytes(cells_of(database.read_bytes(), order))
    with pytest.raises(UnknownFormatError, match=f"its messages cannot be read: {said}; restore a copy"):
        read_legacy(database)


def test_rows_that_are_much_longer_than_the_file_are_told(database: Path) -> None:
    run(database, "CREATE TABLE messages (id INTEGER PRIMARY KEY)", *["INSERT INTO messages VALUES (NULL)"] * 80)
    run(database, f"ALTER TABLE messages ADD COLUMN role TEXT DEFAULT '{'x' * 20_000}'")
    assert len(read_legacy(database).entries) == 80  # in the file the text stands once
    run(database, "INSERT INTO messages (id, role) SELECT a.id * 100 + b.id, '' FROM messages a, messages b")
    run(database, "ALTER TABLE messages DROP COLUMN role")
    run(database, f"ALTER TABLE messages ADD COLUMN role TEXT DEFAULT '{'x' * 20_000}'")
    with pytest.raises(UnknownFormatError, match="its rows are more than 100 times as long as the file"):
        read_legacy(database)


def test_more_rows_than_a_portion_are_all_read(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages_table, "_PORTION", 2)
    last = 2**63 - 1
    run(
        database,
        "CREATE TABLE messages (id INTEGER PRIMARY KEY)",
        f"INSERT INTO messages VALUES (-5), (1), (2), ({last})",
    )
    assert [entry.key for entry in read_legacy(database).entries] == ["-5", "1", "2", str(last)]
    run(database, f"DELETE FROM messages WHERE id = {last}")
    assert [entry.key for entry in read_legacy(database).entries] == ["-5", "1", "2"]


def test_a_database_that_cannot_be_taken_into_memory_is_told(chat: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(sqlite3.Connection):
        def deserialize(self, *_: Any, **__: Any) -> None:
            raise sqlite3.OperationalError("out of memory")

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *args, **options: connect(*args, factory=Failing, **options))
    with pytest.raises(UnknownFormatError, match="cannot be read: out of memory"):
        read_legacy(chat)
