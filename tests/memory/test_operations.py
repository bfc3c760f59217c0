"""What holds for every driver, beyond what the state machine walks through."""

from __future__ import annotations

import asyncio
from math import inf, nan
from typing import TYPE_CHECKING, Any

import pytest

from purveyor.errors import ConflictError, InvalidInputError, UnsupportedError
from purveyor.memory import Item, MemoryProvider, Page
from purveyor.memory.cursor import encode_cursor
from purveyor.memory.store import Address, Mutation, Query

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.memory.conftest import Clock

Memory = MemoryProvider[Any]


async def test_an_item_says_everything(memory: Memory, clock: Clock) -> None:
    put = await memory.put("n1", {"a": [1, None]}, namespace=("alice",), metadata={"team": "x"}, ttl=60)
    assert put == Item(
        ("alice",), "n1", {"a": [1, None]}, {"team": "x"}, put.version, clock.now, clock.now, clock.now + 60
    )
    assert await memory.get("n1", namespace=("alice",)) == put
    assert await memory.get("n1") is None
    clock.now += 1
    again = await memory.put("n1", 2, namespace=("alice",))
    assert (again.created, again.updated, again.metadata, again.expires) == (clock.now - 1, clock.now, {}, None)
    assert again.version > put.version


async def test_what_goes_in_is_isolated_from_what_comes_out(memory: Memory) -> None:
    value: Any = {"list": [1]}
    metadata: Any = {"tags": ["a"]}
    put = await memory.put("k", value, metadata=metadata)
    value["list"].append(2)
    metadata["tags"].append("b")
    put.value["list"].append(3)
    first, second = await asyncio.gather(memory.get("k"), memory.get("k"))
    assert first is not None
    assert second is not None
    assert first.value == second.value == {"list": [1]}
    assert first.metadata == second.metadata == {"tags": ["a"]}
    first.value["list"].append(4)
    assert second.value == {"list": [1]}
    (listed,) = await memory.list()
    assert (listed.value, listed.metadata) == ({"list": [1]}, {"tags": ["a"]})


async def test_unicode_equivalent_keys_are_different(memory: Memory) -> None:
    await memory.put_many({"\u00e1": 1, "a\u0301": 2})
    found = await memory.get_many(["a\u0301", "\u00e1"])
    assert {key: item.value for key, item in found.items()} == {"a\u0301": 2, "\u00e1": 1}


async def test_values_of_every_kind_come_back_exactly(memory: Memory) -> None:
    values: dict[str, Any] = {
        "nul": "a\0b",
        "max": 2**63 - 1,
        "min": -(2**63),
        "float": 1.0,
        "tiny": 5e-324,
        "minus zero": -0.0,
        "emoji": "😀\u2028",
        "none": None,
        "false": False,
        "nested": {"": [[], {}]},
    }
    await memory.put_many(values)
    found = await memory.get_many(values)
    assert {key: repr(item.value) for key, item in found.items()} == {key: repr(v) for key, v in values.items()}


async def test_a_version_never_comes_back(memory: Memory) -> None:
    first = await memory.put("k", 1)
    await memory.delete("k")
    second = await memory.put("k", 1)
    assert second.version > first.version
    with pytest.raises(ConflictError) as caught:
        await memory.put("k", 2, version=first.version)
    assert (caught.value.target, caught.value.actual) == ("k", second.version)
    with pytest.raises(ConflictError, match="expected it to be at 1, but it does not exist"):
        await memory.delete("other", namespace=("x",), version=1)


async def test_of_many_creators_one_wins(memory: Memory) -> None:
    outcomes = await asyncio.gather(
        *(memory.put("k", number, create_only=True) for number in range(20)), return_exceptions=True
    )
    won = [outcome for outcome in outcomes if isinstance(outcome, Item)]
    assert len(won) == 1
    lost = [outcome for outcome in outcomes if isinstance(outcome, ConflictError)]
    assert len(lost) == 19
    item = await memory.get("k")
    assert item == won[0]


