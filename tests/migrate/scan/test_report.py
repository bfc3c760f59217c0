"""The report: its JSON, its SARIF, its states."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import pytest

from purveyor.migrate.scan import Report, ScannedClass, ScannedFile, scan, to_sarif
from purveyor.migrate.scan.faults import CODES, Fault
from purveyor.migrate.scan.report import State
from tests.migrate.scan.samples import read_samples, write

TREE = {
    "notes/base.py": """
class Base:
    def __init__(self, config):
        self.config = config
    async def initialize(self): ...
    async def cleanup(self): ...
""",
    "notes/disk notes.py": """
import time
from notes.base import Base
class DiskNotes(Base):
    async def initialize(self):
        time.sleep(1)
    async def get(self, key):
        return key
class NotesError(Exception):
    pass
""",
    "notes/sync.py": """
class SyncNotes:
    def __init__(self, config):
        self.config = config
    def open(self):
        self.rows = {}
    def close(self):
        self.rows = None
    def get(self, key):
        return self.rows[key]
""",
    "old.py": "print 'hello'\n",
}


def test_the_keys_are_those_that_are_promised(tmp_path: Path) -> None:
    told = scan(write(tmp_path, TREE)).to_json()
    assert list(told) == ["files", "classes"]
    assert all(list(file) == ["path", "status", "reason"] for file in told["files"])
    keys = ["path", "line", "name", "kind", "state", "type", "faults", "reason"]
    assert all(list(each) == keys for each in told["classes"])
    assert json.loads(json.dumps(told)) == told
    assert [(file["path"], file["status"]) for file in told["files"]] == [
        ("notes/base.py", "ok"),
        ("notes/disk notes.py", "ok"),
        ("notes/sync.py", "ok"),
        ("old.py", "unparsable"),
    ]
    assert "line 1" in told["files"][-1]["reason"]
    classes = {each["name"]: each for each in told["classes"]}
    assert {name: (each["kind"], each["type"]) for name, each in classes.items()} == {
        "Base": ("base", "custom"),
        "DiskNotes": ("provider", "custom"),
        "NotesError": ("error", None),
        "SyncNotes": ("provider", "custom"),
    }
    assert classes["DiskNotes"]["line"] == 4
    assert [fault["code"] for fault in classes["DiskNotes"]["faults"]] == ["sync-in-async"]
    assert list(classes["DiskNotes"]["faults"][0]) == ["line", "code", "message"]
    assert classes["DiskNotes"]["faults"][0]["line"] == 6
    assert classes["SyncNotes"]["state"] == "adapter"
    assert classes["SyncNotes"]["reason"]
    assert classes["NotesError"]["state"] == "not-a-provider"
    assert classes["NotesError"]["reason"] == "an exception"


def test_every_class_is_in_one_state_and_the_same_tree_gives_the_same(tmp_path: Path) -> None:
    files = {
        f"{number}/{path}": text for number, each in enumerate(read_samples()) for path, text in each.files.items()
    }
    root = write(tmp_path, files)
    report = scan(root)
    counts = [report.count(state) for state in get_args(State)]
    assert sum(counts) == len(report.classes) > 150
    assert scan(root).to_json() == report.to_json()
    assert [(each.path, each.line) for each in report.classes] == sorted(
        (each.path, each.line) for each in report.classes
    )
    assert str(tmp_path) not in json.dumps(report.to_json())


def test_a_scan_tells_how_far_it_is_and_leaves_nothing(tmp_path: Path) -> None:
    root = write(tmp_path, TREE)
    before = sorted(root.rglob("*"))
    told: list[tuple[int, int, str]] = []
    scan(root, progress=lambda *step: told.append(step))
    assert told[-1][:2] == (4, 4)
    assert [done for done, _, _ in told] == [1, 2, 3, 4]
    assert sorted(root.rglob("*")) == before
    assert {each.path for each in scan(root, exclude=["notes"]).files} == {"old.py"}


def test_an_import_that_fails_is_told_of_the_file_and_of_its_providers(tmp_path: Path) -> None:
    files = {
        "good.py": "class Fine:\n    async def open(self): ...\n    async def close(self): ...\n",
        "bad.py": "import no_such_package\nclass Lost:\n    async def open(self): ...\n    async def close(self): ...\n"
        "class Row:\n    pass\n",
    }
    seen: list[str] = []
    report = scan(write(tmp_path, files), import_check=True, progress=lambda done, total, path: seen.append(path))
    assert seen == ["bad.py", "good.py"] * 2
    bad, good = report.files
    assert good.reason is None
    assert bad.status == "ok"
    assert bad.reason == "the import fails: ModuleNotFoundError: No module named 'no_such_package' (line 1)"
    faults = {each.name: [(fault.line, fault.code) for fault in each.faults] for each in report.classes}
    assert (1, "import-failed") in faults["Lost"]
    assert faults["Row"] == faults["Fine"] == []
    codes = [result["ruleId"] for result in to_sarif(report, "1")["runs"][0]["results"]]
    assert "import-failed" in codes


def test_warnings_of_a_conversion_are_its_reason(tmp_path: Path) -> None:
    text = """
