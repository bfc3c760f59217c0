"""What a change of the configuration comes to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purveyor.config import SystemConfig, load_config
from purveyor.config.diff import Change, ConfigDiff, diff
from purveyor.needs import Needs
from purveyor.provider import Provider
from tests.config import drivers

Load = Callable[..., SystemConfig]


def load(tables: dict[str, dict[str, Any]], **top: Any) -> SystemConfig:
    complete = {name: {"driver": f"{drivers.__name__}:Loose", **table} for name, table in tables.items()}
    return load_config({"providers": complete, **top})


def change(old: dict[str, Any], new: dict[str, Any]) -> Change | None:
    found = diff(load({"a": old}), load({"a": new}))
    assert found.changes or found.unchanged == ("a",)
    return found.changes[0] if found else None


def test_what_is_new_what_is_gone_and_what_is_as_it_was() -> None:
    found = diff(load({"a": {}, "b": {"x": 1}, "c": {}}), load({"new": {}, "c": {}, "b": {"x": 2}}))
    assert found == ConfigDiff(
        changes=(
            Change("new", "added", "start"),
            Change("b", "changed", "in_place", ("x",)),
            Change("a", "removed", "stop"),
        ),
        unchanged=("c",),
    )
    assert (found.names("added"), found.names("changed"), found.names("removed")) == (("new",), ("b",), ("a",))
    assert not diff(load({"a": {}}), load({"a": {}}))


@pytest.mark.parametrize(
    ("old", "new", "keys"),
    [
        ({"x": [1]}, {"x": [True]}, ["x"]),
        ({"x": [1]}, {"x": [1, 1]}, ["x"]),
        ({"x": 1}, {"x": 2}, ["x"]),
        ({"x": 1}, {"y": 1}, ["x", "y"]),
        ({"x": {"y": {"z": 1}}}, {"x": {"y": {"z": 2, "n": 0}}}, ["x.y.z", "x.y.n"]),
        ({"x": [1, 2]}, {"x": [1, 3]}, ["x"]),
        ({"x": {"y": 1}}, {"x": 1}, ["x"]),
        ({"a b": {'"': 1}}, {"a b": {'"': 2}}, ['"a b"."\\""']),
        ({"x": 1}, {"x": True}, ["x"]),
        ({"x": 1}, {"x": 1.0}, ["x"]),
    ],
)
def test_keys_are_told_down_to_the_tables_inside(old: Any, new: Any, keys: list[str]) -> None:
    assert change(old, new) == Change("a", "changed", "in_place", tuple(keys))


@pytest.mark.parametrize(
    ("name", "old", "new", "keys"),
    [
        ("Store", {"path": "x"}, {"path": "y"}, ("path",)),
        ("Store", {"path": "x"}, {"path": "x", "retry": {"times": 3}}, ("retry.times",)),
        ("Store", {"path": "x"}, {"path": "x", "log": {"file": "f"}}, ("log",)),
        ("Store", {"path": "x", "either": 1}, {"path": "x", "either": {"times": 1}}, ("either",)),
        ("Model", {"name": "n"}, {"name": "m"}, ("name",)),
        ("Open", {"known": 1, "more": {"x": 1}}, {"known": 1, "more": {"x": 2}}, ("more.x",)),
        ("Nesting", {"inner": {"known": 1}}, {"inner": {"known": 2, "x": 3}}, ("inner.known", "inner.x")),
        ("Typed", {"count": 1}, {"count": 2}, ("count",)),
    ],
)
def test_whatever_type_a_config_has(name: str, old: Any, new: Any, keys: tuple[str, ...]) -> None:
    driver = {"driver": f"{drivers.__name__}:{name}"}
    assert change(old | driver, new | driver) == Change("a", "changed", "in_place", keys)
    assert change(old | driver, old | driver) is None


def test_a_secret_that_changed_is_told_by_its_key_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    table = {"driver": f"{drivers.__name__}:Store", "path": "x", "token": {"env": "TOKEN"}}
    monkeypatch.setenv("TOKEN", "marker-one")
    old = load({"a": table})
    monkeypatch.setenv("TOKEN", "marker-two")
    found = diff(old, load({"a": table}))
    assert found.changes[0].keys == ("token",)
    assert "marker" not in repr(found)


@pytest.mark.parametrize(
    ("keys", "action", "told"),
    [
        ({"policy": {"timeout": 1}}, "policy", ("policy.timeout",)),
        ({"policy": {"reload": "swap"}}, "policy", ("policy.reload",)),
        ({"policy": {"breaker": {"failures": 2}}}, "policy", ("policy.breaker",)),
        ({"policy": {"reload": "swap"}, "x": 1}, "swap", ("x", "policy.reload")),
        ({"required": False}, "note", ("required",)),
        ({"required": False, "policy": {"timeout": 1}}, "policy", ("required", "policy.timeout")),
    ],
)
def test_what_it_comes_to(keys: dict[str, Any], action: Any, told: tuple[str, ...]) -> None:
    assert change({}, keys) == Change("a", "changed", action, told)


def test_another_need_is_a_reload_of_who_has_it() -> None:
    config = load({"a": {"driver": "tests.config.test_diff:Swapping"}})
    old, new = (
        replace(config, providers=(replace(config.get("a"), needs=needs),))
        for needs in ({"memory": "m"}, {"memory": "n"})
    )
    assert diff(old, new).changes == (Change("a", "changed", "swap", ("needs.memory",)),)


def test_a_need_that_is_left_to_a_capability_follows_it() -> None:
    tables: dict[str, Any] = {"a": {"driver": "tests.config.test_diff:Seeking"}, "b": {"capabilities": ["embed"]}}
    moved = {"a": tables["a"], "b": {}, "c": tables["b"]}
    found = diff(load(tables), load(moved))
    assert found.changes[0] == Change("a", "changed", "in_place", ("needs.other",))
    # What runs may be without something that was taken from it by hand.
    rest = replace(load(tables), providers=load(tables).providers[:1])
    assert diff(rest, load(tables)).changes[0].keys == ("needs.other",)


def test_what_has_failed_is_started_again() -> None:
    same = diff(load({"a": {}, "b": {}}), load({"a": {}, "b": {}}))
    assert same.restarting(["b", "x"]) == ConfigDiff((Change("b", "changed", "restart"),), unchanged=("a",))
    assert same.restarting([]) is same


class Seeking(drivers.Base[dict[str, Any]]):
    """Needs whoever embeds."""

    other: Annotated[Provider[Any], Needs(capability="embed")]


class Swapping(drivers.Base[dict[str, Any]]):
    """One that is reloaded by a swap."""

    provider_reload = "swap"


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"labels": {"team": "x"}}, ("labels.team",)),
        ({"description": "d", "version": "2"}, ("description", "version")),
        ({"capabilities": ["x"]}, ("capabilities",)),
        ({"type": "memory"}, ("type",)),
    ],
)
def test_other_metadata_are_another_object(keys: dict[str, Any], told: tuple[str, ...]) -> None:
    assert change({}, keys) == Change("a", "changed", "in_place", told, replaced=True)


def test_another_driver_takes_over_in_its_own_way() -> None:
    old = {"x": 1}
    new = {"driver": "tests.config.test_diff:Swapping", "y": 1}
    assert change(old, new) == Change("a", "changed", "swap", ("driver",), replaced=True)
    assert change(old, new | {"labels": {"x": "y"}, "policy": {"reload": "in_place"}}) == Change(
        "a", "changed", "in_place", ("driver", "labels.x", "policy.reload"), replaced=True
    )


def test_the_same_class_by_another_name_is_nothing_but_noted() -> None:
    from purveyor.catalog import Catalog, Driver

    catalog = Catalog([Driver("loose", "tests", "1", f"{drivers.__name__}:Loose")])
    old = load_config({"providers": {"a": {"driver": f"{drivers.__name__}:Loose"}}}, catalog=catalog)
    new = load_config({"providers": {"a": {"driver": "loose"}}}, catalog=catalog)
    assert diff(old, new).changes == (Change("a", "changed", "note", ("driver",)),)


def test_what_cannot_be_imported_now_is_left_as_it_is() -> None:
    new = load({"a": {"driver": "tests.config.needs_missing:X", "required": False}, "b": {}})
    found = diff(load({"a": {}, "b": {}}), new)
    assert found == ConfigDiff(unchanged=("b",), unavailable=("a",))


def test_what_stands_outside_of_providers_waits_for_the_next_start() -> None:
    found = diff(load({}), load({}, server={"port": 1}))
    assert found == ConfigDiff(postponed=("server.port",))
    assert not found


def test_an_own_class_that_cannot_be_compared_has_changed() -> None:
    class Odd:
        def __eq__(self, other: object) -> bool:
            raise RuntimeError("no idea")

        __hash__ = None  # type: ignore[assignment]

    for make in (Odd, object):
        found = diff(load({"a": {"x": make()}}), load({"a": {"x": make()}}))
        assert found.changes == (Change("a", "changed", "in_place", ("x",)),)


def test_what_a_config_works_out_by_itself_is_not_compared() -> None:
    driver = {"driver": "tests.config.test_diff:Deriving"}
    assert change(driver, driver) is None
    assert change(driver, driver | {"x": 1}) == Change("a", "changed", "in_place", ("x",))


@dataclass
class Derived:
    x: int = 0
    lock: Any = field(default_factory=object, init=False)
    noise: Any = field(default_factory=object, compare=False)


class Deriving(drivers.Base[Derived]):
    pass


_values = st.recursive(
    st.integers(0, 2) | st.booleans() | st.text("ab", max_size=1),
    lambda inner: st.dictionaries(st.sampled_from("xyz"), inner, max_size=2) | st.lists(inner, max_size=2),
    max_leaves=6,
)


@given(*[st.dictionaries(st.sampled_from("pqr"), _values, max_size=3)] * 2)
def test_there_is_a_key_exactly_where_tables_differ(old: dict[str, Any], new: dict[str, Any]) -> None:
    found = change(old, new)
    assert (found is None) == (repr(sorted_deeply(old)) == repr(sorted_deeply(new)))
    if found:
        assert found.keys
        assert {key.partition(".")[0] for key in found.keys} == {
            key for key in {**old, **new} if repr(sorted_deeply(old.get(key, Derived))) != repr(sorted_deeply(new.get(key, Derived)))
        }  # fmt: skip


def sorted_deeply(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: sorted_deeply(value[key]) for key in sorted(value)}
    return [sorted_deeply(child) for child in value] if isinstance(value, list) else value
