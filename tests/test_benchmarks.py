"""The benchmarks run, and say what they measured. How fast anything is, is not asked here."""

from __future__ import annotations

import json
import math
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from benchmarks.__main__ import SUBJECTS, main
from benchmarks.harness import Arm, Comparison, Goal, Opened, Outcome, Plan, Role, ahead_of_peers, run, times
from benchmarks.report import as_json, goals_table, table

if TYPE_CHECKING:
    from pathlib import Path

CHEAP = ("lookup", "capability", "operation", "migrate_scan")


@pytest.mark.filterwarnings("default")  # what a peer warns of is its own affair
def test_the_cheap_subjects_run_and_write_every_repeat(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "deep" / "result.json"
    main([*CHEAP, "--quick", "--json", str(target)])
    result = json.loads(target.read_text())
    assert list(result["subjects"]) == list(CHEAP)
    assert result["quick"] is True
    assert result["libraries"]["purveyor"]
    printed = capsys.readouterr().out
    for comparison in (each for subject in result["subjects"].values() for each in subject):
        assert comparison["title"] in printed
        assert len({arm["arm"] for arm in comparison["arms"]}) == len(comparison["arms"])
        for arm in comparison["arms"]:
            _check_arm(arm)
        assert comparison["goals"], comparison["title"]
        for goal in comparison["goals"]:
            _check_goal(goal, comparison)


@pytest.mark.filterwarnings("default")
def test_the_lifecycle_is_measured(tmp_path: Path) -> None:
    target = tmp_path / "result.json"
    main(["lifecycle", "lifecycle_reload", "--quick", "--json", str(target)])
    subjects = json.loads(target.read_text())["subjects"]
    failing, latency = subjects["lifecycle_reload"]
    for comparison in (*subjects["lifecycle"], latency):
        for arm in comparison["arms"]:
            _check_arm(arm)
        for goal in comparison["goals"]:
            _check_goal(goal, comparison)
    failures = {arm["arm"]: arm["samples"] for arm in failing["arms"]}
    for name in ("no reload", "purveyor, swap", "purveyor, in_place"):
        assert set(failures[name]) == {0}, f"operations failed because of a reload: {name}"
    assert min(failures["cleanup() and initialize() by hand"]) > 0  # else the load would prove nothing
    assert [goal["met"] for goal in failing["goals"]] == [True, True]


def _check_arm(arm: dict[str, Any]) -> None:
    assert arm["role"] in ("floor", "purveyor", "peer", "explains")
    if arm["note"]:
        assert arm["role"] in ("peer", "explains")
        assert "not installed" in arm["note"], f"{arm['arm']}: {arm['note']}"
        assert arm["samples"] == []
    else:
        assert arm["samples"]
        assert all(math.isfinite(sample) and sample > 0 for sample in arm["samples"])
        assert arm["ratio"] > 0


def _check_goal(goal: dict[str, Any], comparison: dict[str, Any]) -> None:
    own = [arm for arm in comparison["arms"] if arm["arm"] == goal["arm"]]
    assert [arm["role"] for arm in own] == ["purveyor"]
    if goal["reached"] is None:
        assert goal["met"] is None
        assert any("not installed" in arm["note"] for arm in comparison["arms"])
    else:
        assert math.isfinite(goal["reached"])
        assert isinstance(goal["met"], bool)


def test_without_any_peer_every_row_is_there_and_the_figures_against_peers_are_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("dependency_injector", "dishka", "stevedore", "svcs", "that_depends", "wireup"):
        for loaded in [name for name in sys.modules if name.partition(".")[0] == module]:
            monkeypatch.delitem(sys.modules, loaded)
        monkeypatch.setitem(sys.modules, module, None)
    target = tmp_path / "result.json"
    main(["lookup", "--quick", "--json", str(target)])
    ((comparison,),) = json.loads(target.read_text())["subjects"].values()
    peers = [arm for arm in comparison["arms"] if arm["role"] == "peer"]
    assert len(peers) == 6
    assert all("not installed" in arm["note"] for arm in peers)
    assert {goal["text"].split(" ")[0]: goal["met"] is None for goal in comparison["goals"]} == {
        "at": False,
        "ahead": True,
    }


def test_every_subject_states_what_it_compares() -> None:
    from importlib import import_module

    for subject in SUBJECTS:
        comparisons: list[Comparison] = list(import_module(f"benchmarks.{subject}").comparisons(Plan(quick=True)))
        assert comparisons
        for comparison in comparisons:
            arms = {arm.name: arm.role for arm in comparison.arms}
            assert len(arms) == len(comparison.arms)
            assert comparison.arms[0].role == "floor"
            assert "purveyor" in arms.values()
            assert all(arms[goal.arm] == "purveyor" for goal in comparison.goals)


def test_an_unknown_subject_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["lookups"])
    assert "no such subject: lookups" in capsys.readouterr().err


