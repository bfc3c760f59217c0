"""Format C, a SQLite database with messages: rows, and the database file to the byte."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from purveyor.errors import MoveRefusedError, UnknownFormatError
from purveyor.migrate.data import move_back, move_data, read_legacy
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


def test_a_table_without_numbers_is_told(database: Path) -> None:
    run(database, "CREATE TABLE messages (id TEXT PRIMARY KEY) WITHOUT ROWID")
    with pytest.raises(UnknownFormatError, match="its messages cannot be read: no such column: rowid"):
        read_legacy(database)


def test_a_database_that_cannot_be_taken_into_memory_is_told(chat: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(sqlite3.Connection):
        def deserialize(self, *_: Any, **__: Any) -> None:
            raise sqlite3.OperationalError("out of memory")

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *args, **options: connect(*args, factory=Failing, **options))
    with pytest.raises(UnknownFormatError, match="cannot be read: out of memory"):
        read_legacy(chat)
