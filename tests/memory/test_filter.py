from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purveyor.errors import InvalidInputError
from purveyor.memory.filter import AllOf, Compare, Not, parse_filter
from purveyor.memory.store import Item

ITEM = Item(
    namespace=("a",),
    key="n1",
    value={
        "page": 3,
        "ratio": 1.0,
        "title": "The Sea",
        "done": True,
        "none": None,
        "tags": ["sea", 1, [True]],
        "author": {"name": "Ada", "$odd": 5, "@at": 6},
        "@type": "Note",
        "": 1,
    },
    metadata={"team": {"name": "search"}, "level": 2},
    version=7,
    created=10.0,
    updated=20.0,
)


def matches(where: Any, item: Item = ITEM) -> bool:
    parsed = parse_filter(where)
    return parsed is None or parsed.matches(item)


@pytest.mark.parametrize(
    "where",
    [
        None,
        {},
        {"page": 3},
        {"page": 3.0},
        {"ratio": 1},
        {"page": {"$eq": 3}, "title": "The Sea"},
        {"done": True},
        {"done": {"$ne": 1}},
        {"none": None},
        {"none": {"$exists": True}},
        {"missing": {"$exists": False}},
        {"missing": {"$ne": None}},
        {"missing": {"$nin": [1]}},
        {"missing": {"$not": {"$exists": True}}},
        {"missing": {"$not": {"$gt": 1, "$lt": 2}}},
        {"title.name": {"$exists": False}},
        {"tags.0": {"$exists": False}},
        {"page": {"$gt": 2, "$lt": 4, "$gte": 3, "$lte": 3}},
        {"page": {"$gt": 2.5}},
        {"title": {"$gte": "The"}},
        {"title": {"$gt": "THE"}},
        {"page": {"$in": ["3", 3.0]}},
        {"page": {"$nin": ["3", True]}},
        {"page": {"$not": {"$in": []}}},
        {"tags": {"$contains": "sea"}},
        {"tags": {"$contains": 1.0}},
        {"tags": {"$contains": [True]}},
        {"title": {"$contains": "he S"}},
        {"title": {"$contains": ""}},
        {"tags": ["sea", 1.0, [True]]},
        {"author.name": "Ada"},
        {"author": {"$eq": {"name": "Ada", "$odd": 5, "@at": 6}}},
        {"author.$odd": 5},
        {"author.@at": {"$lt": 7}},
        {"@value.@type": "Note"},
        {"@value": {"$exists": True}},
        {"@metadata.team.name": "search"},
        {"@metadata": {"$eq": {"team": {"name": "search"}, "level": 2.0}}},
        {"@key": {"$in": ["n1"]}},
        {"@created": 10},
        {"@updated": {"$gt": 19}},
        {"$or": [{"page": 0}, {"page": 3}]},
        {"$and": [{"page": 3}, {"$or": [{"done": True}]}]},
        {"$not": {"page": 4}},
        {"$not": {"$not": {}}},
        {"$or": [{}, {"page": 0}]},
        {"$or": [{"page": 3}], "$and": [{"page": {"$gt": 1}}], "done": True},
    ],
)
def test_filters_that_match(where: Any) -> None:
    assert matches(where)
    assert not matches({"$not": where or {}})


@pytest.mark.parametrize(
    "where",
    [
        {"page": "3"},
        {"done": 1},
        {"done": {"$gt": 0}},
        {"ratio": True},
        {"page": {"$eq": True}},
        {"none": {"$exists": False}},
        {"missing": None},
        {"missing": {"$eq": None}},
        {"missing": {"$in": [None]}},
        {"missing": {"$gt": 0}},
        {"missing": {"$exists": True}},
        {"none": {"$gt": 0}},
        {"page": {"$gt": "2"}},
        {"title": {"$gt": 2}},
        {"page": {"$gt": 3}},
        {"page": {"$lt": 3}},
        {"page": {"$gt": 1, "$lt": 3}},
        {"page": {"$in": []}},
        {"tags": {"$contains": True}},
        {"tags": {"$contains": [1]}},
        {"page": {"$contains": 3}},
        {"title": {"$contains": 5}},
        {"author": {"$contains": "name"}},
        {"tags": ["sea", True, [True]]},
        {"tags": ["sea"]},
        {"author": {"name": "Ada"}},
        {"author": {}},
        {"@metadata.missing": 1},
        {"@key": "n2"},
        {"$or": [{"page": 0}, {"done": False}]},
        {"$and": [{"page": 3}, {"page": 4}]},
        {"page": 3, "title": "x"},
    ],
)
def test_filters_that_do_not_match(where: Any) -> None:
    assert not matches(where)
    assert matches({"$not": where})