# --- The harness, on arms that measure nothing -----------------------------------------------------------


def arm(name: str, role: Role, *measurements: float | Exception, closed: list[str] | None = None) -> Arm:
    """An arm that gives these measurements, the first one to warm up, and raises those that are exceptions."""

    @asynccontextmanager
    async def open_arm() -> Opened:
        given = iter(measurements)

        async def repeat() -> float:
            measured = next(given)
            if isinstance(measured, Exception):
                raise measured
            return measured

        yield repeat
        if closed is not None:
            closed.append(name)

    return Arm(name, role, open_arm)


async def outcome_of(*arms: Arm, goals: tuple[Goal, ...] = (), repeats: int = 3) -> Outcome:
    return await run(Comparison("a thing", "ns", arms, goals, repeats))


async def test_ratios_are_taken_repeat_by_repeat() -> None:
    goal = times("ours", 2.5, "floor")
    outcome = await outcome_of(
        arm("floor", "floor", 99, 10, 100, 1000), arm("ours", "purveyor", 99, 20, 300, 2000), goals=(goal,)
    )
    ours = outcome.rows[1]
    assert ours.samples == [20, 300, 2000]
    assert outcome.ratios(ours) == [2, 3, 2]
    assert outcome.reached(goal) == 2
    assert outcome.met(goal)
    assert "at most 2.5 x floor: 2 met" in table(outcome)
    assert "MISSED" not in goals_table([outcome])


async def test_a_missed_figure_is_shown() -> None:
    goal = times("ours", 2.5, "floor", at_least=True)
    outcome = await outcome_of(
        arm("floor", "floor", 1, 1), arm("ours", "purveyor", 1, 2), goals=(goal,), repeats=1
    )
    assert not outcome.met(goal)
    assert "at least 2.5 x floor: 2 MISSED" in table(outcome)


async def test_a_peer_that_is_missing_or_fails_keeps_its_row_and_is_closed() -> None:
    closed: list[str] = []
    missing = ModuleNotFoundError("No module named 'absent'", name="absent")
    arms = (
        arm("floor", "floor", 1, 1, 1, closed=closed),
        arm("ours", "purveyor", 1, 2, 2, closed=closed),
        arm("absent", "peer", missing, closed=closed),
        arm("broken", "peer", 1, 1, ValueError("of two\nlines"), closed=closed),
        Arm("slow", "peer", arm("slow", "peer").open, skip="skipped: too slow"),
    )
    ahead = ahead_of_peers(arms, "ours")
    outcome = await outcome_of(*arms, goals=(ahead,), repeats=2)
    assert [row.note for row in outcome.rows] == [
        "",
        "",
        "not installed (absent)",
        "failed: ValueError: of two",
        "skipped: too slow",
    ]
    assert outcome.met(ahead) is None
    assert "ahead of every peer (x the best): - open" in table(outcome)
    for note in ("not installed (absent)", "failed: ValueError: of two", "skipped: too slow"):
        assert note in table(outcome)
    assert closed == ["broken", "absent", "ours", "floor"]
    json.dumps(as_json({"a": [outcome]}, quick=True))


async def test_a_failure_of_ones_own_is_raised() -> None:
    with pytest.raises(ValueError, match="ours"):
        await outcome_of(arm("floor", "floor", 1, 1, 1), arm("ours", "purveyor", 1, ValueError("ours")))


async def test_ahead_means_ahead_of_the_best() -> None:
    arms = (arm("ours", "purveyor", 1, 5), arm("worse", "peer", 1, 9), arm("best", "peer", 1, 5))
    less, more = ahead_of_peers(arms, "ours"), ahead_of_peers(arms, "ours", more_is_better=True)
    outcome = await outcome_of(*arms, goals=(less, more), repeats=1)
    assert outcome.reached(less) == 1  # as good is not ahead
    assert outcome.met(less) is False
    assert outcome.reached(more) == 5 / 9
    assert outcome.met(more) is False


async def test_a_floor_of_zero_has_no_ratios() -> None:
    outcome = await outcome_of(arm("floor", "floor", 0, 0), arm("ours", "purveyor", 0, 3), repeats=1)
    assert outcome.ratios(outcome.rows[1]) == []
    assert "ours" in table(outcome)
