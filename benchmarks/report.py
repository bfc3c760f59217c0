"""What was measured, as a table for people and as JSON for everything else."""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.harness import Goal, Outcome, Row

__all__ = ["as_json", "goals_table", "table"]

#: Whose versions a result is only worth something with.
_LIBRARIES = (
    "aiosqlite", "apsw", "dependency-injector", "dishka", "diskcache", "langgraph-checkpoint-sqlite",
    "opentelemetry-sdk", "prometheus-client", "purveyor", "py-key-value-aio", "stevedore", "svcs", "that-depends",
    "wireup",
)  # fmt: skip

_MET = {True: "met", False: "MISSED", None: "open"}


def table(outcome: Outcome) -> str:
    """One comparison, one line an arm; a line more for every further goal of an arm."""
    comparison = outcome.comparison
    better = "more" if comparison.more_is_better else "less"
    lines = [["", comparison.unit, f"x {comparison.arms[0].name}", "min..max", "figure to reach"]]
    for row in outcome.rows:
        goals = [_goal(outcome, goal) for goal in comparison.goals if goal.arm == row.arm]
        name = f"{'> ' if row.role == 'purveyor' else '  '}{row.arm}"
        if row.note:
            lines.append([name, row.note, "", "", ""])
            continue
        ratios = outcome.ratios(row)
        lines.append([
            name,
            _number(median(row.samples)),
            _number(median(ratios)) if ratios else "-",
            f"{_number(min(ratios))}..{_number(max(ratios))}" if ratios else "-",
            goals[0] if goals else "",
        ])  # fmt: skip
        lines.extend(["", "", "", "", goal] for goal in goals[1:])
    title = f"{comparison.title} ({better} is better, {comparison.repeats} repeats)"
    return f"{title}\n{_aligned(lines, numbers=(1, 2, 3))}"


def goals_table(outcomes: Sequence[Outcome]) -> str:
    """All figures to reach, one line each."""
    lines = [["figure to reach", "reached", ""]]
    for outcome in outcomes:
        for goal in outcome.comparison.goals:
            figure = outcome.reached(goal)
            lines.append([
                f"{outcome.comparison.title}: {goal.arm}: {goal.text}",
                "-" if figure is None else _number(figure),
                _MET[outcome.met(goal)],
            ])  # fmt: skip
    return _aligned(lines, numbers=(1,))


def as_json(outcomes: Mapping[str, Sequence[Outcome]], *, quick: bool) -> dict[str, Any]:
    """Everything that was measured, every repeat of it, by subject."""
    return {
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "quick": quick,
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{sys.platform} {platform.machine()}",
        "processors": os.cpu_count(),
        "libraries": {name: found for name in _LIBRARIES if (found := _version(name))},
        "subjects": {subject: [_comparison(outcome) for outcome in found] for subject, found in outcomes.items()},
    }


def _comparison(outcome: Outcome) -> dict[str, Any]:
    comparison = outcome.comparison
    return {
        "title": comparison.title,
        "unit": comparison.unit,
        "more_is_better": comparison.more_is_better,
        "arms": [_row(outcome, row) for row in outcome.rows],
        "goals": [
            {
                "arm": goal.arm,
                "text": goal.text,
                "limit": goal.limit,
                "reached": outcome.reached(goal),
                "met": outcome.met(goal),
            }
            for goal in comparison.goals
        ],
    }


def _row(outcome: Outcome, row: Row) -> dict[str, Any]:
    ratios = outcome.ratios(row)
    return asdict(row) | {
        "median": median(row.samples) if row.samples else None,
        "ratio": median(ratios) if ratios else None,
    }


def _goal(outcome: Outcome, goal: Goal) -> str:
    figure = outcome.reached(goal)
    reached = "-" if figure is None else _number(figure)
    return f"{goal.text}: {reached} {_MET[outcome.met(goal)]}"


def _number(value: float) -> str:
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if value == int(value) else f"{value:.3g}"


def _aligned(lines: list[list[str]], numbers: tuple[int, ...]) -> str:
    """Columns as wide as they must be; a note that stands where numbers do widens nothing."""
    shown = [line for line in lines if len(line) == 3 or line[2] or not line[1]]
    widths = [max(len(line[column]) for line in shown) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column in numbers and line in shown else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
