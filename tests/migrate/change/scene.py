"""A tree on which a run is stopped, again and again."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from purveyor.migrate.change.apply import apply
from purveyor.migrate.change.rollback import rollback
from purveyor.migrate.change.steps import Steps

from .helpers import (
    FILES,
    MODIFIED,
    Killed,
    Recorder,
    Tree,
    WatchedSteps,
    after_tree,
    look,
    make_plan_file,
    make_tree,
    times,
)

Watch = Callable[[str, tuple[Any, ...]], None]


def run_apply(plan: Path, steps: Steps) -> object:
    return apply(plan, steps=steps)


def run_rollback(plan: Path, steps: Steps) -> object:
    return rollback(plan, steps=steps)


RUNS = {"apply": run_apply, "rollback": run_rollback}

#: Which run is killed, and what was run before it.
STARTS: tuple[tuple[str, tuple[str, ...]], ...] = (("apply", ()), ("rollback", ("apply",)))


def quick() -> Steps:
    return WatchedSteps(lambda name, arguments: None)


class Scene:
    """A tree that is brought back to how it began as often as it is needed."""

    def __init__(self, folder: Path) -> None:
        self.root = make_tree(folder / "tree")
        self.plan = make_plan_file(folder)
        self.before = look(self.root)
        self.after = after_tree(self.before)

    def begin(self, *runs: str) -> None:
        """A new tree, on which these were run."""
        shutil.rmtree(self.root)
        make_tree(self.root)
        for run in runs:
            RUNS[run](self.plan, quick())

    def steps(self, run: str) -> Recorder:
        """The steps that a run takes from here; the tree is as it was afterwards."""
        saved = self.save()
        recorder = Recorder()
        RUNS[run](self.plan, WatchedSteps(recorder))
        self.bring_back(saved)
        return recorder

    def save(self) -> Path:
        return Path(shutil.copytree(self.root, self.root.with_name("saved"), symlinks=True))

    def bring_back(self, saved: Path) -> None:
        shutil.rmtree(self.root)
        saved.rename(self.root)

    def kill(self, run: str, watch: Watch) -> None:
        with pytest.raises(Killed):
            RUNS[run](self.plan, WatchedSteps(watch))
        self.check_each()

    def check_each(self) -> Tree:
        """Every file is wholly as before or wholly as planned, and there is nothing that an import would pick up."""
        found = look(self.root)
        for path in FILES:
            assert found[path] in (self.before[path], self.after[path]), path
        for path, entry in found.items():
            if not path.endswith(".part"):
                assert entry in (self.before.get(path), self.after.get(path)), path
        return found

    def check_end(self, run: str) -> None:
        RUNS[run](self.plan, quick())
        assert look(self.root) == (self.after if run == "apply" else self.before)
        assert not list(self.root.rglob("*.part"))
        if run == "rollback":
            assert not (self.root / ".purveyor").exists()
            assert set(times(self.root).values()) == {MODIFIED}

    def kill_points(self, run: str, *before: str) -> Iterator[tuple[int, bool]]:
        """Each step that changes something, and the middle of each write."""
        self.begin(*before)
        recorder = self.steps(run)
        yield from ((number, False) for number in range(recorder.changing))
        yield from ((number, True) for number in range(recorder.writes))
