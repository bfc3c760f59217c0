"""Code that is nobody's legacy: a scan finishes, changes nothing, and finds no provider but those that are some.

`noharm.json` holds what was found in the versions that `constraints.txt` pins, and why each is one. A class that is
reported and not in it is an error of the detection, unless a review of the class says otherwise.
"""

from __future__ import annotations

import ast
import json
import sysconfig
import warnings
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from purveyor.migrate.scan.report import scan

REVIEWED: Any = json.loads((Path(__file__).parent / "noharm.json").read_bytes())

PACKAGES = [name for name in REVIEWED if name != "standard library"]


def test_ten_packages_are_looked_at() -> None:
    assert len(PACKAGES) == 10


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_of_others_is_left_in_peace(name: str) -> None:
    entry = REVIEWED[name]
    if (
        version(entry["distribution"]) != entry["version"]
    ):  # constraints.txt moved on: look at what is new, then pin it
        pytest.fail(f"{name} is {version(entry['distribution'])}, and was reviewed as {entry['version']}")
    _check(Path(sysconfig.get_paths()["purelib"]) / name, (), entry["providers"])


def test_the_standard_library_is_left_in_peace() -> None:
    found = _check(Path(sysconfig.get_paths()["stdlib"]), ("site-packages", "dist-packages", "test"), [])
    assert found > 500, "files"


def _check(root: Path, exclude: tuple[str, ...], reviewed: Any) -> int:
    before = _fingerprints(root, exclude)
    report: Any = scan(root, exclude=exclude).to_json()
    assert _fingerprints(root, exclude) == before

    assert {file["path"] for file in report["files"]} == before.keys()
    named = {file["path"] for file in report["files"] if file["status"] != "ok"}
    assert named == {path for path in before if not _parses(root / path)}
    assert all(file["reason"] for file in report["files"] if file["status"] != "ok")

    hits = {(each["path"], each["name"]) for each in report["classes"] if each["kind"] in {"provider", "base"}}
    expected = {(each["path"], each["class"]) for each in reviewed}
    assert hits == expected, f"too many: {sorted(hits - expected)}; missed: {sorted(expected - hits)}"
    unclassified = [each for each in report["classes"] if not each["kind"] or not each["state"]]
    assert not unclassified
    return len(before)


def _fingerprints(root: Path, exclude: tuple[str, ...]) -> dict[str, tuple[str, int]]:
    """The digest and the mode of each Python file, where no folder on the way is left out."""
    found: dict[str, tuple[str, int]] = {}
    for path in root.rglob("*.py*"):
        parts = path.relative_to(root).parts
        if path.suffix in {".py", ".pyw"} and not {*exclude, "__pycache__"}.intersection(parts):
            found["/".join(parts)] = (sha256(path.read_bytes()).hexdigest(), path.stat().st_mode)
    return found


def _parses(path: Path) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(path.read_bytes())
        except (SyntaxError, ValueError):
            return False
    return True


def test_the_list_says_why() -> None:
    for entry in REVIEWED.values():
        for each in entry["providers"]:
            assert each["why"], each
