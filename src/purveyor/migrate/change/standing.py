"""How far a migration is: which files are as before, and which as planned. The disk tells, not the journal."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - for sphinx
from typing import TYPE_CHECKING, Literal

from purveyor.errors import MigrationJournalError
from purveyor.migrate.change.journal import find_journal, home_of
from purveyor.migrate.change.plan import load_plan
from purveyor.migrate.change.steps import Steps
from purveyor.migrate.change.worktree import Found, Obstacle, open_tree

if TYPE_CHECKING:
    from purveyor.migrate.change.plan import Plan, PlannedFile
    from purveyor.migrate.change.worktree import WorkTree

__all__ = ["State", "is_needed", "kept_original", "root_of", "state_of", "status"]

#: ``"other"``: it is neither as before nor as planned, or is no regular file.
State = Literal["before", "after", "other", "missing"]


def status(plan_path: Path, *, root: Path | None = None) -> dict[str, State]:
    """How each file of a plan is now, by its path; nothing is changed.

    Args:
        plan_path: The plan's file.
        root: The tree, if it is not where the plan says.

    Raises:
        PlanError: The plan cannot be used, or the tree is not there.
    """
    plan = load_plan(plan_path)
    with open_tree(root_of(plan, plan_path, root), Steps(), plan.id, lock=False) as tree:
        return {file.path: state_of(file, tree.find(file.path)) for file in plan.files}


def root_of(plan: Plan, plan_path: Path, root: Path | None) -> Path:
    """The tree of a plan: the one given, the one whose journal the plan lies in, or the one that it names."""
    if root is not None:
        return root
    path = plan_path.absolute()
    return path.parents[3] if path.parent.parts[-3:] == home_of(plan) else plan_path.parent / plan.root


def is_needed(plan: Plan, root: Path) -> bool:
    """Whether a plan is what it takes to undo what was done in a tree.

    Args:
        plan: The plan.
        root: The tree.

    Raises:
        PlanError: The tree is not there.
    """
    with open_tree(root, Steps(), plan.id, lock=False) as tree:
        try:
            journal = find_journal(tree, plan)
        except MigrationJournalError:
            return True
        if journal is not None and not journal.is_over:
            return True
        return any(_is_done(tree, file) for file in plan.files)


def _is_done(tree: WorkTree, file: PlannedFile) -> bool:
    state = state_of(file, tree.find(file.path))
    return state == "after" or (state != "before" and kept_original(file, tree.find(file.copy)) is not None)


def kept_original(file: PlannedFile, copy: Found | Obstacle | None) -> Found | None:
    """The copy of a file's original, if that is what was found in its place."""
    return copy if isinstance(copy, Found) and copy.sha256 == file.before else None


def state_of(file: PlannedFile, found: Found | Obstacle | None) -> State:
    """How a file of a plan is, from what was found in its place."""
    if found is None:
        return "missing"
    if isinstance(found, Obstacle):
        return "other"
    if found.sha256 == file.before:
        return "before"
    return "after" if found.sha256 == file.after else "other"
