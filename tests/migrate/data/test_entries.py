"""Format A, `entries.json`: what is carried, what is refused by line, and the way back to the byte."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from purveyor.errors import DestinationChangedError, MoveRefusedError, StoreError, UnknownFormatError
from purveyor.migrate.data import move_back, move_data, read_legacy
from tests.migrate.data.conftest import FUTURE, PAST, contents, entry, memory, write_entries


async def test_all_that_an_entry_says_is_carried(tmp_path: Path, entries: Path) -> None:
    target = memory(tmp_path / "notes.db")
    before = entries.read_bytes()
    moved = await move_data(entries, target, namespace=("alice",))
    assert (moved.moved, moved.expired, moved.format, moved.set_aside) == (2, ("old",), "entries", ())
    assert entries.read_bytes() == before
    await target.initialize()
    items = {item.key: item async for item in target.export()}
    await target.cleanup()
    assert set(items) == {"a", "b/c"}
    item = items["a"]
    assert (item.namespace, item.value, item.metadata) == (
        ("alice",),
        {"text": "dawn é", "page": 3},
        {"team": "x"},
    )
    assert (item.created, item.updated, item.expires) == (1709287200.0, 1709373600.0, None)
    assert items["b/c"].expires == 32472144000.0


async def test_what_nobody_changed_comes_back_to_the_byte_and_what_has_expired_with_it(
    tmp_path: Path, entries: Path
) -> None:
    target = memory(tmp_path / "notes.db")
    before = entries.read_bytes()
    await move_data(entries, target)
    entries.unlink()
    back = await move_back(entries, target)
    assert back.identical
    assert (back.unchanged, back.changed, back.added, back.deleted) == (3, (), (), ())
    assert entries.read_bytes() == before
    assert (await move_back(entries, target)).identical  # it is there already


async def test_what_changed_is_carried_back_as_the_old_code_would_have_written_it(
    tmp_path: Path, entries: Path
) -> None:
    target = memory(tmp_path / "notes.db")
    legacy = json.loads(entries.read_text())
    await move_data(entries, target)
    await target.initialize()
    await target.put("a", "changed", metadata={"team": "y"}, expires=32472144000.0)
    await target.delete("b/c")
    await target.put("new", {"é": 1})
    await target.put("below", 1, namespace=("other",))
    item, new = await target.get("a"), await target.get("new")
    await target.cleanup()
    assert item is not None
    assert new is not None
    dry = await move_back(entries, target, dry_run=True)
    assert json.loads(entries.read_text()) == legacy
    back = await move_back(entries, target)
    assert back.to_json() == {**dry.to_json(), "dry_run": False}
    assert (back.changed, back.added, back.deleted, back.unchanged) == (("a",), ("new",), ("b/c",), 1)
    found = json.loads(entries.read_text())
    assert [*found] == ["a", "old", "new"]
    assert found["old"] == legacy["old"]
    assert found["a"]["value"] == "changed"
    assert found["a"]["metadata"] == {"team": "y"}
    assert found["a"]["created_at"] == legacy["a"]["created_at"]  # its spelling as well
    assert found["a"]["expires_at"] == "2999-01-01T00:00:00+00:00"
    assert found["new"]["expires_at"] is None
    # All of it is laid out as json.dumps(indent=2) does, and so is what the old code reads next.
    assert entries.read_text() == json.dumps(found, indent=2)
    again = read_legacy(entries)
    records = {one.key: again.record(one) for one in again.entries}
    assert records["a"].updated == pytest.approx(item.updated, abs=1e-6)
    assert records["new"].created == pytest.approx(new.created, abs=1e-6)


@pytest.mark.parametrize("expires", [1e18, 1e305])
async def test_what_expires_beyond_all_calendars_is_refused_on_the_way_back(
    tmp_path: Path, expires: float
) -> None:
    source, target = tmp_path / "entries.json", memory(tmp_path / "notes.db")
    before = write_entries(source, {"a": entry(1), "b": entry(2)})
    await move_data(source, target)
    await target.initialize()
    await target.put("a", 3, expires=expires)
    await target.put("new", 3, expires=expires)
    await target.cleanup()
    with pytest.raises(MoveRefusedError, match="its expires_at, .*, lies beyond all calendars") as refused:
        await move_back(source, target)
    assert [problem.key for problem in refused.value.problems] == ["a", "new"]
    assert source.read_bytes() == before


async def test_a_link_stays_and_what_it_leads_to_is_written(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    real, link = tmp_path / "real" / "entries.json", tmp_path / "entries.json"
    write_entries(real, {"a": entry(1)})
    link.symlink_to(real)
    target = memory(tmp_path / "notes.db")
    await move_data(link, target)
    await target.initialize()
    await target.put("b", 2)
    await target.cleanup()
    await move_back(link, target)
    assert link.is_symlink()
    assert [*json.loads(real.read_text())] == ["a", "b"]


async def test_where_only_the_metadata_changed_the_value_keeps_its_place_and_spelling(tmp_path: Path) -> None:
    source, target = tmp_path / "entries.json", memory(tmp_path / "notes.db")
    write_entries(source, {"a": entry({"z": 1, "y": 2}, metadata={"team": "x"})})
    await move_data(source, target)
    await target.initialize()
    item = await target.get("a")
    assert item is not None
    await target.put("a", item.value, metadata={"team": "y"})
    await target.cleanup()
    assert (await move_back(source, target)).changed == ("a",)
    found = json.loads(source.read_text())["a"]
    assert found["metadata"] == {"team": "y"}
    assert [*found["value"].items()] == [("z", 1), ("y", 2)]


@pytest.mark.parametrize(
    "layout",
    [
        {"indent": None},
        {"indent": None, "separators": (",", ":")},
        {"indent": 4, "ensure_ascii": False},
        {"indent": "\t"},
    ],
    ids=repr,
)
async def test_every_layout_is_kept_also_in_what_is_new(tmp_path: Path, layout: dict[str, Any]) -> None:
    source, target = tmp_path / "entries.json", memory(tmp_path / "notes.db")
    write_entries(source, {key: entry({"é": [key]}) for key in "abc"}, **layout)
    await move_data(source, target)
    await target.initialize()
    await target.put("d", {"é": [{}]})
    await target.put("b", {"é": []})
    await target.delete("a")
    await target.cleanup()
    await move_back(source, target)
    assert source.read_text() == json.dumps(json.loads(source.read_text()), **layout)
    assert [*json.loads(source.read_text())] == ["b", "c", "d"]


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "{ }\n",
        '\ufeff{"a": {"value": 1}}',
        '{\r\n "a":{"value":1.10, "metadata":null}\r\n}\r\n',
        '{"a" :\t{"value":1E2}}',
    ],
)
async def test_odd_formatting_comes_back_as_it_was(tmp_path: Path, text: str) -> None:
    source, target = tmp_path / "entries.json", memory(tmp_path / "notes.db")
    source.write_bytes(text.encode())
    moved = await move_data(source, target)
    assert moved.moved == text.count("value")
    source.unlink()
    assert (await move_back(source, target)).identical
    assert source.read_bytes() == text.encode()
    await target.initialize()
    await target.put("new", 1)
    await target.delete("a")
    await target.cleanup()
    await move_back(source, target)
    assert [*json.loads(source.read_bytes().decode("utf-8-sig"))] == ["new"]
    assert source.read_bytes().startswith(b"\xef\xbb\xbf") == text.startswith("\ufeff")


async def test_the_last_entry_goes_and_an_empty_object_stays(tmp_path: Path) -> None:
    source, target = tmp_path / "entries.json", memory(tmp_path / "notes.db")
    source.write_text(json.dumps({"a": entry(1)}, indent=2) + "\n")
    await move_data(source, target)
    await target.initialize()
    await target.delete("a")
    await target.cleanup()
    await move_back(source, target)
    assert source.read_text() == "{}\n"


DEEP = "[" * 100_000 + "]" * 100_000

#: A text, where its problem is, and what is said of it.
HAZARDS: dict[str, tuple[str, int, str | None, str]] = {
    "NaN": ('{"k": {"value": {"x": [NaN]}}}', 1, "k", "its value.x[0] is nan, which JSON does not have"),
    "Infinity": ('{\n"k": {"value": -Infinity}}', 2, "k", "is -inf, which JSON does not have"),
    "1e400": ('{\n\n"k": {"value": 1e400}}', 3, "k", "is inf"),
    "2 to the 63": ('{"k": {"value": 9223372036854775808}}', 1, "k", "an integer of more than 64 bits"),
    "a very long integer": ('{"k": {"value": %s}}' % ("9" * 5000), 1, "k", "an integer of more than 64 bits"),
    "a lone surrogate": ('{"k": {"value": "\\ud800"}}', 1, "k", "holds a lone surrogate"),
    "a lone surrogate in a key": ('{"\\ud800": {"value": 1}}', 1, "\ud800", "holds a lone surrogate"),
    "an empty key": ('{"": {"value": 1}}', 1, "", "its key is empty"),
    "a NUL in a key": ('{"a\\u0000": {"value": 1}}', 1, "a\0", "holds a NUL"),
    "a long key": ('{"%s": {"value": 1}}' % ("x" * 1025), 1, "x" * 1025, "1,025 bytes long, more than the 1,024"),
    "a long key that counts in bytes": ('{"%s": {"value": 1}}' % ("é" * 513), 1, "é" * 513, "more than the 1,024"),
    "too deep": ('{"k": {"value": %s}}' % DEEP, 1, "k", "is nested too deeply"),
    "129 levels": ('{"k": {"value": %s}}' % ("[" * 129 + "]" * 129), 1, "k", "nested more than 128 levels"),
    "a key twice": ('{\n"k": {"value": 1},\n"k": {"value": 2}}', 2, "k", "stands in the file again"),
    "a key twice inside": ('{"k": {"value": {"x": 1, "x": 2}}}', 1, "k", "has the key 'x' twice"),
    "cut short in a string": ('{"a": {"value": 1},\n"k": {"value": "ab', 2, None, "is cut short"),
    "cut short behind a comma": ('{"a": {"value": 1},', 1, None, "is cut short"),
    "cut short behind a key": ('{"a": {"value": 1}, "k"', 1, None, "is cut short"),
    "cut short behind a value": ('{"a": {"value": 1}', 1, None, "is not followed by a comma"),
    "empty": ("", 1, None, "is cut short: empty"),
    "more behind its end": ('{"a": {"value": 1}}\n{}', 2, None, "stands behind the end of the object"),
    "no object": ("[1]", 1, None, "is no JSON object"),
    "a key without quotes": ("{k: 1}", 1, None, "a key in quotes should stand here"),
    "no colon": ('{"k" 1}', 1, None, "a colon should stand here"),
    "bad JSON inside": ('{"k": {"value": tru}, "a": {"value": 1}}', 1, "k", "is no JSON: Expecting value"),
    # From each of the quotes looking for the end again would take hours.
    "cut short in a string of quotes": ('{"k": {"value": "%s' % ('\\"' * 300_000), 1, None, "is cut short"),
    "a bare word": ('{"k": tru}', 1, None, "is no JSON: Expecting value"),
    "no entry": ('{"k": 5}', 1, "k", "is no entry"),
    "no value": ('{"k": {}}', 1, "k", "is no entry"),
    "another field": ('{"k": {"value": 1, "tags": []}}', 1, "k", "has the field 'tags'"),
    "another key": ('{"k": {"value": 1, "key": "j"}}', 1, "k", "says that its key is 'j'"),
    "metadata that is no object": ('{"k": {"value": 1, "metadata": [1]}}', 1, "k", "its metadata is no object"),
    "no time": (
        '{"k": {"value": 1, "created_at": "soon"}}',
        1,
        "k",
        "its created_at, 'soon', is no time in ISO 8601",
    ),
    "a time that is an object": ('{"k": {"value": 1, "expires_at": {}}}', 1, "k", "is no time"),
    "milliseconds": ('{"k": {"value": 1, "expires_at": 1709287200000}}', 1, "k", "no time in seconds"),
    "a time before all": (
        '{"k": {"value": 1, "expires_at": "0001-01-01T00:00:00"}}',
        1,
        "k",
        "beyond all calendars",
    ),
    "a ttl that counts from nowhere": (
        '{"k": {"value": 1, "ttl": 5}}',
        1,
        "k",
        "no created_at that it counts from",
    ),
}


@pytest.mark.parametrize("hazard", HAZARDS)
async def test_what_cannot_be_carried_is_refused_by_line_and_can_be_set_aside(tmp_path: Path, hazard: str) -> None:
    text, line, key, said = HAZARDS[hazard]
    source, target = tmp_path / "entries.json", memory(tmp_path / "notes.db")
    source.write_bytes(text.encode())
    with pytest.raises(MoveRefusedError) as refused:
        await move_data(source, target, timezone="Asia/Tokyo")
    problem = refused.value.problems[0]
    assert (problem.file, problem.line, problem.key) == ("entries.json", line, key)
    assert said in problem.problem
    assert problem.advice
    assert f"entries.json:{line}" in str(refused.value)
    assert [path.name for path in tmp_path.iterdir()] == ["entries.json"]  # nothing at all was written
    moved = await move_data(source, target, timezone="Asia/Tokyo", set_aside=True)
    assert moved.set_aside == refused.value.problems
    assert moved.aside == tmp_path / "notes.db.aside.json"
    (aside,) = json.loads(moved.aside.read_text())["entries"]
    offset = len(text) if "behind a comma" in hazard else text.encode().index(aside["raw"]["text"].encode()[:20])
    assert problem.offset == offset
    assert moved.moved == len(await contents(target)) <= 1
    source.unlink()
    assert (await move_back(source, target)).identical
    assert source.read_bytes() == text.encode()


async def test_of_a_key_that_is_there_twice_the_one_that_was_read_is_carried(tmp_path: Path) -> None:
    source, target = tmp_path / "entries.json", memory(tmp_path / "notes.db")
    source.write_text('{"k": {"value": 1}, "k": {"value": 2}, "j": {"value": 3}}')
    await move_data(source, target, set_aside=True)
    assert await contents(target) == {"j": 3, "k": 2}
    await target.initialize()
    await target.delete("k")
    await target.cleanup()
    await move_back(source, target)
    assert source.read_text() == '{"j": {"value": 3}}'  # the first one does not come to life again


async def test_a_broken_rest_gives_way_once_something_has_changed(tmp_path: Path) -> None:
    source, target = tmp_path / "entries.json", memory(tmp_path / "notes.db")
    whole = json.dumps({"a": entry(1), "b": entry(2)}, indent=2)
    source.write_text(whole[:-30])
    await move_data(source, target, set_aside=True)
    await target.initialize()
    await target.put("c", 3)
    await target.cleanup()
    await move_back(source, target)
    assert {key: one["value"] for key, one in json.loads(source.read_text()).items()} == {"a": 1, "c": 3}


async def test_what_was_set_aside_and_put_anew_replaces_it_on_the_way_back(tmp_path: Path) -> None:
    source, target = tmp_path / "entries.json", memory(tmp_path / "notes.db")
    source.write_text('{"k": {"value": NaN}, "j": 5, "i": {"value": 1}}')
    await move_data(source, target, set_aside=True)
    await target.initialize()
    await target.put("k", 0)
    await target.put("j", 0)
    await target.cleanup()
    await move_back(source, target)
    found = json.loads(source.read_text())
    assert [(key, found[key]["value"]) for key in found] == [("k", 0), ("j", 0), ("i", 1)]


async def test_no_utf8_is_told_by_its_byte(tmp_path: Path) -> None:
    source, target = tmp_path / "entries.json", memory(tmp_path / "notes.db")
    source.write_bytes(b'{"a": {"value": "\xe9"}}')
    with pytest.raises(
        MoveRefusedError, match=r"entries.json at byte 17: is not UTF-8: invalid continuation byte"
    ):
        await move_data(source, target)
    moved = await move_data(source, target, set_aside=True)
    assert moved.moved == 0
    (aside,) = json.loads((tmp_path / "notes.db.aside.json").read_text())["entries"]
    assert aside["raw"] == {"base64": "eyJhIjogeyJ2YWx1ZSI6ICLpIn19"}
    source.unlink()
    await move_back(source, target)
    assert source.read_bytes() == b'{"a": {"value": "\xe9"}}'


async def test_an_offset_counts_bytes_and_not_characters(tmp_path: Path) -> None:
    source = tmp_path / "entries.json"
    source.write_bytes(b"\xef\xbb\xbf" + '{"é": {"value": "日"}, "k": 5}'.encode())
    (problem,) = read_legacy(source).problems
    assert problem.offset == source.read_bytes().index(b'"k"')


async def test_a_value_that_is_too_long_for_the_target_is_told(tmp_path: Path) -> None:
    source, target = tmp_path / "entries.json", memory(tmp_path / "notes.db", max_value_bytes=100)
    write_entries(source, {"a": entry("x" * 99), "b": entry("x" * 98)})
    with pytest.raises(
        MoveRefusedError, match=r"entries.json:2, key 'a': its value is 101 bytes long as JSON, more than"
    ):
        await move_data(source, target)
    moved = await move_data(source, target, set_aside=True)
    assert moved.moved == 1
    (aside,) = json.loads((tmp_path / "notes.db.aside.json").read_text())["entries"]
    assert aside["record"]["value"] == "x" * 99
    source.unlink()
    assert (await move_back(source, target)).identical


async def test_entries_without_times_get_the_time_of_the_file(tmp_path: Path) -> None:
    source = tmp_path / "entries.json"
    source.write_text('{"a": {"value": 1}}')
    legacy = read_legacy(source)
    record = legacy.record(legacy.entries[0])
    assert record.created == record.updated == pytest.approx(source.stat().st_mtime)
    assert legacy.notes == ["1 entries have no created_at, and got the time of the file"]


@pytest.mark.parametrize("name", ["store", "entries.json"])
async def test_the_folder_of_an_entries_json_stands_for_it(tmp_path: Path, name: str) -> None:
    (tmp_path / "store").mkdir()
    source = tmp_path / "store" / "entries.json"
    before = write_entries(source, {"a": entry(1)})
    target = memory(tmp_path / "notes.db")
    given = tmp_path / "store" if name == "store" else source
    assert (await move_data(given, target)).format == "entries"
    source.write_text("{}")
    with pytest.raises(DestinationChangedError, match="is not what was moved from there"):
        await move_back(given, target)
    assert source.read_text() == "{}"
    await move_back(given, target, overwrite=True)
    assert source.read_bytes() == before


async def test_what_is_no_legacy_store_is_told(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("dear diary")
    with pytest.raises(UnknownFormatError, match="none of the legacy formats"):
        read_legacy(tmp_path / "notes.txt")
    with pytest.raises(UnknownFormatError, match="it is a file, which files is not"):
        read_legacy(tmp_path / "notes.txt", "files")
    with pytest.raises(UnknownFormatError, match="it is a folder, which messages is not"):
        read_legacy(tmp_path, "messages")
    with pytest.raises(UnknownFormatError, match="no regular file"):
        read_legacy("/dev/null", "entries")
    with pytest.raises(ValueError, match="'yaml' is no legacy format"):
        read_legacy(tmp_path, "yaml")  # type: ignore[arg-type]
    with pytest.raises(StoreError, match="No such file"):
        read_legacy(tmp_path / "nothing")


async def test_expired_entries_are_told_and_kept_for_the_way_back(tmp_path: Path) -> None:
    source, target = tmp_path / "entries.json", memory(tmp_path / "notes.db")
    before = write_entries(source, {"a": entry(1, expires_at=FUTURE), "b": entry(2, expires_at=PAST)})
    moved = await move_data(source, target, clock=lambda: 40_000_000_000.0)
    assert (moved.moved, moved.expired) == (0, ("a", "b"))
    await target.initialize()
    assert await target.count() == 0
    await target.put("b", "new life")
    await target.cleanup()
    await move_back(source, target)
    found = json.loads(source.read_text())
    assert found["a"] == json.loads(before)["a"]
    assert (found["b"]["value"], found["b"]["expires_at"]) == ("new life", None)


async def test_what_expires_after_the_move_is_not_taken_for_deleted(tmp_path: Path) -> None:
    source, target = tmp_path / "entries.json", memory(tmp_path / "notes.db")
    before = write_entries(source, {"a": entry(1, expires_at=FUTURE)})
    await move_data(source, target)
    await target.initialize()
    await target.delete("a")
    await target.cleanup()
    assert (await move_back(source, target, dry_run=True)).deleted == ("a",)
    assert (await move_back(source, target, clock=lambda: 40_000_000_000.0)).identical
    assert source.read_bytes() == before
