"""Sources in which the lines say which faults are expected of them: ``# ! lock-reentry``."""

from __future__ import annotations

import re
import textwrap
from dataclasses import replace
from typing import TYPE_CHECKING

from purveyor.migrate.scan.faults import CODES, find_faults
from purveyor.migrate.scan.kinds import classify
from purveyor.migrate.source import read_project

if TYPE_CHECKING:
    from pathlib import Path

    from purveyor.migrate.scan.faults import Fault
    from purveyor.migrate.scan.kinds import Kind

Found = dict[tuple[str, int, str], str]


def faults_in(root: Path, files: dict[str, str], kind: Kind | None = "provider") -> Found:
    """The faults of all classes, by path, line and code; every class counts as of the kind, if one is given."""
    for path, text in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))
    project = read_project(root)
    found: Found = {}
    for facts, classified in classify(project).items():
        as_if = classified if kind is None else replace(classified, kind=kind)
        faults: tuple[Fault, ...] = find_faults(project, as_if)
        assert faults == find_faults(project, as_if)
        assert list(faults) == sorted(faults)
        for fault in faults:
            assert fault.code in CODES
            found[facts.file.path, fault.line, fault.code] = fault.message
    return found


def check(
    root: Path, *texts: str, kind: Kind | None = "provider", files: dict[str, str] | None = None
) -> list[str]:
    """Compare the faults with the marks; returns the messages, by path and line."""
    by_path = {"app.py": textwrap.dedent("\n".join(textwrap.dedent(text) for text in texts))}
    by_path |= {path: textwrap.dedent(text) for path, text in (files or {}).items()}
    expected = {
        (path, number, code)
        for path, text in by_path.items()
        for number, line in enumerate(text.splitlines(), 1)
        for marks in re.findall(r"# ! ([a-z -]+)", line)
        for code in marks.split()
    }
    found = faults_in(root, by_path, kind)
    assert set(found) == expected, found
    return [found[key] for key in sorted(found)]