@pytest.mark.parametrize(
    ("where", "place", "text"),
    [
        ([], "where", "is [], not a filter"),
        ("x", "where", "is 'x', not a filter"),
        ({"page": {"$gte ": 1}}, "where.page.$gte ", "did you mean $gte"),
        ({"page": {"$greater": 1}}, "where.page.$greater", "is no operator"),
        ({"page": {"$gt": 1, "b": 2}}, "where.page.b", "use $eq"),
        ({"$orr": []}, "where.$orr", "did you mean $or"),
        ({"$xyzzy": []}, "where.$xyzzy", "use one of $and $or $not"),
        ({"$gt": 1}, "where.$gt", "operators stand below a field"),
        ({"$or": []}, "where.$or", "takes a list of at least one filter"),
        ({"$and": {"a": 1}}, "where.$and", "takes a list"),
        ({"$and": [{"a": 1}, 5]}, "where.$and[1]", "not a filter"),
        ({"$not": [1]}, "where.$not", "not a filter"),
        ({"a": {"$not": 5}}, "where.a.$not", "takes an object of operators"),
        ({"a": {"$not": {}}}, "where.a.$not", "takes an object of operators"),
        ({"a": {"$not": {"x": 1}}}, "where.a.$not.x", "is no operator"),
        ({"a": {"$exists": 1}}, "where.a.$exists", "takes true or false"),
        ({"a": {"$in": "abc"}}, "where.a.$in", "takes a list of values"),
        ({"a": {"$nin": 1}}, "where.a.$nin", "takes a list of values"),
        ({"a": {"$gt": True}}, "where.a.$gt", "takes a number or a string, not True"),
        ({"a": {"$lte": None}}, "where.a.$lte", "takes a number or a string, not None"),
        ({"a..b": 1}, "where.a..b", "has an empty name in its path"),
        ({"": 1}, "where.", "has an empty name"),
        ({"@keys": 1}, "where.@keys", "did you mean @key"),
        ({"@zzz": 1}, "where.@zzz", "use one of @value"),
        ({"a": {"$gt": float("nan")}}, "where.a.$gt", "is nan"),
        ({"a": {1, 2}}, "where.a", "is a set"),
        ({"a": "x" * 70_000}, "where", "more than the 65,536 allowed"),
    ],
)
def test_what_is_no_filter_is_refused_with_its_place(where: Any, place: str, text: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_filter(where)
    assert caught.value.where == place
    assert text in str(caught.value)


def test_the_parsed_form_is_plain_data_and_a_copy() -> None:
    operand = [1, 2]
    parsed = parse_filter({"a.b": {"$in": operand}, "c": {"$ne": 1}})
    operand.append(3)
    assert parsed == AllOf(
        (Compare("value", ("a", "b"), "$in", [1, 2]), Not(Compare("value", ("c",), "$eq", 1))),
    )


ORDERABLE = st.integers(-5, 5) | st.sampled_from([0.5, -1.0, 2.0]) | st.sampled_from(["", "a", "b", "é"])
OPERANDS = ORDERABLE | st.booleans() | st.none() | st.lists(st.integers(0, 2) | st.booleans(), max_size=2)


@given(OPERANDS, ORDERABLE)
def test_the_orderings_agree_with_each_other(found: Any, operand: Any) -> None:
    item = Item((), "k", {"a": found}, {}, 1, 0.0, 0.0)
    less, equal, more = (matches({"a": {op: operand}}, item) for op in ("$lt", "$eq", "$gt"))
    assert matches({"a": {"$lte": operand}}, item) == (less or equal)
    assert matches({"a": {"$gte": operand}}, item) == (more or equal)
    assert matches({"a": {"$ne": operand}}, item) == (not equal)
    comparable = type(found) is not bool and isinstance(found, (int, float)) == isinstance(operand, (int, float))
    comparable = comparable and isinstance(found, (int, float, str))
    assert less + equal + more == comparable


@given(st.lists(OPERANDS, max_size=3), OPERANDS)
def test_in_is_any_equal_and_contains_its_mirror(choices: list[Any], one: Any) -> None:
    item = Item((), "k", {"one": one, "many": choices}, {}, 1, 0.0, 0.0)
    any_equal = any(matches({"one": {"$eq": choice}}, item) for choice in choices)
    assert matches({"one": {"$in": choices}}, item) == any_equal
    assert matches({"many": {"$contains": one}}, item) == any_equal
    assert matches({"one": {"$nin": choices}}, item) != any_equal