async def test_compare_and_set_loses_no_update(memory: Memory) -> None:
    await memory.put("k", 0)

    async def add_one() -> None:
        while True:
            item = await memory.get("k")
            assert item is not None
            try:
                await memory.put("k", item.value + 1, version=item.version)
            except ConflictError:
                continue
            return

    await asyncio.gather(*(add_one() for _ in range(10)))
    item = await memory.get("k")
    assert item is not None
    assert item.value == 10


async def test_what_has_expired_is_absent_for_conditions_too(memory: Memory, clock: Clock) -> None:
    old = await memory.put("k", 1, ttl=5)
    clock.now += 5
    with pytest.raises(ConflictError):
        await memory.put("k", 2, version=old.version)
    with pytest.raises(ConflictError):
        await memory.delete("k", version=old.version)
    assert await memory.touch("k", 10) is None
    assert await memory.get("k", touch=10) is None
    new = await memory.put("k", 2, create_only=True)
    assert new.created == clock.now
    await memory.put("gone", 1, expires=clock.now)
    assert await memory.get("gone") is None
    assert await memory.delete("gone") is False


async def test_arguments_that_contradict_or_make_no_sense(memory: Memory) -> None:
    cases: list[tuple[Any, str]] = [
        (memory.put("k", 1, create_only=True, version=1), "version: contradicts create_only"),
        (memory.put("k", 1, ttl=1, expires=1), "expires: contradicts ttl"),
        (memory.put("k", 1, ttl=-1), "ttl: is -1"),
        (memory.put("k", {1}), "value: is a set"),
        (memory.put("", 1), "key: is empty"),
        (memory.put("k", 1, namespace="alice"), "namespace: is a str"),  # type: ignore[arg-type]
        (memory.put("k", 1, version="1"), "version: is a str"),  # type: ignore[arg-type]
        (memory.put("k", 1, metadata=[1]), r"metadata: is \[1\], not a mapping"),  # type: ignore[arg-type]
        (memory.put("k", 1, metadata={"a": (1,)}), "metadata.a: is a tuple"),
        (memory.put_many({"k": 1, "j": (1,)}), r"values\['j'\]: is a tuple"),
        (memory.get_many("abc"), r"keys: is a string, not several keys; use a list: \['abc'\]"),
        (memory.delete_many("abc"), "keys: is a string"),
        (memory.list(limit=0), "limit: is 0, not a whole number from 1 to 10,000"),
        (memory.list(limit=10_001), "limit: is 10001"),
        (memory.list(limit=True), "limit: is True"),
        (memory.list(order="size"), "order: is 'size'"),  # type: ignore[arg-type]
        (memory.list(where=5), "where: is 5, not a filter"),  # type: ignore[arg-type]
        (memory.list(cursor="x"), "cursor: is not a cursor"),
        (memory.search(5), "query: is an int"),  # type: ignore[arg-type]
        (memory.search("\ud800"), "query: holds a lone surrogate"),
        (memory.search("a", limit=-1), "limit: is -1"),
        (memory.count(where={"$x": 1}), r"where.\$x"),
        (memory.namespaces(prefix=["a"]), "prefix: is a list"),  # type: ignore[arg-type]
        (memory.clear("a"), "namespace: is a str"),  # type: ignore[arg-type]
        (memory.import_([5]), "items: has 5, which is no Item"),  # type: ignore[list-item]
        (memory.touch("k", 0), "ttl: is 0"),
        (memory.get("k", touch=0), "ttl: is 0"),
    ]
    for operation, message in cases:
        with pytest.raises(InvalidInputError, match=f"^{message}"):
            await operation
    assert await memory.count() == 0


