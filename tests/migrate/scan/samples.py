"""The labelled samples: small projects in which each class statement says what it is.

``=== name`` begins a project, ``--- path`` a file in it, and ``#: kind type`` after a class statement labels it; a
class without a label is ``data``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from purveyor.migrate.scan.kinds import Classified, classify
from purveyor.migrate.source.project import read_project

__all__ = ["Label", "Sample", "classify_text", "read_samples", "write"]

#: Kind and type.
Label: TypeAlias = "tuple[str, str | None]"

_LABEL = re.compile(r"^\s*class (\w+).*?(?:#: (\w+)(?: (\w+))?)?$")


@dataclass
class Sample:
    """A project.

    Args:
        name: What it shows.
        files: Its files by path, as text.
    """

    name: str
    files: dict[str, str] = field(default_factory=dict)

    @property
    def labels(self) -> dict[tuple[str, int], Label]:
        """What each class is, by path and line."""
        return {
            (path, number): (found[2] or "data", found[3])
            for path, text in self.files.items()
            for number, line in enumerate(text.splitlines(), 1)
            if (found := _LABEL.match(line))
        }


def read_samples() -> list[Sample]:
    """All samples, in the order of their files."""
    samples: list[Sample] = []
    for source in sorted((Path(__file__).parent / "samples").glob("*.txt")):
        path = ""
        for line in source.read_text(encoding="utf-8").splitlines():
            if line.startswith("=== "):
                samples.append(Sample(f"{source.stem}: {line[4:]}"))
            elif line.startswith("--- "):
                path = line[4:]
                samples[-1].files[path] = ""
            else:
                samples[-1].files[path] += f"{line}\n"
    return samples


def write(root: Path, files: dict[str, str]) -> Path:
    """Put files into a folder."""
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return root


def classify_text(root: Path, files: dict[str, str] | str) -> dict[str, Classified]:
    """Classify files, or one, and give the answers by qualified name."""
    if isinstance(files, str):
        files = {"module.py": files}
    return {facts.qualname: each for facts, each in classify(read_project(write(root, files))).items()}
