"""How far a migration is: which files are as before, and which as planned. The disk tells, not the journal."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - for sphinx
from typing import TYPE_CHECKING, Literal

from purveyor.migrate.change.plan import load_plan
from purveyor.migrate.change.steps import Steps
from purveyor.migrate.change.worktree import Found, Obstacle, open_tree

if TYPE_CHECKING:
    from purveyor.migrate.change.plan import Plan, PlannedFile

__all__ = ["State", "root_of", "state_of", "status"]

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
    """The tree of a plan: the one that is given, or else the one that the plan names."""
    return root or plan_path.parent / plan.root


def state_of(file: PlannedFile, found: Found | Obstacle | None) -> State:
    """How a file of a plan is, from what was found in its place."""
    if found is None:
        return "missing"
    if isinstance(found, Obstacle):
        return "other"
    if found.sha256 == file.before:
        return "before"
    return "after" if found.sha256 == file.after else "other"
