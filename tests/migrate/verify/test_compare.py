"""How what two sides showed is judged."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purveyor.migrate.verify.compare import Seen, judge, told
from purveyor.migrate.verify.result import Comparison, NotExercised, Verification


def value(tree: Any, **aspects: Any) -> Seen:
    return Seen("call()", "value", {"told": tree, **aspects})


def error(message: str) -> Seen:
    return Seen("call()", "error", {"told": {"type": "KeyError", "message": message}})


TIMEOUT = Seen("call()", "timeout")
UNREACHED = Seen("call()", "unreached")
DIED = Seen("call()", "died", {"told": "exit code 3"})


@pytest.mark.parametrize(
    ("old", "new", "outcome"),
    [
        (value("1"), value("1"), "same"),
        (value("1"), value("2"), "regressed"),
        (value("1"), error("a"), "regressed"),
        (value("1"), TIMEOUT, "regressed"),
        (value("1"), DIED, "regressed"),
        (value("1"), UNREACHED, "regressed"),
        (error("a"), value("1"), "fixed"),
        (TIMEOUT, value("1"), "fixed"),
        (DIED, value("1"), "fixed"),
        (error("a"), error("a"), "same-failure"),
        (error("a"), error("b"), "regressed"),
        (error("a"), TIMEOUT, "regressed"),
        (TIMEOUT, error("a"), "same-failure"),
        (TIMEOUT, TIMEOUT, "same-failure"),
        (DIED, TIMEOUT, "same-failure"),
        (value("1", files={"a": "1"}), value("1", files={"a": "2"}), "regressed"),
        (value("1", files={"a": "1"}), value("1", files={}), "regressed"),
        (value("1", log=["a"]), value("1", log=["a", "b"]), "regressed"),
        (value("1", stdout="a"), value("1", stdout="b"), "regressed"),
        (value("1", outside=[]), value("1", outside=["open /etc/x"]), "regressed"),
    ],
)
def test_one_run_each(old: Seen, new: Seen, outcome: str) -> None:
    assert judge([old], [new]).outcome == outcome


def test_what_is_unsteady_on_one_side_is_no_difference() -> None:
    runs = [value({"list": ["1", str(n)]}) for n in range(4)]
    assert judge(runs[:2], runs[2:]).outcome == "nondeterministic"
    assert judge(runs[:2], [value({"list": ["2", "2"]}), value({"list": ["2", "3"]})]).outcome == "regressed"
    sizes = [value({"list": ["1"] * n}) for n in (1, 3)]
    assert judge(sizes, [value({"list": ["1"] * 2})] * 2).outcome == "nondeterministic"
    assert judge([value("1"), error("a")], [value("1"), value("1")]).outcome == "nondeterministic"
    assert judge([value("1"), error("a")], [error("a"), error("a")]).outcome == "nondeterministic"
    assert judge([value(str(n)) for n in range(2)], [error("a")] * 2).outcome == "regressed"


def test_after_something_was_fixed_the_new_side_may_stand_elsewhere() -> None:
    assert judge([value("None")], [value("1")], diverged=True).outcome == "fixed"
    assert judge([value("None")], [error("a")], diverged=True).outcome == "regressed"


def test_what_is_shown() -> None:
    assert told(value({"list": ["é"]})) == '{"list": ["é"]}'
    assert told(error("'a'")) == "KeyError: 'a'"
    assert told(TIMEOUT) == "it did not end in time"
    assert told(UNREACHED) == "it was not reached"
    assert told(DIED) == "the process ended: exit code 3"
    long = judge([value("a" * 2000 + "b" + "c" * 2000)], [value("a" * 2000 + "d")])
    assert long.old == "…" + "a" * 100 + "b" + "c" * 299 + "…"
    assert long.new == "…" + "a" * 100 + "d"


trees = st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)


@given(trees, trees)
def test_only_what_differs_is_told(one: Any, other: Any) -> None:
    judgement = judge([value(one)], [value(other)])
    assert (judgement.outcome == "same") == (one == other)
    assert judge([value(one), value(other)], [value(other), value(one)]).outcome in {"same", "nondeterministic"}


def test_a_verification_counts_and_only_what_regressed_fails() -> None:
    fine = [
        Comparison("m", "C", 1, "s", outcome) for outcome in ("same", "same-failure", "fixed", "nondeterministic")
    ]
    found = Verification(tuple(fine), (NotExercised("m", "C", "x", "why"),))
    assert found.ok
    assert found.counts == {
        "same": 1, "same-failure": 1, "fixed": 1, "regressed": 0, "nondeterministic": 1, "not-exercised": 1,
    }  # fmt: skip
    bad = Comparison("m", "C", 1, "s", "regressed", "result", "1", "2")
    worse = Verification((*fine, bad), ())
    assert not worse.ok
    assert worse.regressed == (bad,)
    assert worse.to_json()["comparisons"][-1] == {
        "module": "m", "subject": "C", "scenario": 1, "step": "s", "outcome": "regressed", "aspect": "result", "old": "1", "new": "2",
    }  # fmt: skip