async def test_put_many_checks_everything_before_it_writes_anything(memory: Memory) -> None:
    with pytest.raises(InvalidInputError):
        await memory.put_many({"good": 1, "bad": float("nan")})
    assert await memory.count() == 0
    assert await memory.put_many({}) == {}
    items = await memory.put_many({"a": 1, "b": 2}, namespace=("x",), metadata={"m": 1}, ttl=5)
    assert [(item.key, item.metadata, item.namespace) for item in items.values()] == [
        ("a", {"m": 1}, ("x",)),
        ("b", {"m": 1}, ("x",)),
    ]
    assert await memory.delete_many(["a", "a", "b", "c"], namespace=("x",)) == 2


async def test_a_namespace_matches_whole_segments(memory: Memory) -> None:
    for namespace in [(), ("a",), ("a", "b"), ("ab",), ("a%",), ("a_",), ("A",)]:
        await memory.put("k", 1, namespace=namespace)
    page = await memory.list(namespace=("a",))
    assert [item.namespace for item in page] == [("a",), ("a", "b")]
    assert await memory.clear(("a",)) == 2
    assert await memory.namespaces() == [(), ("A",), ("a%",), ("a_",), ("ab",)]


@pytest.mark.parametrize("order", ["key", "created", "updated"])
@pytest.mark.parametrize("descending", [False, True])
async def test_pages_follow_each_other_to_the_end(
    memory: Memory, clock: Clock, order: Any, descending: bool
) -> None:
    for key in "abcde":
        await memory.put(key, 1, namespace=("n",))
        clock.now += 1
    await memory.put("a", 1, namespace=("o",))
    walked: list[list[str]] = []
    cursor = None
    while not walked or cursor is not None:
        page = await memory.list(namespace=("n",), order=order, descending=descending, limit=2, cursor=cursor)
        walked.append([item.key for item in page])
        cursor = page.cursor
    assert walked == ([["e", "d"], ["c", "b"], ["a"]] if descending else [["a", "b"], ["c", "d"], ["e"]])


async def test_a_page_is_a_sequence_with_a_cursor(memory: Memory) -> None:
    await memory.put_many(dict.fromkeys("abcde", 1))
    page = await memory.list(limit=2)
    assert isinstance(page, Page)
    assert [item.key for item in page] == ["a", "b"]
    assert len(page) == 2
    assert page[0].key == "a"
    assert [item.key for item in page[1:]] == ["b"]
    assert isinstance(page.items, tuple)
    assert repr(Page([1, 2], "x")) == "Page([1, 2], cursor='x')"
    assert page.cursor is not None
    last = await memory.list(limit=3, cursor=page.cursor)
    assert [item.key for item in last] == ["c", "d", "e"]
    assert last.cursor is None
    wrong: list[dict[str, Any]] = [
        {"descending": True},
        {"order": "created"},
        {"namespace": ("x",)},
        {"where": {"a": 1}},
    ]
    for options in wrong:
        with pytest.raises(InvalidInputError, match="^cursor"):
            await memory.list(limit=2, cursor=page.cursor, **options)


async def test_a_search_for_none_is_a_listing_with_scores(memory: Memory) -> None:
    await memory.put_many({key: {"n": number} for number, key in enumerate("abcd")})
    page = await memory.search(None, where={"n": {"$gt": 0}}, limit=2)
    assert [(hit.item.key, hit.score, hit.snippet) for hit in page] == [("b", 0.0, ""), ("c", 0.0, "")]
    page = await memory.search(None, where={"n": {"$gt": 0}}, limit=2, cursor=page.cursor)
    assert [hit.item.key for hit in page] == ["d"]
    assert page.cursor is None


async def test_clear_and_export_work_through_many_portions(memory: Memory, clock: Clock) -> None:
    for namespace in (("a",), ("b",)):
        await memory.put_many({f"{number:04}": number for number in range(600)}, namespace=namespace)
    await memory.put_many({f"x{number:04}": 1 for number in range(300)}, namespace=("a",), ttl=1)
    clock.now += 1
    keys = [item.key async for item in memory.export(namespace=("a",))]
    assert keys == [f"{number:04}" for number in range(600)]
    assert await memory.clear(("a",)) == 600
    assert await memory.count() == 600
    assert await memory.clear(("a",)) == 0


