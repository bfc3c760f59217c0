"""A small project, old and new, and its plan."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from purveyor.migrate.change.plan import Change, assemble, converted, load_plan
from purveyor.migrate.verify import Comparison, Verification, process, verify


@pytest.fixture(autouse=True)
def measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """What runs in the processes is measured as well."""
    monkeypatch.setattr(process, "_KEPT", (*process._KEPT, "COVERAGE_PROCESS_CONFIG"))


class Pair:
    """A tree on disk, and what is to be planned of it."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "project"
        self.plan = folder / "plan.json"
        self.root.mkdir()

    def write(self, path: str, text: str) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))
        return file

    def change(self, files: Mapping[str, tuple[str, str] | tuple[str, str, Mapping[str, str]]]) -> None:
        """Write old files and plan new ones: ``path -> (old, new, {class: state})``; one class is converted if none is said."""
        changes = []
        for path, (old, new, *states) in files.items():
            self.write(path, old)
            named: Mapping[str, str] = states[0] if states else {"Thing": "converted"}
            classes = tuple({"name": name, "line": 1, "state": state} for name, state in named.items())
            before, after = (textwrap.dedent(text).encode() for text in (old, new))
            changes.append(Change(path, before, after, classes=classes))
        self.plan.write_bytes(assemble(self.root.name, changes).to_json())

    def apply(self) -> None:
        """As `purveyor migrate apply` leaves the tree."""
        plan = load_plan(self.plan)
        for file in plan.files:
            target = self.root / file.path
            before = target.read_bytes()
            (self.root / file.copy).write_bytes(before)
            target.write_bytes(converted(plan, file, before))

    def verify(self, **options: Any) -> Verification:
        return verify(self.plan, **options)

    def thing(self, old: str, new: str, *, script: str | None = None, **options: Any) -> Verification:
        """Verify one module ``mod.py`` with one converted class `Thing`."""
        self.change({"mod.py": (old, new)})
        if script is not None:
            (self.plan.parent / "script.json").write_text(script)
            options["script"] = self.plan.parent / "script.json"
        return self.verify(**options)


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pair]:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    yield Pair(tmp_path)
    assert list(temporary.iterdir()) == []  # nothing is left


def step(found: Verification, text: str, *, scenario: int = 1, subject: str = "Thing") -> Comparison:
    """The comparison of the step that begins so."""
    (only,) = [
        each
        for each in found.comparisons
        if (each.subject, each.scenario) == (subject, scenario) and each.step.startswith(text)
    ]
    return only
