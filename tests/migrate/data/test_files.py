"""Format B, one file a key: the key in the body counts, and everything else in the folder is told."""

from __future__ import annotations

import json
import os
import pickle
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from purveyor.errors import DestinationChangedError, InvalidInputError, MoveRefusedError, StoreError
from purveyor.migrate.data import move_back, move_data, read_legacy
from tests.migrate.data.conftest import contents, memory

CREATED = 1_709_287_200.5


def body(key: str, value: Any = 1, **fields: Any) -> dict[str, Any]:
    return {"key": key, "value": value, "created_at": CREATED, "metadata": {}, "ttl": None, **fields}


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Three keys, as `safe_key` names their files."""
    folder = tmp_path / "store"
    folder.mkdir()
    for key in ("plain", "a/b", "é x"):
        name = "".join(sign if sign.isalnum() else "_" for sign in key)
        (folder / f"{name}.json").write_text(json.dumps(body(key, {"of": key})))
    return folder


def state(folder: Path) -> dict[str, Any]:
    """Names, bytes, modes and times of all that is in a folder."""
    found: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        content = str(path.readlink()) if path.is_symlink() else path.read_bytes() if path.is_file() else None
        times = None if path.is_symlink() else status.st_mtime_ns
        found[path.relative_to(folder).as_posix()] = (content, status.st_mode, times)
    return found


async def test_the_key_in_the_body_counts_and_all_comes_back(tmp_path: Path, store: Path) -> None:
    target = memory(tmp_path / "notes.db")
    (store / "plain.json").chmod(0o600)
    before = state(store)
    moved = await move_data(store, target)
    assert moved.format == "files"
    assert await contents(target) == {key: {"of": key} for key in ("plain", "a/b", "é x")}
    assert moved.notes[0].startswith("2 keys do not stand in the names of their files")
    assert state(store) == before
    store.rename(tmp_path / "moved away")
    assert (await move_back(store, target)).identical
    assert state(store) == before


async def test_changes_come_back_into_their_files(tmp_path: Path, store: Path) -> None:
    target = memory(tmp_path / "notes.db")
    before = state(store)
    await move_data(store, target)
    await target.initialize()
    await target.put("a/b", "changed", metadata={"x": 1}, expires=CREATED + 10**10)
    await target.put("new?", [1])
    await target.delete("é x")
    await target.cleanup()
    back = await move_back(store, target)
    assert (back.changed, back.added, back.deleted) == (("a/b",), ("new?",), ("é x",))
    assert sorted(path.name for path in store.iterdir()) == ["a_b.json", "new_.json", "plain.json"]
    assert state(store)["plain.json"] == before["plain.json"]
    expected = body("a/b", "changed", metadata={"x": 1}, ttl=10**10)
    assert (store / "a_b.json").read_text() == json.dumps(expected)
    new = json.loads((store / "new_.json").read_text())
    assert (new["key"], new["value"], new["ttl"], new["metadata"]) == ("new?", [1], None, {})
    assert isinstance(new["created_at"], float)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


async def test_a_ttl_counts_from_the_creation(tmp_path: Path, store: Path) -> None:
    (store / "plain.json").write_text(json.dumps(body("plain", ttl=10**10)))
    (store / "gone.json").write_text(json.dumps(body("gone", ttl=-5)))
    target = memory(tmp_path / "notes.db")
    moved = await move_data(store, target)
    assert moved.expired == ("gone",)
    await target.initialize()
    item = await target.get("plain")
    await target.cleanup()
    assert item is not None
    assert item.expires == CREATED + 10**10


@pytest.mark.parametrize("protocol", [0, 2, 4])
async def test_pickles_are_read_only_if_that_is_allowed(tmp_path: Path, store: Path, protocol: int) -> None:
    target = memory(tmp_path / "notes.db")
    made = datetime(2024, 3, 1, 10)
    data = body("p", {"x": [1, "é"]}, created_at=made, ttl=None)
    (store / "p.pkl").write_bytes(pickle.dumps(data, protocol=protocol))
    with pytest.raises(MoveRefusedError, match=r"p\.pkl at byte 0: is a pickle, which is not read unless"):
        await move_data(store, target)
    before = state(store)
    await move_data(store, target, allow_pickle=True, timezone="UTC")
    assert (await move_back(store, target)).identical
    await target.initialize()
    await target.put("p", {"y": 2})
    await target.cleanup()
    await move_back(store, target)
    found = (store / "p.pkl").read_bytes()
    assert pickle.loads(found) == {**data, "value": {"y": 2}}
    assert found[:2] == before["p.pkl"][0][:2]
    (store / "evil.pickle").write_bytes(b"cos\nsystem\n(Vtouch owned\ntR.")
    with pytest.raises(MoveRefusedError, match=r"evil\.pickle.*names 'os\.system', which is not plain data"):
        await move_data(store, target, allow_pickle=True, namespace=("again",))


async def test_a_new_key_gets_a_file_like_the_others(tmp_path: Path) -> None:
    folder, target = tmp_path / "store", memory(tmp_path / "notes.db")
    folder.mkdir()
    (folder / "a-b.c_d.json").write_text(json.dumps(body("a-b.c/d"), indent=2) + "\n")
    await move_data(folder, target)
    await target.initialize()
    await target.put("x-y.z/é", 1)
    await target.cleanup()
    await move_back(folder, target)
    assert (folder / "x-y.z__.json").read_text() == json.dumps(
        json.loads((folder / "x-y.z__.json").read_text()), indent=2
    ) + "\n"


async def test_the_first_key_of_an_empty_store(tmp_path: Path) -> None:
    folder, target = tmp_path / "store", memory(tmp_path / "notes.db")
    folder.mkdir()
    assert (await move_data(folder, target)).moved == 0
    await target.initialize()
    await target.put("k", 1)
    await target.cleanup()
    await move_back(folder, target)
    assert json.loads((folder / "k.json").read_text())["key"] == "k"


async def test_new_keys_that_would_share_a_file_are_refused(tmp_path: Path, store: Path) -> None:
    target = memory(tmp_path / "notes.db")
    before = state(store)
    await move_data(store, target)
    await target.initialize()
    for key in ("a_b", "n/1", "n_1", "x" * 300):
        await target.put(key, 1)
    await target.cleanup()
    with pytest.raises(MoveRefusedError) as refused:
        await move_back(store, target)
    assert [(problem.key, problem.file) for problem in refused.value.problems] == [
        ("a_b", "a_b.json"),
        ("n_1", "n_1.json"),
        ("x" * 300, None),
    ]
    assert state(store) == before


#: What lies in the folder, what is said of it, and whether it can be set aside.
HAZARDS: dict[str, tuple[Any, str, str, bool]] = {
    "cut short": (b'{"key": "k", "va', "stray.json", "cannot be carried as JSON", True),
    "empty": (b"", "stray.json", "is cut short: empty", True),
    "a stray file": (b"hello", "README", "cannot be carried as JSON", True),
    "not UTF-8": (b'{"key": "\xff"}', "stray.json", "is not UTF-8: invalid start byte at byte 9", True),
    "more behind": (b'{"key": "k", "value": 1}x', "stray.json", "has more behind its end", True),
    "too deep": (b"[" * 100_000, "stray.json", "is nested too deeply", True),
    "NaN": (b'{"key": "k", "value": NaN}', "stray.json", "is nan", True),
    "a key twice": (b'{"key": "k", "key": "k", "value": 1}', "stray.json", "has the key 'key' twice", True),
    "no key": (b'{"value": 1}', "stray.json", "says that its key is None", True),
    "a ttl that is none": (
        json.dumps(body("k", ttl="soon")).encode(),
        "stray.json",
        "is no number of seconds",
        True,
    ),
    "the key of another": (json.dumps(body("plain")).encode(), "stray.json", "has the same key as others", True),
    "a link that leaves": ("link:/etc/hostname", "stray.json", "is a symbolic link to '/etc/hostname'", True),
    "a link inside": ("link:plain.json", "stray.json", "is a symbolic link to 'plain.json'", True),
    "an empty folder": ("folder", "inner", "is a folder", True),
    "a file in a folder": ("folder+file", "inner/x.json", "is a folder, or lies in one", True),
    "a pipe": ("pipe", "stray.json", "cannot be read: is no regular file", False),
}


@pytest.mark.parametrize("hazard", HAZARDS)
async def test_whatever_else_is_there_is_told_set_aside_and_comes_back(
    tmp_path: Path, store: Path, hazard: str
) -> None:
    content, name, said, can_be_set_aside = HAZARDS[hazard]
    if isinstance(content, bytes):
        (store / name).write_bytes(content)
    elif content.startswith("link:"):
        (store / name).symlink_to(content[5:])
    elif content == "pipe":
        os.mkfifo(store / name)
    else:
        (store / "inner").mkdir()
        if content == "folder+file":
            (store / name).write_text(json.dumps(body("inner")))
    target = memory(tmp_path / "notes.db")
    with pytest.raises(MoveRefusedError) as refused:
        await move_data(store, target)
    problems = [problem for problem in refused.value.problems if problem.file == name]
    assert len(problems) == 1
    assert said in problems[0].problem
    assert problems[0].can_be_set_aside is can_be_set_aside
    if not can_be_set_aside:
        with pytest.raises(MoveRefusedError, match="some could not even be read"):
            await move_data(store, target, set_aside=True)
        return
    before = state(store)
    moved = await move_data(store, target, set_aside=True)
    assert moved.moved == (2 if hazard == "the key of another" else 3)
    assert moved.aside is not None
    asides = json.loads(moved.aside.read_text())["entries"]
    assert name in {aside["file"] for aside in asides}
    store.rename(tmp_path / "before")
    assert (await move_back(store, target)).identical
    assert state(store) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_told(store: Path) -> None:  # pragma: no cover - not as root
    (store / "plain.json").chmod(0)
    assert "Permission denied" in read_legacy(store).problems[0].problem


def test_what_vanishes_or_fails_while_it_is_read_is_told(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (store / "inner").mkdir()
    read, listed = Path.read_bytes, Path.iterdir

    def fail(path: Path) -> bytes:
        if path.name == "plain.json":
            raise OSError(5, "Input/output error")
        return read(path)

    def fail_to_list(path: Path) -> Any:
        if path.name == "inner":
            raise OSError(13, "Permission denied")
        return listed(path)

    monkeypatch.setattr(Path, "read_bytes", fail)
    monkeypatch.setattr(Path, "iterdir", fail_to_list)
    problems = {problem.file: problem for problem in read_legacy(store).problems}
    assert problems["plain.json"].problem == "cannot be read: Input/output error"
    assert problems["inner"].problem == "cannot be read: Permission denied"
    assert not problems["inner"].can_be_set_aside
    monkeypatch.setattr(Path, "iterdir", lambda path: (_ for _ in ()).throw(OSError(13, "Permission denied")))
    with pytest.raises(StoreError, match="Permission denied"):
        read_legacy(store, "files")


async def test_what_has_no_place_in_a_file_of_its_own_is_refused(tmp_path: Path) -> None:
    folder, target = tmp_path / "store", memory(tmp_path / "notes.db")
    folder.mkdir()
    (folder / "a").write_text(json.dumps({"key": "a", "value": 1, "created_at": "2024-03-01T10:00:00"}))
    (folder / "b.c.json").write_text(json.dumps(body("b.c")))  # whose names keep dots
    await move_data(folder, target, timezone="UTC")
    before = state(folder)
    await target.initialize()
    await target.put("a", 2, expires=1e18)
    for key in (".", ".."):
        await target.put(key, 1)
    await target.put("new", 2, expires=1e305)
    await target.cleanup()
    with pytest.raises(MoveRefusedError) as refused:
        await move_back(folder, target)
    assert [(problem.key, problem.file) for problem in refused.value.problems] == [
        ("a", "a"), (".", None), ("..", None), ("new", "new"),
    ]  # fmt: skip
    assert "key 'a': its ttl, 9.99" in str(refused.value)
    assert "key '..': would be the file .., which no folder can have" in str(refused.value)
    assert state(folder) == before


async def test_a_target_in_the_folder_that_is_moved_is_refused(tmp_path: Path, store: Path) -> None:
    before = state(store)
    with pytest.raises(InvalidInputError, match="target: lies, or its journal does, in the folder that is moved"):
        await move_data(store, memory(store / "notes.db"), set_aside=True)
    with pytest.raises(InvalidInputError, match="target: lies"):
        await move_data(store, memory(tmp_path / "notes.db"), journal=store / "journal")
    assert state(store) == before


async def test_a_store_that_was_written_to_since_is_not_replaced(tmp_path: Path, store: Path) -> None:
    target = memory(tmp_path / "notes.db")
    await move_data(store, target)
    (store / "late.json").write_text(json.dumps(body("late")))
    with pytest.raises(DestinationChangedError):
        await move_back(store, target)
    assert (store / "late.json").exists()
    assert (await move_back(store, target, overwrite=True)).identical
    assert not (store / "late.json").exists()


async def test_a_way_back_that_a_killed_process_began_is_finished_or_undone(tmp_path: Path, store: Path) -> None:
    target = memory(tmp_path / "notes.db")
    before = state(store)
    await move_data(store, target)
    store.rename(tmp_path / ".store.before")  # killed between the two renames
    assert (await move_back(store, target)).identical
    assert state(store) == before
    (tmp_path / ".store.before").mkdir()  # killed behind them
    (tmp_path / ".store.part").mkdir()
    assert (await move_back(store, target)).identical
    assert not (tmp_path / ".store.before").exists()


async def test_entries_and_pickles_with_brackets_of_odd_files(tmp_path: Path, store: Path) -> None:
    (store / "plain.json").write_bytes(
        b"\xef\xbb\xbf  " + json.dumps(body("plain", "é"), ensure_ascii=False).encode() + b"\r\n"
    )
    target = memory(tmp_path / "notes.db")
    await move_data(store, target)
    await target.initialize()
    await target.put("plain", "ü")
    await target.cleanup()
    await move_back(store, target)
    expected = b"\xef\xbb\xbf  " + json.dumps(body("plain", "ü"), ensure_ascii=False).encode() + b"\r\n"
    assert (store / "plain.json").read_bytes() == expected


async def test_a_key_with_two_files_that_is_put_anew_is_refused_on_the_way_back(
    tmp_path: Path, store: Path
) -> None:
    (store / "twin.json").write_text(json.dumps(body("plain")))
    target = memory(tmp_path / "notes.db")
    await move_data(store, target, set_aside=True)
    await target.initialize()
    await target.put("plain", 2)
    await target.cleanup()
    with pytest.raises(MoveRefusedError, match=r"plain\.json, key 'plain': would share the file"):
        await move_back(store, target)
