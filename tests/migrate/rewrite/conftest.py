"""A tree written down in a test, and what the rewriter makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from purveyor.migrate.rewrite import decide, rewrite
from purveyor.migrate.scan.kinds import classify
from purveyor.migrate.source import read_project

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from purveyor.migrate.rewrite import Decision

LIFECYCLE = """
    async def initialize(self):
        self.ready = True

    async def cleanup(self):
        self.ready = False

    async def ask(self, question):
        return question * 2
"""


@dataclass
class Converted:
    """What became of a tree, by the names of classes and files; and what was decided before a file was written."""

    decisions: dict[str, Decision]
    after: dict[str, str]
    first: tuple[Decision, ...]

    def __getitem__(self, name: str) -> Decision:
        return self.decisions[name]

    @property
    def text(self) -> str:
        (text,) = self.after.values()
        return text


Convert = "Callable[..., Converted]"


@pytest.fixture
def convert(tmp_path: Path) -> Callable[..., Converted]:
    """Write files, convert them, and give what became of each class and file; `LIFECYCLE` stands for its marker."""

    def run(source: str = "", **files: str) -> Converted:
        if source:
            files["module"] = source
        for name, text in files.items():
            path = tmp_path / f"{name.replace('__', '/')}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text).lstrip("\n").replace("    LIFECYCLE\n", LIFECYCLE.lstrip("\n")))
        project = read_project(tmp_path)
        first = decide(project, classify(project))
        changed, decisions = rewrite(project, first)
        found = {facts.name: decision for facts, decision in decisions.items()}
        after = {each.file.path: each.after.decode() for each in changed}
        return Converted(found, after, tuple(first.values()))

    return run