async def test_an_import_takes_async_iterables_and_skips_what_is_there(memory: Memory) -> None:
    async def items() -> AsyncIterator[Item]:
        for number in range(300):
            yield Item(("in",), str(number), number, {"n": number}, 0, 5.0, 6.0, None)

    assert await memory.import_(items()) == 300
    item = await memory.get("7", namespace=("in",))
    assert item is not None
    assert (item.created, item.updated, item.metadata) == (5.0, 6.0, {"n": 7})
    other = Item(("in",), "7", "other", {}, 0, 1.0, 1.0)
    new = Item(("in",), "new", "new", {}, 0, 1.0, 1.0)
    assert await memory.import_([other, new], overwrite=False) == 1
    assert (await memory.get("7", namespace=("in",))) == item
    assert await memory.import_([]) == 0
    assert await memory.import_([other]) == 1
    replaced = await memory.get("7", namespace=("in",))
    assert replaced is not None
    assert (replaced.value, replaced.created) == ("other", 1.0)


async def test_leaving_an_export_early_leaks_nothing(memory: Memory) -> None:
    await memory.put_many({str(number): number for number in range(20)})
    export = memory.export()
    async for _ in export:
        break
    await export.aclose()  # type: ignore[attr-defined]
    await memory.put("k", 1)


class OtherMutation(Mutation[bool]):
    address = Address((), "k")


class OtherQuery(Query[int]):
    pass


async def test_a_kind_of_request_that_the_driver_does_not_know_is_refused(memory: Memory) -> None:
    store = memory.store
    assert store is not None
    with pytest.raises(UnsupportedError, match="OtherQuery"):
        await store.query(OtherQuery())
    (outcome,) = await store.write([OtherMutation()])
    assert isinstance(outcome, UnsupportedError)
    assert "OtherMutation" in str(outcome)


FORGED_PLACES: dict[str, list[Any]] = {
    "key": [
        [1, 2],
        [None, [], "k", 1],
        {"a": 1, "b": 2, "c": 3},
        "abc",
        7,
        [None, 5, "k"],
        [None, "ab", "k"],
        [None, {"a": 1}, "k"],
        [None, [], 5],
        [None, [], ""],
        [None, [1], "k"],
        [None, ["\ud800"], "k"],
        [None, [], "\ud800"],
        [1.5, [], "k"],
    ],
    "created": [
        [None, [], "k"],
        [{"a": 1}, [], "k"],
        ["x", [], "k"],
        [True, [], "k"],
        [2**80, [], "k"],
        [inf, [], "k"],
        [nan, [], "k"],
    ],
}


@pytest.mark.parametrize(
    ("order", "place"), [(order, place) for order in FORGED_PLACES for place in FORGED_PLACES[order]]
)
async def test_a_forged_cursor_of_a_wrong_shape_is_refused(memory: Memory, order: Any, place: Any) -> None:
    await memory.put("k", 1)
    cursor = encode_cursor(["scan", (), repr(None), order, False], place)
    with pytest.raises(InvalidInputError, match="^cursor: is not a cursor of this listing"):
        await memory.list(order=order, cursor=cursor)


@pytest.mark.parametrize("place", [["a"], [-5], [inf], [1.5], [None], [1, 2], [], {"a": 1}, "a", 7])
async def test_a_forged_cursor_of_a_search_is_refused_too(memory: Memory, place: Any) -> None:
    cursor = encode_cursor(["search", (), repr(None), "hello"], place)
    with pytest.raises(InvalidInputError, match="^cursor: is not a cursor of this listing"):
        await memory.search("hello", cursor=cursor)
