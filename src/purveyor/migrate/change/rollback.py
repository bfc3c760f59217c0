"""`rollback`: every file of a plan as it was before, to the byte, with its mode and time."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path  # noqa: TC003 - for sphinx
from typing import TYPE_CHECKING

from purveyor.errors import MigrationFailedError, MigrationRefusedError, PlanError, Refusal
from purveyor.migrate.change.journal import clear_leftovers, create_journal, find_journal, other_plans
from purveyor.migrate.change.plan import converted, load_plan, original
from purveyor.migrate.change.standing import kept_original, root_of, state_of
from purveyor.migrate.change.steps import Steps
from purveyor.migrate.change.threeway import three_way
from purveyor.migrate.change.worktree import ChangedMeanwhileError, Found, Obstacle, open_tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from purveyor.migrate.change.journal import Journal
    from purveyor.migrate.change.plan import Plan, PlannedFile
    from purveyor.migrate.change.standing import State
    from purveyor.migrate.change.worktree import WorkTree

__all__ = ["RolledBack", "rollback", "undo"]


@dataclass(frozen=True, slots=True)
class RolledBack:
    """What a rollback has done.

    Args:
        root: The tree: its absolute path, without links.
        restored: The files that are as before again.
        kept: For files that had been edited since: where the edited version is now.
        left: What a run would have removed, but somebody has changed: copies of originals, files of the journal.
        others: Where nothing of the plan is applied: files that are neither as before nor as planned, or missing.
        plans: Where nothing of the plan is applied: the plans of other journals in the tree, relative to it.
    """

    root: str
    restored: tuple[str, ...] = ()
    kept: tuple[tuple[str, str], ...] = ()
    left: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    plans: tuple[str, ...] = ()

    @property
    def nothing_to_do(self) -> bool:
        """Whether nothing of the plan was applied."""
        return not self.restored


def rollback(
    plan_path: Path, *, root: Path | None = None, force: bool = False, steps: Steps | None = None
) -> RolledBack:
    """Undo a migration, or what a killed process has done of it.

    All files are looked at before the first one is changed. It can be killed anywhere and run again. Neither git
    nor the journal is needed: without the journal only the times of modification are lost.

    Args:
        plan_path: The plan's file.
        root: The tree, if it is not where the plan says. For a plan that lies in a journal it is the journal's.
        force: Restore files that were edited since as well; the edited version is kept beside, as ``<name>.rej``.
        steps: The calls of the operating system; a test puts one here that fails.

    Raises:
        PlanError: The plan cannot be used, or the tree is not there.
        MigrationRefusedError: Files were edited since, or cannot be restored; nothing was changed.
        MigrationJournalError: The journal was changed by somebody else; nothing was changed.
        MigrationBusyError: Another process is changing this tree.
        MigrationFailedError: The operating system stopped it on its way; what was done remains done.
    """
    plan = load_plan(plan_path)
    with open_tree(root_of(plan, plan_path, root), steps or Steps(), plan.id) as tree:
        run = _Rollback(tree, plan, force=force)
        try:
            return run.run()
        except (OSError, ChangedMeanwhileError) as error:
            raise MigrationFailedError(
                "rollback", run.at, problem_of(error), "unfinished" if run.begun else "unchanged"
            ) from error


def undo(tree: WorkTree, plan: Plan) -> bool:
    """Undo a run that has failed, as far as possible; whether all of it is undone.

    What is full or broken is not asked for more than it must: lines of the journal are let go, and originals come
    back by renaming their copies.

    Args:
        tree: The tree, locked.
        plan: The plan.
    """
    clear_leftovers(tree, plan)
    journal = find_journal(tree, plan)
    if journal is None:
        return True
    journal.lenient = True
    items = [_look(tree, plan, file, journal) for file in plan.files]
    run = _Rollback(tree, plan)
    for item in reversed(items):
        run.sweep(item.file)
        if item.state in ("before", "after"):
            run.restore(item, journal)
    if any(item.state in ("other", "missing") and item.copy for item in items):
        return False
    return not journal.remove()


def problem_of(error: OSError | ChangedMeanwhileError) -> str:
    """What stopped a run, in words."""
    if isinstance(error, ChangedMeanwhileError):
        return f"{error.path} was changed by somebody else meanwhile"
    return error.strerror or str(error)


@dataclass(frozen=True, slots=True)
class _Item:
    """A file as it is now, and what it takes to restore it."""

    file: PlannedFile
    found: Found | Obstacle | None
    state: State
    #: None if it is nowhere to be had.
    original: bytes | None
    #: The copy of the original, if it is there and nobody has changed it.
    copy: Found | None
    is_copy_changed: bool


class _Rollback:
    def __init__(self, tree: WorkTree, plan: Plan, *, force: bool = False) -> None:
        self.at = "."
        self.begun = False
        self._tree = tree
        self._plan = plan
        self._force = force
        self._kept: list[tuple[str, str]] = []

    def run(self) -> RolledBack:
        journal = find_journal(self._tree, self._plan)
        items: list[_Item] = []
        for file in self._plan.files:
            self.at = file.path
            items.append(_look(self._tree, self._plan, file, journal))
        others = [item for item in items if item.state in ("other", "missing")]
        # Where the journal is lost, the original beside a file that is something else now tells of a run as well.
        applied = any(item.state == "after" for item in items) or any(item.copy for item in others)
        if journal is None and not applied:
            clear_leftovers(self._tree, self._plan)
            paths = tuple(item.file.path for item in others)
            return RolledBack(self._tree.name, others=paths, plans=other_plans(self._tree, self._plan))
        if refusals := [refusal for item in items for refusal in self._refusals(item, journal)]:
            raise MigrationRefusedError("rollback", refusals, self._tree.name)
        self.begun = True
        return self._restore_all(items, journal)

    def _restore_all(self, items: Sequence[_Item], journal: Journal | None) -> RolledBack:
        clear_leftovers(self._tree, self._plan)
        if journal is None:
            originals = {item.file.path: (_known(item), item.file.mode & 0o777, None) for item in items}
            journal = create_journal(self._tree, self._plan, originals)
        journal.append("rollback")
        # In the reverse order, so that nothing stands on what is not converted any more.
        for item in reversed(items):
            self.at = item.file.path
            self.sweep(item.file)
            self.restore(item, journal)
        journal.append("rolled back")
        self.at = ".purveyor"
        return RolledBack(
            root=self._tree.name,
            restored=tuple(item.file.path for item in items if item.state != "before"),
            kept=tuple(self._kept),
            left=(*(item.file.copy for item in items if item.is_copy_changed), *journal.remove()),
        )

    def sweep(self, file: PlannedFile) -> None:
        """Remove what a killed process has left beside a file."""
        for path in (file.path, file.copy):
            self._tree.sweep(path)

    def restore(self, item: _Item, journal: Journal) -> None:
        """Restore one file, and remove the copy of its original."""
        path, copy = item.file.path, item.copy
        if item.state == "before":
            if copy:
                self._tree.remove(item.file.copy)
            return
        now = item.found if isinstance(item.found, Found) else None
        if now and item.state == "other":
            self._keep(path, now, journal)
        attributes = journal.attributes(path, now)
        if copy and copy.about.st_nlink == 1:
            self._tree.move(path, now, item.file.copy, attributes)
        else:
            self._tree.replace(path, now, _known(item), attributes)
            if copy:
                self._tree.remove(item.file.copy)
        journal.append("restored", path)

    def _keep(self, path: str, now: Found, journal: Journal) -> None:
        """Keep an edited version beside the file; a run that was killed may have done so already."""
        number, name = 0, f"{path}.rej"
        while (there := self._tree.find(name)) and (not isinstance(there, Found) or there.data != now.data):
            number += 1
            name = f"{path}.rej.{number}"
        if there is None:
            self._tree.add(name, now.data, now.attributes)
            journal.append("kept", name)
        self._kept.append((path, name))

    def _refusals(self, item: _Item, journal: Journal | None) -> Iterator[Refusal]:
        path = item.file.path
        if isinstance(item.found, Obstacle):
            yield Refusal(path, item.found.problem, "put the file back in its place")
        elif item.state == "before":
            return
        elif not self._tree.is_writable(path):
            yield Refusal(path, "its folder is gone, or cannot be written to", "bring the folder back")
        elif item.original is None:
            problem = "what it was before is nowhere to be had: not in the journal, nor from its copy"
            yield Refusal(path, problem, f"put it at {item.file.copy}, or bring it back by other means")
        elif item.state == "missing" and not self._force:
            yield Refusal(path, "it was removed since", "--force restores it all the same")
        elif isinstance(item.found, Found) and item.state == "other" and not self._force:
            planned = converted(self._plan, item.file, item.original)
            shown = three_way(item.original, planned, item.found.data)
            advice = "--force restores it, and keeps your version beside it as .rej"
            yield Refusal(path, "it was edited since", advice, shown)


def _known(item: _Item) -> bytes:
    assert item.original is not None, "a file whose original is lost is refused before"
    return item.original


def _look(tree: WorkTree, plan: Plan, file: PlannedFile, journal: Journal | None) -> _Item:
    found, copy = tree.find(file.path), tree.find(file.copy)
    state = state_of(file, found)
    unchanged = kept_original(file, copy)
    before = journal.original(file) if journal else None
    if before is None and unchanged:
        before = unchanged.data
    if before is None and isinstance(found, Found):
        with suppress(PlanError):
            before = original(plan, file, found.data)
    return _Item(file, found, state, before, unchanged, copy is not None and unchanged is None)
