"""Whether a plan is needed to find the way back, and which tree it is of."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from purveyor.errors import PlanError
from purveyor.migrate.change.apply import apply
from purveyor.migrate.change.plan import load_plan
from purveyor.migrate.change.rollback import rollback
from purveyor.migrate.change.standing import is_needed, root_of, status

from .helpers import FILES, Killed, WatchedSteps, look
from .test_rollback import journal_of

PATHS = [path for path, (_, after, _) in FILES.items() if after is not None]


def needed(root: Path, plan_file: Path) -> bool:
    before = look(root)
    found = is_needed(load_plan(plan_file), root)
    assert look(root) == before
    return found


def test_a_plan_is_needed_between_apply_and_rollback(root: Path, plan_file: Path) -> None:
    assert not needed(root, plan_file)
    apply(plan_file)
    assert needed(root, plan_file)
    rollback(plan_file)
    assert not needed(root, plan_file)
    with pytest.raises(PlanError, match="the tree is not there"):
        is_needed(load_plan(plan_file), root / "nowhere")


def test_a_plan_is_needed_as_soon_as_there_is_a_journal(root: Path, plan_file: Path) -> None:
    made: list[str] = []

    def kill(name: str, _arguments: tuple[Any, ...]) -> None:
        if "rename" in made:  # by which the journal appears
            raise Killed
        made.append(name)

    with pytest.raises(Killed):
        apply(plan_file, steps=WatchedSteps(kill))
    assert set(status(plan_file).values()) == {"before"}
    assert (root / ".purveyor/migrate").is_dir()
    assert needed(root, plan_file)


def test_a_plan_is_needed_more_than_ever_without_its_journal(root: Path, plan_file: Path) -> None:
    apply(plan_file)
    shutil.rmtree(root / ".purveyor")
    for path in PATHS[1:]:
        (root / path).write_bytes(FILES[path][0])
    assert set(status(plan_file).values()) == {"before", "after"}
    assert needed(root, plan_file)
    (root / PATHS[0]).write_bytes(b"edited\n")
    assert needed(root, plan_file), "its original stands beside it"
    (root / "base_legacy.py").write_bytes(b"edited as well\n")
    assert not needed(root, plan_file), "nothing of it can be brought back by the plan"


@pytest.mark.parametrize("damage", [lambda lines: lines.write_bytes(b"x\n"), lambda lines: lines.unlink()])
def test_a_damaged_journal_is_of_something_that_was_done(
    root: Path, plan_file: Path, damage: Callable[[Path], object]
) -> None:
    apply(plan_file)
    damage(journal_of(root) / "journal.jsonl")
    for path in PATHS:
        (root / path).write_bytes(FILES[path][0])
    assert needed(root, plan_file)


def test_a_journal_that_outlived_its_rollback_needs_no_plan(root: Path, plan_file: Path) -> None:
    apply(plan_file)
    (journal_of(root) / "note").write_text("mine")
    assert rollback(plan_file).left == (str((journal_of(root) / "note").relative_to(root)),)
    assert not needed(root, plan_file)


def test_a_plan_in_a_journal_knows_its_tree(root: Path, plan_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = look(root)
    apply(plan_file)
    kept = journal_of(root) / "plan.json"
    plan = load_plan(kept)
    assert root_of(plan, kept, None) == root
    assert root_of(plan, kept, Path("given")) == Path("given")
    assert root_of(plan, plan_file, None) == plan_file.parent / "tree"
    other = root / ".purveyor/migrate/0123456789abcdef/plan.json"
    assert root_of(plan, other, None) == other.parent / "tree", "the journal of another plan"
    monkeypatch.chdir(kept.parent)
    assert rollback(Path("plan.json")).root == str(root)
    assert look(root) == before


def test_a_rollback_that_finds_nothing_names_the_plans_of_other_journals(root: Path, plan_file: Path) -> None:
    plan = load_plan(plan_file)
    apply(plan_file)
    empty = root.parent / "empty.json"
    plan_file.rename(root.parent / "kept.json")
    empty.write_bytes(type(plan)("tree", ()).to_json())
    home = root / ".purveyor/migrate"
    (home / "no journal").mkdir()
    shutil.copytree(home / plan.id, home / f"{plan.id}.{plan.id}.part")
    undone = rollback(empty)
    assert (undone.nothing_to_do, undone.plans) == (True, (f".purveyor/migrate/{plan.id}/plan.json",))
    assert set(status(root / undone.plans[0]).values()) == {"after"}
    shutil.rmtree(home)
    assert rollback(empty).plans == ()
