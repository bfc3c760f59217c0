"""`apply`: carries out a plan, or finishes what a killed process has done of it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path  # noqa: TC003 - for sphinx
from typing import TYPE_CHECKING, Any, Literal

from purveyor.errors import (
    MigrationError,
    MigrationFailedError,
    MigrationRefusedError,
    PlanError,
    Refusal,
)
from purveyor.migrate.change.git import uncommitted
from purveyor.migrate.change.journal import clear_leftovers, create_journal, find_journal
from purveyor.migrate.change.plan import converted, load_plan, original
from purveyor.migrate.change.rollback import problem_of, undo
from purveyor.migrate.change.standing import kept_original, root_of, state_of
from purveyor.migrate.change.steps import Steps
from purveyor.migrate.change.worktree import Attributes, ChangedMeanwhileError, Found, Obstacle, open_tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from purveyor.migrate.change.journal import Journal
    from purveyor.migrate.change.plan import Plan, PlannedFile
    from purveyor.migrate.change.worktree import WorkTree

__all__ = ["Applied", "apply"]


@dataclass(frozen=True, slots=True)
class Applied:
    """What an `apply` has done.

    Args:
        root: The tree: its absolute path, without links.
        changed: The files that it has changed.
        already: The files that were as planned before it began.
        warnings: What the plan warns of in the files that it has changed, with the path of each.
    """

    root: str
    changed: tuple[str, ...]
    already: tuple[str, ...]
    warnings: tuple[tuple[str, Mapping[str, Any]], ...] = ()

    @property
    def nothing_to_do(self) -> bool:
        """Whether everything was as planned already."""
        return not self.changed


def apply(
    plan_path: Path, *, root: Path | None = None, allow_dirty: bool = False, steps: Steps | None = None
) -> Applied:
    """Change every file of a plan, and keep its original beside it as ``<name>_legacy.py``.

    All files are looked at before the first one is changed, and what it takes to undo the run is on disk by then.
    Each file is replaced in one step. It can be killed anywhere: `apply` then finishes, `rollback` undoes. If it
    fails on its way, it undoes what it has done.

    Args:
        plan_path: The plan's file.
        root: The tree, if it is not where the plan says.
        allow_dirty: Change files also if git knows of work in them that is not committed.
        steps: The calls of the operating system; a test puts one here that fails.

    Raises:
        PlanError: The plan cannot be used, or the tree is not there.
        MigrationRefusedError: Something is not as the plan expects it; nothing was changed.
        MigrationJournalError: The journal of an earlier run was changed by somebody else; nothing was changed.
        MigrationBusyError: Another process is changing this tree.
        MigrationFailedError: The operating system, or a file that somebody changed meanwhile, stopped it.
    """
    plan = load_plan(plan_path)
    where = root_of(plan, plan_path, root)
    with open_tree(where, steps or Steps(), plan.id) as tree:
        run = _Apply(tree, plan, where, allow_dirty=allow_dirty)
        try:
            return run.run()
        except BaseException as error:
            outcome = run.undo()
            if isinstance(error, OSError | ChangedMeanwhileError):
                raise MigrationFailedError("apply", run.at, problem_of(error), outcome) from error
            if isinstance(error, KeyboardInterrupt):
                error.add_note(MigrationFailedError("apply", run.at, "interrupted", outcome).what)
            raise


class _Apply:
    def __init__(self, tree: WorkTree, plan: Plan, where: Path, *, allow_dirty: bool) -> None:
        self.at = "."
        self._begun = False
        self._tree = tree
        self._plan = plan
        self._where = where
        self._allow_dirty = allow_dirty

    def run(self) -> Applied:
        journal = find_journal(self._tree, self._plan)
        found: dict[str, Found] = {}
        refusals: list[Refusal] = []
        for file in self._plan.files:
            self.at = file.path
            now = self._tree.find(file.path)
            refusals += self._refusals(file, now, journal)
            if isinstance(now, Found):
                found[file.path] = now
        is_stale = journal is not None and not self._has_begun(found)
        if journal and is_stale:
            advice = "it is of a run that was rolled back: move it away"
            refusals += [Refusal(path, "it does not belong to the journal", advice) for path in journal.foreign()]
        if not self._allow_dirty:
            todo_paths = (
                file.path for file in self._plan.files if state_of(file, found.get(file.path)) == "before"
            )
            refusals += uncommitted(self._where, todo_paths)
        if refusals:
            raise MigrationRefusedError("apply", refusals, self._tree.name)

        todo = [file for file in self._plan.files if found[file.path].sha256 == file.before]
        self._begun = bool(todo)
        self._prepare(journal)
        if todo:
            if journal and is_stale:
                journal.remove()
            if journal is None or is_stale:
                journal = create_journal(self._tree, self._plan, self._originals(found))
            journal.append("apply")
            for file in todo:
                self._change(file, journal)
            journal.append("applied")
        changed = {file.path for file in todo}
        return Applied(
            root=self._tree.name,
            changed=tuple(file.path for file in todo),
            already=tuple(file.path for file in self._plan.files if file.path not in changed),
            warnings=tuple((file.path, warning) for file in todo for warning in file.warnings),
        )

    def undo(self) -> Literal["unchanged", "undone", "unfinished"]:
        """Undo what was done after a failure; how the tree is then."""
        if not self._begun:
            return "unchanged"
        try:
            return "undone" if undo(self._tree, self._plan) else "unfinished"
        except (OSError, MigrationError, ChangedMeanwhileError):
            return "unfinished"

    def _prepare(self, journal: Journal | None) -> None:
        """Remove what killed processes have left."""
        clear_leftovers(self._tree, self._plan)
        if journal:
            for file in self._plan.files:
                self._tree.sweep(file.path)
                self._tree.sweep(file.copy)

    def _originals(self, found: Mapping[str, Found]) -> dict[str, tuple[bytes, int, int | None]]:
        originals: dict[str, tuple[bytes, int, int | None]] = {}
        for file in self._plan.files:
            now = found[file.path]
            was = now.attributes
            modified = was.modified if now.sha256 == file.before else None
            originals[file.path] = original(self._plan, file, now.data), was.mode, modified
        return originals

    def _change(self, file: PlannedFile, journal: Journal) -> None:
        self.at = file.path
        now = self._tree.find(file.path)
        if not isinstance(now, Found) or now.sha256 != file.before:
            raise ChangedMeanwhileError(file.path)
        was = now.attributes
        if self._tree.find(file.copy) is None:
            self._tree.add(file.copy, now.data, was)
        after = converted(self._plan, file, now.data)
        try:
            self._tree.replace(file.path, now, after, Attributes(was.mode, was.user, was.group, None))
        except ChangedMeanwhileError:
            self._tree.remove(file.copy)  # what is there now is not of this run, and shall not look like it
            raise
        journal.append("done", file.path)

    def _has_begun(self, found: Mapping[str, Found]) -> bool:
        """Whether a run that has left a journal has changed anything."""
        return any(
            self._tree.find(file.copy) is not None or state_of(file, found.get(file.path)) == "after"
            for file in self._plan.files
        )

    def _refusals(
        self, file: PlannedFile, now: Found | Obstacle | None, journal: Journal | None
    ) -> Iterator[Refusal]:
        """Why a file should not be changed."""
        state = state_of(file, now)
        if isinstance(now, Obstacle):
            yield Refusal(file.path, now.problem, "only plain files that are reached without links are changed")
        elif now is None:
            yield Refusal(file.path, "it is not there", "make the plan again, or name the right tree with --root")
        elif state == "other" and kept_original(file, self._tree.find(file.copy)):
            advice = "undo the edit; or roll back with --force, which keeps it as .rej, and make the plan again"
            yield Refusal(file.path, "it was edited since it was migrated", advice)
        elif state == "other":
            yield Refusal(file.path, "it was changed since the plan was made", "make the plan again")
        else:
            yield from self._diff_refusals(file, now)
            if state == "before":
                yield from self._place_refusals(file, now)
                yield from self._copy_refusals(file, journal)

    def _diff_refusals(self, file: PlannedFile, now: Found) -> Iterator[Refusal]:
        try:
            original(self._plan, file, now.data)
            after = converted(self._plan, file, now.data)
        except PlanError as error:
            yield Refusal(file.path, error.problem, error.hint)
            return
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                compile(after, file.path, "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError, SystemError) as error:
            yield Refusal(file.path, f"what it would become does not compile: {error}", "make the plan again")

    def _place_refusals(self, file: PlannedFile, now: Found) -> Iterator[Refusal]:
        if now.about.st_nlink > 1:
            problem = "it has another name as well (a hard link), which would keep the old version"
            yield Refusal(file.path, problem, "make a file of its own of it")
        if not now.attributes.mode & 0o200:
            yield Refusal(file.path, "it is read-only", "let its owner write to it, or leave it out of the plan")
        if not self._tree.is_writable(file.path):
            yield Refusal(file.path, "its folder cannot be written to", "let this user write to it")

    def _copy_refusals(self, file: PlannedFile, journal: Journal | None) -> Iterator[Refusal]:
        copy = self._tree.find(file.copy)
        if copy is None or (journal and isinstance(copy, Found) and copy.sha256 == file.before):
            return
        problem = f"{file.copy}, where its original is to be kept, is there already"
        yield Refusal(file.path, problem, "move it away, or leave the file out of the plan")
