"""Moves: conflicts, journals, what changes meanwhile, verification, providers as sources, full disks, memory."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import subprocess
import sys
import threading
import tracemalloc
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from purveyor.errors import (
    DestinationChangedError,
    InvalidInputError,
    JournalError,
    MoveCollisionError,
    MoveProblem,
    MoveRefusedError,
    MoveVerificationError,
    SourceChangedError,
    StoreError,
    StoreFullError,
    UnsupportedError,
)
from purveyor.memory import MemoryProvider
from purveyor.migrate import data as package
from purveyor.migrate.data import journal as journals
from purveyor.migrate.data import legacy, move, move_back, move_data, read_legacy
from purveyor.migrate.data.memory_desk import MemoryDesk, _Mutations
from purveyor.migrate.data.provided import read_provider
from purveyor.migrate.data.snapshot import Snapshot, take
from purveyor.storage.local import LocalStorage
from tests.migrate.data.conftest import FUTURE, contents, entry, inprocess, memory, storage, write_entries


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# --- What the target has already ------------------------------------------------------------------------


async def test_a_collision_refuses_the_move_and_names_the_keys(tmp_path: Path, entries: Path) -> None:
    target = memory(tmp_path / "notes.db")
    await target.initialize()
    await target.put("a", "mine")
    with pytest.raises(
        MoveCollisionError, match=r"notes: it holds something else under 'a', and nothing was written"
    ):
        await move_data(entries, target)
    assert [item.key async for item in target.export()] == ["a"]
    assert names(tmp_path) == ["entries.json", "notes.db", "notes.db-shm", "notes.db-wal"]
    await target.cleanup()


async def test_keep_leaves_what_is_there_and_the_way_back_leaves_what_was(tmp_path: Path, entries: Path) -> None:
    target = memory(tmp_path / "notes.db")
    before = entries.read_bytes()
    await target.initialize()
    await target.put("a", "mine")
    await target.put("unrelated", 1)
    moved = await move_data(entries, target, on_conflict="keep")
    assert (moved.moved, moved.kept) == (1, 1)
    again = await move_data(entries, target, on_conflict="keep")
    assert (again.moved, again.already, again.kept) == (1, 1, 1)
    assert (await move_back(entries, target)).identical
    await target.put("a", "mine, changed")
    await target.put("late", 2)
    await move_data(entries, target, on_conflict="keep")  # which forgets nothing of what came since
    back = await move_back(entries, target)
    assert (back.changed, back.added) == (("a",), ("late",))
    await target.put("unrelated", 2)
    await target.cleanup()
    entries.write_bytes(before)
    assert (await move_back(entries, target)).added == ("unrelated", "late")


async def test_replace_puts_what_was_there_aside(tmp_path: Path, entries: Path) -> None:
    target = memory(tmp_path / "notes.db")
    await target.initialize()
    await target.put("a", "mine")
    moved = await move_data(entries, target, on_conflict="replace")
    assert (moved.moved, moved.replaced) == (2, 1)
    item = await target.get("a")
    await target.cleanup()
    assert item is not None
    assert item.value["page"] == 3
    (aside,) = json.loads((tmp_path / "notes.db.aside.json").read_text())["entries"]
    assert (aside["problem"], aside["record"]["value"]) == ("was replaced in notes", "mine")
    with pytest.raises(InvalidInputError, match="on_conflict: is 'merge'"):
        await move_data(entries, target, on_conflict="merge")  # type: ignore[arg-type]


async def test_a_second_move_finds_everything_there(tmp_path: Path, entries: Path) -> None:
    target = memory(tmp_path / "notes.db")
    first = await move_data(entries, target)
    journal = (tmp_path / "notes.db.entries.json.moved").read_bytes()
    second = await move_data(entries, target)
    assert second == replace(first, already=2)
    assert (tmp_path / "notes.db.entries.json.moved").read_bytes() == journal  # the same move, the same bytes


async def test_who_puts_between_the_look_and_the_write_wins_and_all_is_undone(
    tmp_path: Path, entries: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = memory(tmp_path / "notes.db")
    await target.initialize()
    await target.put("b/c", "replaced", metadata={"m": 1})
    await target.put("a", "mine")
    change = MemoryDesk.change

    async def late(self: MemoryDesk, *args: Any) -> Any:
        await target.put("a", "late")
        return await change(self, *args)

    monkeypatch.setattr(MemoryDesk, "change", late)
    with pytest.raises(MoveCollisionError, match="'a'"):
        await move_data(entries, target, on_conflict="replace")
    found = {item.key: (item.value, item.metadata) async for item in target.export()}
    await target.cleanup()
    assert found == {"a": ("late", {}), "b/c": ("replaced", {"m": 1})}
    assert not any(name.endswith((".part", ".moved")) for name in names(tmp_path))


async def test_a_new_database_appears_at_the_end_and_never_over_another(
    tmp_path: Path, entries: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "deep" / "notes.db"
    target = memory(path)
    change = MemoryDesk.change

    async def look(self: MemoryDesk, *args: Any) -> Any:
        undo = await change(self, *args)
        assert not path.exists()
        if len(names(tmp_path)) == 3:
            path.write_text("mine")
        return undo

    assert (await move_data(entries, target, dry_run=True)).moved == 2
    assert names(tmp_path) == ["entries.json"]
    monkeypatch.setattr(MemoryDesk, "change", look)
    (tmp_path / "third").touch()
    with pytest.raises(StoreError, match="something else has got its name meanwhile"):
        await move_data(entries, target)
    assert path.read_text() == "mine"
    path.unlink()
    (tmp_path / "third").unlink()
    await move_data(entries, target)
    assert names(path.parent) == ["notes.db", "notes.db.entries.json.moved"]


# --- What goes wrong meanwhile --------------------------------------------------------------------------


async def test_a_source_that_is_written_to_meanwhile_is_refused(
    tmp_path: Path, entries: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = journals.Pending.write

    def write_late(self: journals.Pending, journal: journals.Journal) -> None:
        write(self, journal)
        entries.write_text("{}")

    with monkeypatch.context() as patch:
        patch.setattr(journals.Pending, "write", write_late)
        with pytest.raises(SourceChangedError, match=r"entries\.json: it changed while it was read"):
            await move_data(entries, memory(tmp_path / "notes.db"))
    assert names(tmp_path) == ["entries.json"]
    take = legacy.take  # type: ignore[attr-defined]

    def take_early(path: Path) -> Any:
        snapshot = take(path)
        entries.write_text("{ }")
        return snapshot

    monkeypatch.setattr(legacy, "take", take_early)
    with pytest.raises(SourceChangedError):
        read_legacy(entries)


async def test_a_folder_that_is_written_to_meanwhile_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "store").mkdir()
    put_aside = move.put_aside  # type: ignore[attr-defined]

    def late(*args: Any) -> None:
        put_aside(*args)
        (tmp_path / "store" / "k.json").write_text("{}")

    (tmp_path / "store" / "README").write_text("hello")
    monkeypatch.setattr(move, "put_aside", late)
    with pytest.raises(SourceChangedError):
        await move_data(tmp_path / "store", memory(tmp_path / "notes.db"), set_aside=True)


class Lossy(MemoryDesk):
    """Gives back something else for a key."""

    async def get(self, addresses: Any) -> Any:
        found = await super().get(addresses)
        return [
            one and one._replace(record=one.record and replace(one.record, value="else"))
            if one and one.address.key == "a" and await self._is_ours()
            else one
            for one in found
        ]

    async def _is_ours(self) -> bool:
        return len([one async for one in self.everything(deep=True)]) > 1


async def test_what_does_not_come_back_as_it_was_is_taken_out_again(
    tmp_path: Path, entries: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = memory(tmp_path / "notes.db")
    await target.initialize()
    await target.put("a", "mine")
    monkeypatch.setattr("purveyor.migrate.data.opened.MemoryDesk", Lossy)
    with pytest.raises(MoveVerificationError, match="gave something else back than was put under 'a'"):
        await move_data(entries, target, on_conflict="replace")
    assert not any(name.endswith((".part", ".moved")) for name in names(tmp_path))
    assert "b/c" not in {item.key async for item in target.export()}
    await target.cleanup()


async def test_what_expires_while_it_is_moved_is_no_failure(tmp_path: Path) -> None:
    source = tmp_path / "entries.json"
    write_entries(source, {"a": entry(1, expires_at=FUTURE)})
    now = [0.0]
    target = inprocess()
    target._clock = lambda: 4e10
    await target.initialize()

    def clock() -> float:
        now.append(4e10)
        return now[-2]

    moved = await move_data(source, target, clock=clock)
    assert moved.moved == 1
    assert await target.count() == 0
    await target.cleanup()


async def test_a_move_that_is_cancelled_can_be_made_again(tmp_path: Path, entries: Path) -> None:
    target = memory(tmp_path / "notes.db")
    await target.initialize()
    for turns in range(0, 60, 4):
        task = asyncio.create_task(move_data(entries, target))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert await target.count() in (0, 2)
    moved = await move_data(entries, target)
    assert moved.moved == 2
    await target.cleanup()
    assert (await move_back(entries, target)).identical


@pytest.mark.parametrize("fails", [False, True])
async def test_who_is_cancelled_waits_for_the_thread_that_writes(
    tmp_path: Path, entries: Path, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    target = memory(tmp_path / "notes.db")
    await move_data(entries, target)
    await target.initialize()
    await target.put("new", 1)
    begun, go = threading.Event(), threading.Event()
    write = Snapshot.write

    def slow(self: Snapshot, path: Path) -> None:
        begun.set()
        assert go.wait(60)
        if fails:
            raise StoreFullError("files", "the disk is full")
        write(self, path)

    with monkeypatch.context() as patch:
        patch.setattr(Snapshot, "write", slow)
        task = asyncio.create_task(move_back(entries, target))
        await asyncio.to_thread(begun.wait)
        for _ in range(2):
            task.cancel()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        assert not task.done()
        with pytest.raises(JournalError, match="another move is writing it"):
            await move_back(entries, target)
        go.set()
        with pytest.raises(asyncio.CancelledError):
            await task
    await asyncio.sleep(0)
    assert ("new" in json.loads(entries.read_text())) is not fails
    assert (await move_back(entries, target)).added == ("new",)
    await target.cleanup()


async def test_two_moves_at_once_do_not_meet(tmp_path: Path, entries: Path) -> None:
    target = memory(tmp_path / "notes.db")
    await target.initialize()
    done = await asyncio.gather(*(move_data(entries, target) for _ in range(3)), return_exceptions=True)
    assert any(not isinstance(one, BaseException) for one in done)
    for one in done:
        assert not isinstance(one, BaseException) or isinstance(one, (JournalError, MoveCollisionError)), one
    assert await target.count() == 2
    await target.cleanup()
    assert (await move_back(entries, target)).identical


def test_a_journal_that_another_process_has_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.moved"
    with (
        journals.under_way(path),
        pytest.raises(JournalError, match="another move is writing it"),
        journals.under_way(path),
    ):
        raise AssertionError
    assert names(tmp_path) == []


def test_a_journal_that_was_completed_while_its_lock_was_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, flock = tmp_path / "x.moved", fcntl.flock

    def late(*args: Any) -> None:
        monkeypatch.setattr(fcntl, "flock", flock)
        (tmp_path / "x.moved.part").rename(path)
        flock(*args)

    monkeypatch.setattr(fcntl, "flock", late)
    with journals.under_way(path):
        assert names(tmp_path) == ["x.moved", "x.moved.part"]

    def fail(*args: Any) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", fail)
    with pytest.raises(StoreError, match="No locks available"), journals.under_way(path):
        raise AssertionError


# --- The journal ----------------------------------------------------------------------------------------


async def test_a_journal_of_another_move_is_not_replaced(tmp_path: Path, entries: Path) -> None:
    target = memory(tmp_path / "notes.db")
    await move_data(entries, target)
    write_entries(entries, {"z": entry(1)})
    with pytest.raises(JournalError, match="it is that of another move"):
        await move_data(entries, target)
    moved = await move_data(entries, target, journal=tmp_path / "second")
    assert moved.journal == tmp_path / "second"
    with pytest.raises(JournalError, match=r"a move into the namespace \(\)"):
        await move_back(entries, target, namespace=("x",), journal=tmp_path / "second")
    assert (await move_back(entries, target, journal=tmp_path / "second")).added == ()
    (tmp_path / "folder").mkdir()
    with pytest.raises(JournalError, match="it is a folder"):
        await move_data(entries, target, journal=tmp_path / "folder")


async def test_without_a_journal_there_is_no_way_back(tmp_path: Path, entries: Path) -> None:
    target = memory(tmp_path / "notes.db")
    with pytest.raises(JournalError, match="there is no journal of a move there"):
        await move_back(entries, target)
    await move_data(entries, target)
    (tmp_path / "notes.db.entries.json.moved").rename(tmp_path / "notes.db.entries.json.moved.part")
    with pytest.raises(JournalError, match="interrupted before its end; run the same move again"):
        await move_back(entries, target)
    await move_data(entries, target)
    assert (await move_back(entries, target)).identical
    with pytest.raises(InvalidInputError, match="neither source nor target has a place"):
        await move_data(inprocess(), inprocess())
    with pytest.raises(JournalError, match="that of a move from a legacy store"):
        await move_back(target, target, journal=tmp_path / "notes.db.entries.json.moved")


@pytest.mark.parametrize("place", range(12))
async def test_a_journal_that_was_tampered_with_is_refused(tmp_path: Path, entries: Path, place: int) -> None:
    target = memory(tmp_path / "notes.db")
    path = (await move_data(entries, target)).journal
    assert path is not None
    data = bytearray(path.read_bytes())
    before = entries.read_bytes()
    if place == 0:
        path.write_bytes(data[: len(data) // 2])
    else:
        data[len(data) * place // 12] ^= 0x55
        path.write_bytes(data)
    try:
        identical = (await move_back(entries, target)).identical  # a byte that says nothing, such as one of a date
    except JournalError as error:
        identical = "it is damaged, or was tampered with" in str(error)
    assert identical
    assert entries.read_bytes() == before


async def test_a_manifest_that_was_edited_is_refused(tmp_path: Path, entries: Path) -> None:
    import zipfile

    target = memory(tmp_path / "notes.db")
    path = (await move_data(entries, target)).journal
    assert path is not None

    def edit(change: Any, *, seal: bool) -> None:
        with zipfile.ZipFile(path) as archive:
            content = {name: archive.read(name) for name in archive.namelist()}
            comment = archive.comment
        manifest = json.loads(content["manifest.json"])
        change(manifest)
        content["manifest.json"] = json.dumps(manifest).encode()
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in content.items():
                archive.writestr(name, data)
            archive.comment = sha256(content["manifest.json"]).hexdigest().encode() if seal else comment

    edit(lambda manifest: manifest["entries"].clear(), seal=False)
    with pytest.raises(JournalError, match="its manifest was changed"):
        await move_back(entries, target)
    edit(lambda manifest: manifest.update(version=2), seal=True)
    with pytest.raises(JournalError, match="its version is 2"):
        await move_back(entries, target)
    edit(lambda manifest: manifest.update(version=1, sha256="0"), seal=True)
    with pytest.raises(JournalError, match="does not have the hash that the source had"):
        await move_back(entries, target)
    edit(lambda manifest: manifest.update(sha256=read_legacy(entries).sha256, entries=[
        {"key": "a", "namespace": [], "fate": "moved", "digest": "0", "own": "0", "expires": None}
    ]), seal=True)  # fmt: skip
    with pytest.raises(JournalError, match="reads the source in another way"):
        await move_back(entries, target)


async def test_a_name_that_is_too_long_for_a_journal_is_told(tmp_path: Path) -> None:
    source, target = tmp_path / ("x" * 250 + ".json"), memory(tmp_path / "notes.db")
    write_entries(source, {"a": entry(1)})
    with pytest.raises(StoreError, match="File name too long"):
        await move_data(source, target)
    with pytest.raises(JournalError, match="there is no journal of a move there"):
        await move_back(source, target)
    assert (await move_data(source, target, journal=tmp_path / "j")).moved == 1
    assert (await move_back(source, target, journal=tmp_path / "j")).identical
    with pytest.raises(StoreError, match="File name too long"):
        read_legacy(tmp_path / ("x" * 256))


async def test_a_file_in_the_way_of_what_is_put_aside_stays(tmp_path: Path, entries: Path) -> None:
    write_entries(entries, {"a": 1, "b": 2})
    aside = tmp_path / "notes.db.aside.json"
    for text in ("mine", '{"version": 2}', "[]"):
        aside.write_text(text)
        with pytest.raises(JournalError, match="is in the way of what is to be put aside"):
            await move_data(entries, memory(tmp_path / "notes.db"), set_aside=True)
        assert aside.read_text() == text
    aside.write_text('{"version": 1, "entries": [1]}')
    await move_data(entries, memory(tmp_path / "notes.db"), set_aside=True)
    await move_data(entries, memory(tmp_path / "notes.db"), set_aside=True)
    assert [one if one == 1 else one["key"] for one in json.loads(aside.read_text())["entries"]] == [1, "a", "b"]


# --- Providers ------------------------------------------------------------------------------------------


async def test_a_memory_moves_into_a_memory_and_changes_come_back(tmp_path: Path) -> None:
    source, target = memory(tmp_path / "old.db", "old"), memory(tmp_path / "new.db", "new")
    await source.initialize()
    for key in "abcdef":
        await source.put(key, {"of": key}, namespace=("deep", key), metadata={"m": key}, expires=4e10)
    moved = await move_data(source, target, namespace=("from old",))
    assert (moved.moved, moved.format) == (6, "memory")
    assert moved.journal is not None
    assert moved.journal.name.startswith("new.db.old.")
    assert (await move_back(source, target, namespace=("from old",))).identical
    await target.initialize()
    there = ("from old", "deep")
    await target.put("a", 1, namespace=(*there, "a"))
    await target.put("new", 2, namespace=there)
    await target.delete("b", namespace=(*there, "b"))
    await source.delete("c", namespace=("deep", "c"))  # which the target still has
    await source.delete("b", namespace=("deep", "b"))
    await source.put("d", "changed here", namespace=("deep", "d"))
    with pytest.raises(Exception, match="old deep/d/d: it is not what was moved"):
        await move_back(source, target, namespace=("from old",))
    back = await move_back(source, target, namespace=("from old",), overwrite=True)
    assert (back.changed, back.added, back.deleted) == (("a",), ("new",), ("b",))
    found = {item.key: item.value async for item in source.export()}
    assert found == {"a": 1, "new": 2, **{key: {"of": key} for key in "cdef"}}
    await target.delete("e", namespace=(*there, "e"))
    assert (await move_back(source, target, namespace=("from old",), dry_run=True)).deleted == ("b", "e")
    await move_back(source, target, namespace=("from old",))
    assert await source.get("e", namespace=("deep", "e")) is None
    await target.delete("f", namespace=(*there, "f"))
    await source.put("f", "changed here", namespace=("deep", "f"))
    with pytest.raises(Exception, match="old deep/f/f: it is not what was moved"):
        await move_back(source, target, namespace=("from old",))
    await target.cleanup()
    await source.cleanup()


async def test_what_each_side_keeps_of_its_own_stays_on_its_side(tmp_path: Path) -> None:
    source, target = memory(tmp_path / "old.db", "old"), memory(tmp_path / "new.db", "new")
    await source.initialize()
    await target.initialize()
    await source.put("k", "old")
    await target.put("k", "new")
    await move_data(source, target, on_conflict="keep")
    back = await move_back(source, target)
    assert back.identical
    item = await source.get("k")
    assert item is not None
    assert item.value == "old"
    await source.cleanup()
    await target.cleanup()


async def test_a_provider_that_is_written_to_meanwhile_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = memory(tmp_path / "old.db", "old")
    await source.initialize()
    await source.put("k", 1)
    everything = MemoryDesk.everything
    for change in ("put", "add"):
        asked = 0

        async def late(self: MemoryDesk, *, deep: bool, change: str = change) -> Any:
            nonlocal asked
            asked += self.label == "old"
            if asked == 2:
                await source.put("k" if change == "put" else "j", 2)
            async for found in everything(self, deep=deep):
                yield found

        monkeypatch.setattr(MemoryDesk, "everything", late)
        with pytest.raises(SourceChangedError):
            await move_data(source, memory(tmp_path / "new.db"))
    await source.cleanup()


async def test_a_value_that_the_source_does_not_take_any_more_is_refused(tmp_path: Path) -> None:
    source, target = memory(tmp_path / "old.db", "old", max_value_bytes=10), memory(tmp_path / "new.db")
    await move_data(source, target)
    await target.initialize()
    await target.put("k", "x" * 20)
    with pytest.raises(MoveRefusedError, match="key 'k': its value is 22 bytes long"):
        await move_back(source, target)
    await target.cleanup()


async def test_entries_go_into_a_storage_and_come_back(tmp_path: Path) -> None:
    source, target = tmp_path / "entries.json", storage(tmp_path / "objects")
    before = write_entries(
        source,
        {"a": entry({"é": 1}, metadata={"é": "x" * 50}), "b": entry(1, expires_at=FUTURE), "c/d": entry(1), ".": entry(1),
         "long": entry(1, metadata={"x": "y" * 3000})},
    )  # fmt: skip
    with pytest.raises(MoveRefusedError) as refused:
        await move_data(source, target)
    assert [problem.key for problem in refused.value.problems] == ["b", "c/d", ".", "long"]
    moved = await move_data(source, target, set_aside=True, namespace=("x",))
    assert moved.moved == 1
    await target.initialize()
    assert await target.get("x/a") == '{"é":1}'.encode()
    was = await target.head("x/a")
    source.unlink()
    assert (await move_back(source, target, namespace=("x",))).identical
    assert source.read_bytes() == before
    await target.put("x/a", b"\0")
    with pytest.raises(MoveRefusedError, match="files: .*\n.*key 'a': is now an object that is no JSON"):
        await move_back(source, target, namespace=("x",))
    assert source.read_bytes() == before
    await target.put("x/a", b'{"\xc3\xa9":1}', content_type="application/json", metadata=was.metadata)
    await target.put("x/new.json", b"[1]")
    await target.put("x/binary", b"\0")
    await target.put("x/broken.json", b"[1] 2")
    await target.put("x/below/it.json", b"[1]")
    back = await move_back(source, target, namespace=("x",))
    assert back.added == ("new.json",)
    assert json.loads(source.read_text())["new.json"]["value"] == [1]
    await target.cleanup()


async def test_the_objects_of_a_storage_that_are_json_go_into_a_memory(tmp_path: Path) -> None:
    source, target = storage(tmp_path / "objects"), memory(tmp_path / "notes.db")
    await source.initialize()
    await source.put("a/b.json", b'{"x": 1}')
    assert (await move_data(source, target)).moved == 1
    assert await contents(target, ("a",)) == {"b.json": {"x": 1}}
    await source.put("a/c.bin", b"\0")
    with pytest.raises(MoveRefusedError, match=r"a/c\.bin is an object that is no JSON"):
        await move_data(source, target, set_aside=True)
    await source.cleanup()


async def test_a_storage_moves_into_a_storage_byte_by_byte(tmp_path: Path) -> None:
    source, target = storage(tmp_path / "old", "old"), storage(tmp_path / "new", "new")
    await source.initialize()
    await source.put("a/b.json", b'{"x":  1}', content_type="text/plain", metadata={"k": "v"})
    await source.put("c", b"\0" * 3_000_000)
    moved = await move_data(source, target, namespace=("in",))
    assert (moved.moved, moved.format) == (2, "objects")
    await target.initialize()
    meta = await target.head("in/a/b.json")
    assert (meta.content_type, meta.metadata) == ("text/plain", {"k": "v"})
    assert (await move_back(source, target, namespace=("in",))).identical
    await target.put("in/c", b"changed")
    await target.delete("in/a/b.json")
    await target.put("in/new", b"new")
    back = await move_back(source, target, namespace=("in",))
    assert (back.changed, back.deleted, back.added) == (("c",), ("b.json",), ("new",))
    assert [(path.path, await source.get(path.path)) for path in await source.list()] == [
        ("c", b"changed"),
        ("new", b"new"),
    ]
    await source.put("c", b"changed here")
    with pytest.raises(Exception, match="old c: it is not what was moved"):
        await move_back(source, target, namespace=("in",))
    with pytest.raises(InvalidInputError, match="between two storages"):
        await move_data(source, target, on_conflict="replace")
    with pytest.raises(MoveRefusedError, match="takes 1026 bytes as UTF-8"):
        await move_data(source, target, namespace=("x" * 255, "x" * 255, "x" * 255, "x" * 254))
    await source.cleanup()
    await target.cleanup()


async def test_a_storage_that_fails_midway_is_as_it_was(
    tmp_path: Path, entries: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_entries(entries, {"a": entry(1), "b": entry(2), "c": entry(3)})
    target = storage(tmp_path / "objects")
    await target.initialize()
    await target.put("a", b'"mine"', content_type="application/json")
    put = LocalStorage.put

    async def fail(self: LocalStorage, path: str, *args: Any, **options: Any) -> Any:
        if path == "c":
            raise StoreFullError("files", "the disk is full")
        return await put(self, path, *args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(LocalStorage, "put", fail)
        with pytest.raises(StoreFullError):
            await move_data(entries, target, on_conflict="replace")
    assert [path.path for path in await target.list()] == ["a"]
    assert await target.get("a") == b'"mine"'

    async def race(self: LocalStorage, path: str, *args: Any, **options: Any) -> Any:
        if path == "c":
            await put(self, path, b"late")
        return await put(self, path, *args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(LocalStorage, "put", race)
        with pytest.raises(MoveCollisionError, match="'c'"):
            await move_data(entries, target, on_conflict="replace")
    assert [path.path for path in await target.list()] == ["a", "c"]
    await target.cleanup()


async def test_a_storage_in_which_a_replaced_object_cannot_be_brought_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = storage(tmp_path / "old", "old"), storage(tmp_path / "new", "new")
    await source.initialize()
    for path in "ab":
        await source.put(path, b"1")
    await move_data(source, target)
    await target.initialize()
    for path in "ab":
        await target.put(path, b"2")
    put = LocalStorage.put

    async def fail(self: LocalStorage, path: str, *args: Any, **options: Any) -> Any:
        if path == "b":
            raise StoreFullError("old", "the disk is full")
        return await put(self, path, *args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(LocalStorage, "put", fail)
        with pytest.raises(StoreFullError):
            await move_back(source, target)
    assert (await move_back(source, target)).changed == ("a", "b")  # what was done is done, and the rest follows
    assert (await source.get("a"), await source.get("b")) == (b"2", b"2")
    await source.cleanup()
    await target.cleanup()


async def test_what_is_no_memory_and_no_storage_is_told(tmp_path: Path, entries: Path) -> None:
    from purveyor.metadata import ProviderMetadata, ProviderType
    from purveyor.provider import Provider

    class Other(Provider[None]):
        async def initialize(self) -> None: ...
        async def cleanup(self) -> None: ...

    class Odd(MemoryProvider[None]):
        async def _initialize_store(self) -> None:
            self._store = object()

        async def _cleanup_store(self) -> None:
            self._store = None

    with pytest.raises(InvalidInputError, match="is neither a memory nor a storage"):
        await move_data(entries, Other(ProviderMetadata("o", ProviderType.CUSTOM, "", "1"), None))
    with pytest.raises(UnsupportedError, match="moving data"):
        await move_data(entries, Odd(ProviderMetadata("o", ProviderType.MEMORY, "", "1"), None))
    here = inprocess()
    assert (await move_data(entries, here)).journal == tmp_path / "entries.json.moved"


async def test_a_store_that_leaves_something_out_is_undone(
    tmp_path: Path, entries: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = inprocess()
    await target.initialize()
    store: Any = target.store
    write = store.write

    async def fail(mutations: Any) -> Any:
        outcomes = await write(mutations)
        monkeypatch.setattr(store, "write", write)
        return [*outcomes[:-1], UnsupportedError("here", "this")]

    monkeypatch.setattr(store, "write", fail)
    with pytest.raises(UnsupportedError):
        await move_data(entries, target)
    assert await target.count() == 1  # what a store says it left out, and did not, is its own
    await target.cleanup()


# --- Limits ---------------------------------------------------------------------------------------------


FULL = """
import asyncio, resource, sys
from pathlib import Path
from purveyor.errors import StoreFullError
from purveyor.migrate.data import move_data
from tests.migrate.data.conftest import memory

resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    asyncio.run(move_data(Path(sys.argv[1]) / "entries.json", memory(Path(sys.argv[1]) / "notes.db")))
except StoreFullError as error:
    print(error)
"""


@pytest.mark.parametrize("limit", [0, 3_000, 100_000])
def test_a_full_disk_leaves_nothing(tmp_path: Path, limit: int) -> None:
    write_entries(tmp_path / "entries.json", {str(i): entry([i] * 100) for i in range(1000)})
    ended = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path), str(limit)],
        capture_output=True,
        text=True,
        check=False,
        env={
            name: value for name, value in os.environ.items() if not name.startswith("COV")
        },  # it writes files too
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout
    assert names(tmp_path) == ["entries.json"]


async def test_memory_stays_within_eight_times_the_source(tmp_path: Path) -> None:
    source = tmp_path / "entries.json"
    write_entries(source, {"k": entry(1)})
    await move_data(source, memory(tmp_path / "warm.db"))  # what is made once is not counted
    write_entries(source, {f"key {i}": entry({"text": "lorem ipsum " * 80, "n": i}) for i in range(1000)})
    size = source.stat().st_size
    assert size > 1_000_000
    target = memory(tmp_path / "notes.db")
    tracemalloc.start()
    try:
        read = read_legacy(source)
        assert tracemalloc.get_traced_memory()[1] < 4 * size
        del read
        tracemalloc.reset_peak()
        moved = await move_data(source, target)
        assert tracemalloc.get_traced_memory()[1] < 8 * size
    finally:
        tracemalloc.stop()
    assert moved.moved == 1000


# --- Corners --------------------------------------------------------------------------------------------


async def test_what_is_written_back_is_looked_at_again(
    tmp_path: Path, entries: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = memory(tmp_path / "notes.db")
    await move_data(entries, target)
    entries.unlink()

    def late(path: Path) -> Any:
        path.write_text("{}")
        return take(path)

    monkeypatch.setattr("purveyor.migrate.data.back.take", late)
    with pytest.raises(DestinationChangedError):
        await move_back(entries, target)


async def test_a_way_back_that_cannot_be_written_leaves_what_was(
    tmp_path: Path, entries: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = memory(tmp_path / "notes.db")
    await move_data(entries, target)
    await target.initialize()
    await target.delete("a")
    await target.cleanup()
    before = entries.read_bytes()

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("purveyor.migrate.data.snapshot.os.fsync", full)
        with pytest.raises(StoreFullError):
            await move_back(entries, target)
    assert entries.read_bytes() == before
    assert not any(name.startswith(".") for name in names(tmp_path))


async def test_a_storage_is_read_page_by_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = storage(tmp_path / "objects")
    await source.initialize()
    for path in "abc":
        await source.put(path, b"1", content_type="application/json")
    pages = LocalStorage.list

    async def short(self: LocalStorage, prefix: str = "", **options: Any) -> Any:
        return await pages(self, prefix, limit=1, **options)

    monkeypatch.setattr(LocalStorage, "list", short)
    assert (await move_data(source, memory(tmp_path / "notes.db"))).moved == 3
    await source.cleanup()


async def test_sources_and_what_is_put_are_sequences(tmp_path: Path, entries: Path) -> None:
    legacy_source = read_legacy(entries)
    records = move._Records(legacy_source, legacy_source.entries)
    assert [record.key for record in records[1:]] == ["old", "b/c"]
    here = inprocess()
    await here.initialize()
    mutations = _Mutations(MemoryDesk(here, ()), records, {}, {legacy_source.entries[0].address: 5})
    assert [type(mutation).__name__ for mutation in mutations[2:]] == ["Put", "Delete"]
    provided = await read_provider(here)
    with pytest.raises(UnsupportedError):
        provided.raw(MoveProblem("x", "y"))
    with pytest.raises(UnsupportedError):
        provided.rewrite({}, [], [])
    await here.cleanup()


def test_the_package_shows_what_it_has() -> None:
    assert "move_data" in dir(package)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = package.nothing


def test_what_a_problem_says_stands_in_one_line_and_moves_no_cursor() -> None:
    problem = MoveProblem("is\twrong", "mend \x1b[2J it", file="a\nerror: \udcff é.json", line=1)
    assert str(problem) == r"a\nerror: \udcff é.json:1: is\twrong; mend \x1b[2J it"


def test_an_error_names_ten_of_many() -> None:
    problems = [MoveProblem("is wrong", "mend it", str(i)) for i in range(12)]
    assert "key '9': is wrong; mend it\n  and 2 more" in str(MoveRefusedError("x", problems))
    assert "'9' and 2 more keys" in str(MoveCollisionError("x", [str(i) for i in range(12)]))
