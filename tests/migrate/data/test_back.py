"""Any legacy store comes back to the byte, and any changes come back as a model says."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from purveyor.migrate.data import move_back, move_data, read_legacy
from purveyor.migrate.data.times import Clockwork, zone_of
from tests.migrate.data.conftest import inprocess

keys = st.text(min_size=1, max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(st.characters(), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
times = st.sampled_from(
    [
        None,
        "2024-03-01T10:00:00",
        "2024-03-01T10:00:00.123456+02:00",
        "2024-10-27T02:30:00",
        1709287200,
        1709287200.25,
        "soon",
    ]
)
expiries = times | st.sampled_from(["2999-01-01T00:00:00", "2999-01-01T00:00:00Z", 4e10])
envelopes = st.fixed_dictionaries(
    {"value": values},
    optional={
        "created_at": times,
        "updated_at": times,
        "expires_at": expiries,
        "metadata": st.none() | st.just({"a": 1}),
    },
)
layouts = st.fixed_dictionaries(
    {"indent": st.sampled_from([None, 1, 2, 4, "\t"]), "ensure_ascii": st.just(True)},
    optional={"separators": st.sampled_from([(",", ":"), (", ", ": ")])},
)
SETTINGS = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SETTINGS
@given(
    st.dictionaries(keys, envelopes | values, max_size=6),
    layouts,
    st.sampled_from(["", "\n", " \r\n"]),
    st.integers(0, 40),
)
def test_any_entries_come_back_to_the_byte(entries: Any, layout: Any, end: str, cut: int) -> None:
    text = json.dumps(entries, **layout) + end
    data = (text[:-cut] if cut < 20 and cut else text).encode()

    async def there_and_back(folder: Path) -> None:
        source, target = folder / "entries.json", inprocess()
        source.write_bytes(data)
        await target.initialize()
        moved = await move_data(source, target, set_aside=True, timezone="Europe/Berlin")
        assert moved.moved == await target.count()
        source.unlink()
        assert (await move_back(source, target)).identical
        assert source.read_bytes() == data
        await target.cleanup()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(there_and_back(Path(folder)))


good = st.recursive(
    st.none()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=4,
)
names = st.sampled_from("abcdef") | st.sampled_from(["a/b", "é", " "])
edits = st.lists(st.tuples(st.sampled_from(["put", "delete", "touch"]), names, good, st.booleans()), max_size=8)


@SETTINGS
@given(st.dictionaries(names, good, max_size=5), edits, layouts, st.sampled_from(["entries", "files"]))
def test_any_changes_come_back_as_the_model_says(entries: Any, changes: Any, layout: Any, kind: str) -> None:
    """The model: what is put and deleted in the target stands and lacks in the store; all else is as it was."""
    clockwork = Clockwork(zone_of("UTC"))

    def body(key: str, value: Any) -> dict[str, Any]:
        own = {"value": value, "created_at": "2024-03-01T10:00:00", "metadata": {"of": key}}
        return (
            {**own, "updated_at": None, "expires_at": None}
            if kind == "entries"
            else {"key": key, **own, "ttl": None}
        )

    def write(source: Path) -> None:
        if kind == "entries":
            source.write_text(json.dumps({key: body(key, value) for key, value in entries.items()}, **layout))
            return
        source.mkdir()
        for key, value in entries.items():
            (source / f"{key.replace('/', '_').replace(' ', '_')}.json").write_text(
                json.dumps(body(key, value), **layout)
            )

    async def check(folder: Path) -> None:
        source, target = folder / ("entries.json" if kind == "entries" else "store"), inprocess()
        write(source)
        await target.initialize()
        await move_data(source, target, timezone="UTC")
        model: dict[str, tuple[Any, Any, float | None]] = {
            key: (value, {"of": key}, None) for key, value in entries.items()
        }
        for change, key, value, lasting in changes:
            expires = None if lasting else 4e10
            if change == "put":
                await target.put(key, value, expires=expires)
                model[key] = (value, {}, expires)
            elif change == "delete":
                await target.delete(key)
                model.pop(key, None)
            elif (item := await target.get(key)) is not None:
                await target.put(key, item.value, metadata=item.metadata, expires=expires)
                model[key] = (*model[key][:2], expires)
        back = await move_back(source, target)
        read = read_legacy(source, kind, timezone="UTC")  # type: ignore[arg-type]
        assert read.problems == []
        records = {entry.key: read.record(entry) for entry in read.entries}
        assert json.dumps({key: one.value for key, one in records.items()}, sort_keys=True) == json.dumps(
            {key: value for key, (value, _, _) in model.items()}, sort_keys=True
        )
        for key, (_, metadata, expires) in model.items():
            assert records[key].metadata == metadata
            assert (records[key].expires is None) == (expires is None)
            if expires is not None:
                assert abs(records[key].expires - expires) < 1e-3  # type: ignore[operator]
        untouched = set(entries) - {key for _, key, _, _ in changes}
        for key in untouched:
            assert records[key].created == clockwork.read("2024-03-01T10:00:00")
        if kind == "entries":
            assert [key for key in records if key in entries] == [key for key in entries if key in model]
            assert not entries or source.read_text() == json.dumps(json.loads(source.read_text()), **layout)
        assert back.identical == (not back.changed and not back.added and not back.deleted)
        again = await move_back(source, target)
        assert again.sha256 == back.sha256
        await target.cleanup()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(check(Path(folder)))
