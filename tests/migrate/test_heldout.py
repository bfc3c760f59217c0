"""Detection, judged by projects that nobody looked at while it was written."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from purveyor.migrate.scan.report import scan

PROJECTS = sorted(path.parent for path in (Path(__file__).parent / "heldout").glob("*/labels.json"))


def test_precision_and_recall() -> None:
    counts: Counter[tuple[bool, bool]] = Counter()
    wrong: list[str] = []
    for project in PROJECTS:
        labels: Any = json.loads((project / "labels.json").read_bytes())
        report: Any = scan(project).to_json()
        found: dict[tuple[str, str], list[bool]] = {}
        for each in sorted(report["classes"], key=lambda each: each["line"]):
            is_provider = each["kind"] in {"provider", "base"}
            found.setdefault((each["path"], each["name"]), []).append(is_provider)
        for label in labels:  # classes of one name stand in the order of their lines
            found_here, wanted = found[label["path"], label["name"]].pop(0), label["is_provider"]
            counts[wanted, found_here] += 1
            if wanted != found_here:
                wrong.append(f"{project.name}/{label['path']}: {label['name']}")
        assert not any(found.values()), "every class is labelled"
    right = counts[True, True]
    assert right / (right + counts[False, True]) >= 0.95, f"precision: {wrong}"
    assert right / (right + counts[True, False]) >= 0.95, f"recall: {wrong}"


def test_there_is_enough_to_judge_by() -> None:
    labels = [label for project in PROJECTS for label in json.loads((project / "labels.json").read_bytes())]
    providers = sum(label["is_provider"] for label in labels)
    assert len(PROJECTS) >= 25
    assert len(labels) >= 150
    assert 0.4 <= providers / len(labels) <= 0.6
