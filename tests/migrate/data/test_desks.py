"""The two sides of a move that can be changed: what fails midway, or meets others, is undone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from purveyor.errors import MoveCollisionError, StoreFullError
from purveyor.memory import MemoryProvider
from purveyor.memory.store import Address
from purveyor.migrate.data import move_back, move_data
from purveyor.migrate.data.memory_desk import MemoryDesk
from purveyor.migrate.data.records import Record
from purveyor.migrate.data.storage_desk import StorageDesk
from purveyor.storage.local import LocalStorage
from tests.migrate.data.conftest import inprocess, memory, storage

JSON: dict[str, Any] = {"content_type": "application/json"}


def record(key: str, value: Any) -> Record:
    return Record(key, value, {}, 1.0, 2.0)


async def versions(desk: MemoryDesk | StorageDesk, *keys: str) -> dict[Address, int | str]:
    found = await desk.get([Address((), key) for key in keys])
    return {one.address: one.version for one in found if one is not None}


# --- A memory -------------------------------------------------------------------------------------------


@pytest.fixture(params=["in process", "SQLite"])
async def notes(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    provider: MemoryProvider[Any] = inprocess() if request.param == "in process" else memory(tmp_path / "notes.db")
    await provider.initialize()
    yield provider
    await provider.cleanup()


async def test_what_was_deleted_is_put_back_when_something_else_collides(notes: MemoryProvider[Any]) -> None:
    await notes.put("gone", {"x": 1}, metadata={"m": 1}, expires=4e10)
    await notes.put("replaced", "before")
    await notes.put("taken", "theirs")
    before = {item.key: item async for item in notes.export()}
    desk = MemoryDesk(notes, ())
    with pytest.raises(MoveCollisionError, match="'taken', and nothing was written"):
        await desk.change(
            [record("new", 1), record("replaced", "after"), record("taken", "ours")],
            await versions(desk, "replaced"),
            await versions(desk, "gone"),
        )
    after = {item.key: item async for item in notes.export()}
    assert after.keys() == before.keys()
    for key, item in before.items():
        now = after[key]
        assert (now.value, now.metadata, now.created, now.updated, now.expires) == (
            item.value, item.metadata, item.created, item.updated, item.expires,
        )  # fmt: skip


async def test_what_changed_before_it_was_deleted_stays_and_so_does_all_else(notes: MemoryProvider[Any]) -> None:
    for key in ("changed", "gone"):
        await notes.put(key, "before")
    desk = MemoryDesk(notes, ())
    deletes = await versions(desk, "gone", "changed")
    await notes.put("changed", "theirs")
    with pytest.raises(MoveCollisionError, match="'changed'"):
        await desk.change([record("new", 1)], {}, deletes)
    assert {item.key: item.value async for item in notes.export()} == {"changed": "theirs", "gone": "before"}


async def test_undo_leaves_what_others_have_put_since(notes: MemoryProvider[Any]) -> None:
    for key in "ab":
        await notes.put(key, "before")
    desk = MemoryDesk(notes, ())
    undo = await desk.change([record("c", "ours"), record("d", "ours")], {}, await versions(desk, "a", "b"))
    assert {item.key: item.value async for item in notes.export()} == {"c": "ours", "d": "ours"}
    await notes.put("a", "theirs")
    await notes.put("c", "theirs")
    await undo()
    assert {item.key: item.value async for item in notes.export()} == {"a": "theirs", "b": "before", "c": "theirs"}


# --- A storage ------------------------------------------------------------------------------------------


@pytest.fixture
async def files(tmp_path: Path) -> Any:
    provider = storage(tmp_path / "objects")
    await provider.initialize()
    yield provider
    await provider.cleanup()


async def objects(provider: LocalStorage) -> dict[str, bytes]:
    return {meta.path: await provider.get(meta.path) for meta in await provider.list()}


@pytest.mark.parametrize("others", ["write", "delete"])
async def test_an_object_that_others_changed_is_not_deleted_and_all_is_undone(
    files: LocalStorage, others: str
) -> None:
    for path in ("gone", "k", "replaced"):
        await files.put(path, b'"before"', **JSON)
    desk = StorageDesk(files, ())
    deletes = await versions(desk, "gone", "k")
    if others == "write":
        await files.put("k", b'"theirs"', **JSON)
    else:
        await files.delete("k")
    with pytest.raises(MoveCollisionError, match="'k', and nothing was written"):
        await desk.change(
            [record("new", 1), record("replaced", "after")], await versions(desk, "replaced"), deletes
        )
    theirs = {"k": b'"theirs"'} if others == "write" else {}
    assert await objects(files) == {"gone": b'"before"', "replaced": b'"before"', **theirs}


async def test_an_object_that_cannot_be_deleted_undoes_the_rest(
    files: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in "ab":
        await files.put(path, b"1", **JSON)
    desk = StorageDesk(files, ())
    delete = LocalStorage.delete

    async def fail(self: LocalStorage, path: str) -> bool:
        if path == "b":
            raise StoreFullError("files", "the disk is full")
        return await delete(self, path)

    monkeypatch.setattr(LocalStorage, "delete", fail)
    with pytest.raises(StoreFullError):
        await desk.change([record("new", 1)], {}, await versions(desk, "a", "b"))
    assert await objects(files) == {"a": b"1", "b": b"1"}


async def test_undo_leaves_the_objects_that_others_have_written_since(files: LocalStorage) -> None:
    for path in "ab":
        await files.put(path, b'"before"', **JSON)
    desk = StorageDesk(files, ())
    undo = await desk.change(
        [record("a", "ours"), record("c", "ours")], await versions(desk, "a"), await versions(desk, "b")
    )
    assert await objects(files) == {"a": b'"ours"', "c": b'"ours"'}
    for path in "abc":
        await files.put(path, b'"theirs"', **JSON)
    await undo()
    assert await objects(files) == dict.fromkeys("abc", b'"theirs"')


async def test_bytes_that_are_gone_are_told_as_gone(
    tmp_path: Path, files: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = storage(tmp_path / "new", "new")
    for path in ("a", "b", "c"):
        await files.put(path, b"1")
    await move_data(files, target)
    await target.initialize()
    await target.put("a", b"2")
    await target.delete("b")
    await target.delete("c")
    delete = StorageDesk._delete

    async def race(self: StorageDesk, address: Address, version: int | str) -> None:
        if address.key == "c":
            await files.put("c", b"theirs")
        await delete(self, address, version)

    with monkeypatch.context() as patch:
        patch.setattr(StorageDesk, "_delete", race)
        with pytest.raises(MoveCollisionError) as collided:
            await move_back(files, target)
    assert str(collided.value) == (
        "files: it holds something else under 'c', and what was done to 'a', 'b' before stays done; "
        "do the same again, which goes on from there"
    )
    assert await objects(files) == {"a": b"2", "c": b"theirs"}
    await move_back(files, target, overwrite=True)
    assert await objects(files) == {"a": b"2"}
    await target.cleanup()
