"""Every case: the scan says what it should, the migration does what it says, and it goes back to the byte."""

from __future__ import annotations

import ast
import difflib
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from purveyor.errors import MigrationRefusedError
from purveyor.migrate.change.apply import apply
from purveyor.migrate.change.plan import make_plan
from purveyor.migrate.change.rollback import rollback
from purveyor.migrate.scan.report import scan
from purveyor.migrate.verify import verify
from tests.migrate.casebook import CASES, Case, allowed, class_sources, compiles, is_unchanged, parse, snapshot

if TYPE_CHECKING:
    from pathlib import Path

STATES = {"converted", "converted-with-warnings", "adapter", "refused", "not-a-provider"}
KINDS = {"provider", "base", "config", "error", "registry", "protocol", "data"}

each_case = pytest.mark.parametrize("case", CASES, ids=repr)


@each_case
def test_the_scan_says_what_there_is(case: Case, tmp_path: Path) -> None:
    root = case.copy_to(tmp_path / "tree")
    before = snapshot(root)
    report: Any = json.loads(json.dumps(scan(root).to_json()))
    assert snapshot(root) == before, "a scan writes nothing"

    statuses = {file["path"]: file for file in report["files"]}
    if not case.is_for_this_python:
        strange = {entry["path"] for entry in case.expected["classes"]}
        assert strange == {path for path, file in statuses.items() if file["status"] == "unparsable"}
        return
    unreadable = {entry["path"]: allowed(entry["status"]) for entry in case.expected["files"]}
    for path, file in statuses.items():
        assert file["status"] in unreadable.get(path, ["ok"]), file
        assert file["status"] == "ok" or file["reason"], "whoever is named is told why"
    assert unreadable.keys() <= statuses.keys()
    assert not set(case.expected.get("skipped", ())) & statuses.keys()

    expected = sorted(
        (entry for entry in case.expected["classes"] if statuses[entry["path"]]["status"] == "ok"),
        key=lambda entry: (entry["path"], entry["name"]),
    )
    found = sorted(report["classes"], key=lambda entry: (entry["path"], entry["name"], entry["line"]))
    assert [(each["path"], each["name"]) for each in found] == [(each["path"], each["name"]) for each in expected]
    problems = [problem for pair in zip(found, expected, strict=True) for problem in _differences(*pair)]
    assert not problems, "\n".join(problems)


def _differences(found: Any, expected: Any) -> list[str]:
    """What a scan says of a class and should not, or should and does not."""
    who = f"{found['path']}::{found['name']}"
    codes = Counter(fault["code"] for fault in found["faults"])
    wanted, tolerated = set(expected["faults"]), set(expected.get("may", ()))
    problems = [
        f"{who}: {key} is {found[key]!r}, expected {expected[key]!r}"
        for key in ("kind", "state", "type")
        if key in expected and found[key] not in allowed(expected[key])
    ]
    if wanted - codes.keys():
        problems.append(f"{who}: lacks the faults {sorted(wanted - codes.keys())}")
    if codes.keys() - wanted - tolerated:
        surplus = [fault for fault in found["faults"] if fault["code"] not in wanted | tolerated]
        problems.append(f"{who}: has faults that are none: {surplus}")
    for code, lines in expected.get("lines", {}).items():
        told = sorted(fault["line"] for fault in found["faults"] if fault["code"] == code)
        if told != lines and codes[code]:
            problems.append(f"{who}: {code} in the lines {told}, expected {lines}")
    if found["state"] in {"adapter", "refused"} and not found.get("reason"):
        problems.append(f"{who}: is {found['state']} without a reason")
    if (found["kind"] not in {"provider", "base"}) != (found["state"] == "not-a-provider"):
        problems.append(f"{who}: is a {found['kind']} and {found['state']}")
    assert found["state"] in STATES
    assert found["kind"] in KINDS
    return problems


@each_case
def test_it_is_migrated_and_rolled_back(case: Case, tmp_path: Path) -> None:
    root = case.copy_to(tmp_path / "tree")
    before = snapshot(root)
    plan = make_plan(root, relative_to=tmp_path)
    assert snapshot(root) == before, "a plan writes nothing"
    assert make_plan(root, relative_to=tmp_path).to_json() == plan.to_json(), "the same tree gives the same bytes"

    report: Any = scan(root).to_json()
    states = {(each["path"], each["line"]): each["state"] for each in report["classes"]}
    assert {(each["path"], each["line"]): each["state"] for each in plan.classes} == states
    if case.must_not_change and "apply_refuses" not in case.expected:
        assert not plan.files, [file.diff for file in plan.files]

    path = tmp_path / "plan.json"
    path.write_bytes(plan.to_json())
    if "apply_refuses" in case.expected:
        with pytest.raises(MigrationRefusedError, match=case.expected["apply_refuses"]):
            apply(path, root=root)
        assert snapshot(root) == before, "refused, and nothing has changed"
        return
    apply(path, root=root)
    after = snapshot(root)
    changed = {file.path for file in plan.files}
    copies = {file.copy for file in plan.files}
    assert {name for name in before if after[name] != before[name]} == changed
    assert after.keys() - before.keys() == copies
    for file in plan.files:
        assert after[file.copy][1] == before[file.path][1], "the copy has the original's bytes"
        assert after[file.path][0] == before[file.path][0], "the mode stays"
        _check_file(before[file.path][1], after[file.path][1], file.path, report)
    if case.after:
        assert {name: after[name][1] for name in changed} == case.after

    if plan.files:
        verification = verify(path, root=root, timeout=4)
        assert verification.comparisons, "something ran on both sides"
        assert not verification.regressed, verification.regressed
        assert snapshot(root) == after, "what is tried out is a copy"

    second = make_plan(root, relative_to=tmp_path)
    assert not second.files, [file.diff for file in second.files]

    rollback(path, root=root)
    assert snapshot(root) == before


def _check_file(before: bytes, after: bytes, path: str, report: Any) -> None:
    """Only what had to change did: statements of converted classes are replaced, and everything else is added."""
    assert compiles(before, path), "what Python does not take is left alone"
    assert compiles(after, path), "no syntax error is introduced"
    states = {each["line"]: each["state"] for each in report["classes"] if each["path"] == path}
    may_go = _widened(before, after)
    for _, qualname, _, header in class_sources(before):
        if states[header.start] in {"converted", "converted-with-warnings"}:
            may_go.update(header)
        else:
            assert is_unchanged(before, after, qualname), f"{qualname} is {states[header.start]}"
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    steps = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    for kind, first, last, start, end in steps:
        if kind in {"replace", "delete"}:
            gone = [
                (number, old[number - 1])
                for number in range(first + 1, last + 1)
                if number not in may_go and not (number == len(old) and old[-1] + b"\n" in new[start:end])
            ]
            assert not gone, f"{path}: lines that no conversion needs to touch: {gone}"


def _widened(before: bytes, after: bytes) -> set[int]:
    """The lines of imports that take the same names as before, and others."""
    found = [each for each in parse(after).body if isinstance(each, ast.ImportFrom)]
    lines: set[int] = set()
    for each in parse(before).body:
        if isinstance(each, ast.ImportFrom):
            names = {ast.unparse(alias) for alias in each.names}
            now = ({ast.unparse(alias) for alias in one.names} for one in found if one.module == each.module)
            if any(names < other for other in now):
                lines.update(range(each.lineno, (each.end_lineno or each.lineno) + 1))
    return lines


def test_as_many_must_stay_as_must_change() -> None:
    assert len(CASES) >= 70
    assert sum(case.must_not_change for case in CASES) >= sum(case.must_change for case in CASES) >= 40