class App: ...
class Jobs:
    def __init__(self, app: App): self.app = app
    async def start(self): ...
    async def stop(self): ...
    async def submit(self, job): return job
"""
    report = scan(write(tmp_path, {"jobs.py": text}))
    jobs = report.classes[1]
    assert jobs.state == "converted-with-warnings"
    assert jobs.reason
    assert jobs.reason_line == 4


# --- SARIF --------------------------------------------------------------------------------------------------------


def check_sarif(log: dict[str, Any]) -> dict[str, Any]:
    """What the schema of SARIF 2.1.0 asks of a log with one run, and code hosts beyond it."""
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"]
    rules = [rule["id"] for rule in driver["rules"]]
    assert len(set(rules)) == len(rules)
    for rule in driver["rules"]:
        assert rule["shortDescription"]["text"]
        assert rule["fullDescription"]["text"]
        assert rule["defaultConfiguration"]["level"] in ("none", "note", "warning", "error")
        assert rule["name"].isidentifier()
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in ("none", "note", "warning", "error")
        assert result["message"]["text"]
        for location in result["locations"]:
            check_location(location)
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is True
    for notification in invocation["toolExecutionNotifications"]:
        assert notification["message"]["text"]
        for location in notification["locations"]:
            check_location(location)
    assert set(run["originalUriBaseIds"]) == {"%SRCROOT%"}
    return dict(run)


def check_location(location: dict[str, Any]) -> None:
    physical = location["physicalLocation"]
    artifact = physical["artifactLocation"]
    assert artifact["uriBaseId"] == "%SRCROOT%"
    assert not artifact["uri"].startswith("/")
    assert " " not in artifact["uri"]
    assert physical.get("region", {"startLine": 1})["startLine"] >= 1


def test_sarif_holds_faults_and_what_could_not_be_read(tmp_path: Path) -> None:
    run = check_sarif(to_sarif(scan(write(tmp_path, TREE)), "1.2.3"))
    assert run["tool"]["driver"]["version"] == "1.2.3"
    assert set(CODES) == {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    blocking = next(result for result in run["results"] if result["ruleId"] == "sync-in-async")
    assert blocking["level"] == "warning"
    assert blocking["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "notes/disk%20notes.py", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 6},
    }
    assert blocking["message"]["text"].startswith("DiskNotes: ")
    (notification,) = run["invocations"][0]["toolExecutionNotifications"]
    assert notification["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "old.py"
    assert str(tmp_path) not in json.dumps(run)


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_has_a_rule_and_a_level(code: str) -> None:
    each = ScannedClass("a.py", 1, "A", "provider", "converted", "custom", (Fault(0, code, "why"),))
    run = check_sarif(to_sarif(Report((ScannedFile("a.py", "ok"),), (each,)), "1"))
    (result,) = run["results"]
    assert result["ruleId"] == code
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 1}
    expected = {"pickle": "error", "missing-base": "error", "sync-lifecycle": "note", "sync-in-async": "warning"}
    assert result["level"] == expected.get(code, result["level"])
