"""Damage inside a row, and a file that is taken away: each a typed error, for those alone whom it concerns."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import apsw
import pytest

from purveyor.errors import StoreCorruptError
from purveyor.memory import Item
from tests.memory.conftest import sqlite

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from purveyor.memory import SQLiteMemory

DAMAGE = {
    "JSON cut short": "value = '{\"a'",
    "too deep": "value = replace(hex(zeroblob(100000)), '0', '[')",
    "no UTF-8": "value = CAST(x'22ff22' AS TEXT)",
    "metadata cut short": "metadata = '{'",
    "metadata of another kind": "metadata = '[]'",
}


def change(path: Path, sql: str) -> None:
    connection = apsw.Connection(str(path))
    connection.execute(sql)
    connection.close()


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
async def test_a_damaged_row_is_named_and_harms_no_other(tmp_path: Path, notes: SQLiteMemory, damage: str) -> None:
    await notes.put("good", "hello")
    await notes.put("bad", "hello", namespace=("a", "b"))
    change(tmp_path / "notes.db", f"UPDATE items SET {damage} WHERE key = 'bad'")
    bad: dict[str, Any] = {"namespace": ("a", "b")}
    good, *failed = await asyncio.gather(
        notes.get("good"),
        notes.get("bad", **bad),
        notes.get_many(["bad"], **bad),
        notes.touch("bad", 5, **bad),
        notes.list(),
        notes.search("hello"),
        notes.count(where={"key": "hello"}),
        return_exceptions=True,
    )
    assert isinstance(good, Item)
    assert good.value == "hello"
    for error in failed:
        assert isinstance(error, StoreCorruptError)
        assert str(error).startswith(f"memory.sqlite {tmp_path / 'notes.db'}: its item 'a/b/bad' is damaged: ")
    together = await asyncio.gather(
        notes.put("good", "again"), notes.get("bad", touch=5, **bad), return_exceptions=True
    )
    assert isinstance(together[1], StoreCorruptError)
    # What the advice says helps.
    await notes.put("bad", "well", **bad)
    assert [item.value for item in await notes.list(order="updated")] == ["again", "well"]


@pytest.mark.parametrize("column", ["key = CAST(x'ff' AS TEXT)", "namespace = x'61ff00'"])
async def test_an_address_that_is_damaged_itself_is_shown_as_it_is(
    tmp_path: Path, notes: SQLiteMemory, column: str
) -> None:
    await notes.put("k", 1)
    change(tmp_path / "notes.db", f"UPDATE items SET {column}")
    with pytest.raises(StoreCorruptError, match=r"its item '.*\\\\xff.*' is damaged"):
        [item async for item in notes.export()]


async def test_a_damaged_namespace_is_no_bare_error_where_namespaces_are_asked_for(
    tmp_path: Path, notes: SQLiteMemory
) -> None:
    await notes.put("k", 1, namespace=("a",))
    change(tmp_path / "notes.db", "UPDATE items SET namespace = x'61ff00'")
    with pytest.raises(StoreCorruptError, match="what it holds is damaged"):
        await notes.namespaces()


@pytest.mark.parametrize("damage", list(DAMAGE.values())[:3], ids=list(DAMAGE)[:3])
async def test_a_damaged_row_is_no_bare_error_where_the_index_is_made_anew(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "notes.db"
    notes = sqlite(path, search=False)
    await notes.initialize()
    await notes.put("k", "hello")
    await notes.cleanup()
    change(path, f"UPDATE items SET {damage}")
    with pytest.raises(StoreCorruptError, match="what it holds is damaged"):
        await sqlite(path).initialize()


def remove(path: Path) -> None:
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()


def rename(path: Path) -> None:
    path.rename(path.with_suffix(".moved"))


def replace(path: Path) -> None:
    copy = path.with_suffix(".copy")
    copy.write_bytes(path.read_bytes())
    copy.replace(path)


@pytest.mark.parametrize("take_away", [remove, rename, replace])
async def test_nothing_is_acknowledged_into_a_file_that_is_gone(
    tmp_path: Path, notes: SQLiteMemory, take_away: Callable[[Path], None]
) -> None:
    path = tmp_path / "notes.db"
    await notes.put("before", 1)
    take_away(path)
    for write in (notes.put("after", 2), notes.delete("before"), notes.put("after", 3), notes.clear(())):
        with pytest.raises(
            StoreCorruptError, match="was removed or replaced while it was open; nothing was written"
        ):
            await write
    assert await notes.get("after") is None
    await notes.reload()
    await notes.put("again", 4)
    other = sqlite(path)
    await other.initialize()
    assert await other.get("again") is not None
    await other.cleanup()


async def test_a_file_that_is_put_back_is_written_again(tmp_path: Path, notes: SQLiteMemory) -> None:
    path = tmp_path / "notes.db"
    path.rename(tmp_path / "aside")
    with pytest.raises(StoreCorruptError, match="put it back"):
        await notes.put("k", 1)
    (tmp_path / "aside").rename(path)
    assert (await notes.put("k", 2)).version == 1
