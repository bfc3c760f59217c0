"""What `rollback` restores, and what it refuses before anything is changed."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from purveyor.errors import MigrationFailedError, MigrationRefusedError, Refusal
from purveyor.migrate.change import worktree
from purveyor.migrate.change.apply import apply
from purveyor.migrate.change.rollback import RolledBack, rollback
from purveyor.migrate.change.standing import status

from .helpers import FILES, MODIFIED, Tree, after_tree, look, make_plan_file, make_tree, times
from .test_apply import CHANGED, Interfering


@pytest.fixture
def before(root: Path) -> Tree:
    return look(root)


@pytest.fixture
def applied(before: Tree, plan_file: Path) -> Path:
    apply(plan_file)
    return plan_file


def check_as_before(root: Path, before: Tree) -> None:
    assert look(root) == before
    assert not (root / ".purveyor").exists()
    assert set(times(root).values()) == {MODIFIED}


def refused(root: Path, plan_file: Path, *, force: bool = False) -> tuple[Refusal, ...]:
    seen = look(root)
    with pytest.raises(MigrationRefusedError, match="rollback was refused, and nothing was changed") as caught:
        rollback(plan_file, force=force)
    assert look(root) == seen
    return caught.value.refusals


def test_everything_is_as_before(root: Path, before: Tree, applied: Path) -> None:
    assert rollback(applied) == RolledBack(str(applied.parent / "tree"), restored=CHANGED)
    check_as_before(root, before)
    assert set(status(applied).values()) == {"before"}


def test_the_second_time_there_is_nothing_to_do(root: Path, before: Tree, applied: Path) -> None:
    rollback(applied)
    assert rollback(applied).nothing_to_do
    check_as_before(root, before)
    (root / "base.py").write_bytes(b"edited afterwards\n")
    assert rollback(applied).nothing_to_do


def test_what_was_never_applied(root: Path, before: Tree, plan_file: Path) -> None:
    assert rollback(plan_file).nothing_to_do
    check_as_before(root, before)


def test_back_and_forth(root: Path, before: Tree, plan_file: Path) -> None:
    for _ in range(3):
        assert apply(plan_file).changed == CHANGED
        assert look(root) == after_tree(before)
        assert rollback(plan_file).restored == CHANGED
        check_as_before(root, before)


def test_modes_that_were_changed_since_come_back_too(root: Path, before: Tree, applied: Path) -> None:
    for path in CHANGED:
        (root / path).chmod(0o777)
        (root / path.replace(".py", "_legacy.py")).chmod(0o400)
    rollback(applied)
    check_as_before(root, before)


# --- edited since -----------------------------------------------------------------------------------


def test_edited_files_are_refused_with_all_three_versions(root: Path, applied: Path) -> None:
    (root / "base.py").write_bytes(b"class Base(object):\n    mine = 1\n")
    (root / "pkg/crlf.py").unlink()
    one, two = refused(root, applied)
    assert (one.path, one.problem) == ("base.py", "it was edited since")
    assert one.three_way == (
        "line 1\n<<<<<<< now\nclass Base(object):\n    mine = 1\n"
        "||||||| converted\nclass Base(object):\n    pass\n=======\nclass Base:\n    pass\n>>>>>>> original\n"
    )
    assert (two.path, two.problem, two.three_way) == ("pkg/crlf.py", "it was removed since", None)
    assert "--force" in str(one)


def test_edited_files_are_refused_though_the_journal_is_lost(root: Path, before: Tree, applied: Path) -> None:
    shutil.rmtree(root / ".purveyor")
    for path in CHANGED:
        (root / path).write_bytes(b"mine = 1\n")
    assert [each.problem for each in refused(root, applied)] == ["it was edited since"] * len(CHANGED)
    assert rollback(applied, force=True).restored == CHANGED
    for path in CHANGED:
        (root / f"{path}.rej").unlink()
    assert look(root) == before


def test_what_is_no_more_as_planned_before_anything_is_applied_is_told(root: Path, plan_file: Path) -> None:
    (root / "base.py").write_bytes(b"mine = 1\n")
    (root / "pkg/crlf.py").unlink()
    before = look(root)
    assert rollback(plan_file) == RolledBack(str(root), others=("base.py", "pkg/crlf.py"))
    assert rollback(plan_file, force=True).nothing_to_do
    assert look(root) == before


def test_forced_it_keeps_the_edited_version_beside(root: Path, before: Tree, applied: Path) -> None:
    (root / "base.py").write_bytes(b"mine = 1\n")
    (root / "base.py").chmod(0o700)
    (root / "base.py.rej").write_bytes(b"of an earlier time\n")
    (root / "base.py.rej.1").mkdir()
    (root / "pkg/crlf.py").unlink()
    done = rollback(applied, force=True)
    assert done.restored == CHANGED
    assert done.kept == (("base.py", "base.py.rej.2"),)
    assert (root / "base.py.rej.2").read_bytes() == b"mine = 1\n"
    assert (root / "base.py.rej.2").stat().st_mode & 0o777 == 0o700
    assert (root / "base.py.rej").read_bytes() == b"of an earlier time\n"
    for path in ("base.py.rej", "base.py.rej.2"):
        (root / path).unlink()
    (root / "base.py.rej.1").rmdir()
    check_as_before(root, before)


def test_an_edited_version_that_a_killed_run_has_kept_is_not_kept_twice(root: Path, applied: Path) -> None:
    (root / "base.py").write_bytes(b"mine = 1\n")
    (root / "base.py.rej").write_bytes(b"mine = 1\n")
    assert rollback(applied, force=True).kept == (("base.py", "base.py.rej"),)
    assert not (root / "base.py.rej.1").exists()


def test_a_copy_that_was_changed_is_left_where_it_is(root: Path, before: Tree, applied: Path) -> None:
    (root / "base_legacy.py").write_bytes(b"my notes\n")
    assert rollback(applied).left == ("base_legacy.py",)
    assert (root / "base_legacy.py").read_bytes() == b"my notes\n"
    (root / "base_legacy.py").unlink()
    check_as_before(root, before)


def test_a_copy_that_is_gone_or_has_another_name_is_not_needed(root: Path, before: Tree, applied: Path) -> None:
    (root / "base_legacy.py").unlink()
    os.link(root / "pkg/crlf_legacy.py", root / "mine.py")
    inode = (root / "mine.py").stat().st_ino
    (root / "mine.py").chmod(0o600)
    rollback(applied)
    assert (root / "mine.py").stat().st_ino == inode != (root / "pkg/crlf.py").stat().st_ino
    assert (root / "mine.py").stat().st_mode & 0o777 == 0o600
    (root / "mine.py").unlink()
    check_as_before(root, before)


def gone_folder(root: Path) -> None:
    (root / "pkg/sub").rename(root.parent / "sub")


def link(root: Path) -> None:
    (root / "pkg/sub/latin.py").unlink()
    (root / "pkg/sub/latin.py").symlink_to(root / "base.py")


def folder(root: Path) -> None:
    (root / "pkg/sub/latin.py").unlink()
    (root / "pkg/sub/latin.py").mkdir()


def leaving_folder(root: Path) -> None:
    gone_folder(root)
    (root / "pkg/sub").symlink_to(root.parent / "sub")


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (gone_folder, "its folder is gone"),
        (link, "it is a symbolic link"),
        (folder, "it is a folder"),
        (leaving_folder, "pkg/sub is a symbolic link"),
    ],
)
def test_what_is_refused_even_if_it_is_forced(
    root: Path, applied: Path, spoil: Callable[[Path], None], problem: str
) -> None:
    spoil(root)
    (refusal,) = refused(root, applied, force=True)
    assert refusal.path == "pkg/sub/latin.py"
    assert problem in refusal.problem
    assert refusal.advice


def test_a_folder_that_cannot_be_written_to(root: Path, applied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worktree.WorkTree, "is_writable", lambda self, path: False)
    assert len(refused(root, applied)) == len(CHANGED)


# --- where the originals come from ------------------------------------------------------------------


def journal_of(root: Path) -> Path:
    (journal,) = (root / ".purveyor/migrate").iterdir()
    return journal


def blobs_gone(root: Path) -> None:
    for blob in (journal_of(root) / "blobs").iterdir():
        blob.unlink()


def copies_gone(root: Path) -> None:
    for path in CHANGED:
        (root / path.replace(".py", "_legacy.py")).unlink()


def journal_gone(root: Path) -> None:
    (root / ".purveyor").rename(root.parent / "journal")


@pytest.mark.parametrize("lost", [[blobs_gone], [copies_gone], [blobs_gone, copies_gone], [journal_gone], [journal_gone, copies_gone]])  # fmt: skip
def test_originals_come_from_the_journal_the_copies_or_the_diffs(
    root: Path, before: Tree, applied: Path, lost: list[Callable[[Path], None]]
) -> None:
    for lose in lost:
        lose(root)
    assert rollback(applied).restored == CHANGED
    assert look(root) == before
    assert not (root / ".purveyor").exists()
    if journal_gone not in lost:
        assert set(times(root).values()) == {MODIFIED}


def test_an_edited_file_whose_original_is_lost(root: Path, applied: Path) -> None:
    copies_gone(root)
    blobs_gone(root)
    (root / "base.py").write_bytes(b"mine = 1\n")
    (refusal,) = refused(root, applied, force=True)
    assert (refusal.path, refusal.advice) == (
        "base.py",
        "put it at base_legacy.py, or bring it back by other means",
    )
    (root / "base_legacy.py").write_bytes(FILES["base.py"][0])
    assert rollback(applied, force=True).kept
    assert (root / "base.py").read_bytes() == FILES["base.py"][0]


def test_a_part_that_was_undone_by_hand(root: Path, before: Tree, applied: Path) -> None:
    (root / "base.py").write_bytes(FILES["base.py"][0])
    os.utime(root / "base.py", ns=(MODIFIED, MODIFIED))
    assert rollback(applied).restored == CHANGED[1:]
    check_as_before(root, before)


def test_a_part_that_was_undone_by_hand_and_no_journal(root: Path, applied: Path) -> None:
    journal_gone(root)
    (root / "base.py").write_bytes(FILES["base.py"][0])
    assert rollback(applied).restored == CHANGED[1:]


def test_an_apply_goes_on_without_the_journal_of_the_first_one(root: Path, before: Tree, applied: Path) -> None:
    journal_gone(root)
    (root / "base.py").write_bytes(FILES["base.py"][0])
    (root / "base_legacy.py").unlink()
    assert apply(applied).changed == ("base.py",)
    assert look(root) == after_tree(before)
    rollback(applied)
    assert look(root) == before


def test_a_file_that_is_changed_after_the_precheck_is_left_alone(root: Path, applied: Path) -> None:
    def interfere() -> None:
        (root / "base.py").write_bytes(b"mine = 1\n")

    with pytest.raises(MigrationFailedError, match="base.py was changed by somebody else meanwhile") as caught:
        rollback(applied, steps=Interfering("rename", 1, interfere))
    assert caught.value.outcome == "unfinished"
    assert (root / "base.py").read_bytes() == b"mine = 1\n"
    assert rollback(applied, force=True).kept == (("base.py", "base.py.rej"),)


def test_a_restore_that_fails_leaves_no_temporary_file(root: Path, before: Tree, applied: Path) -> None:
    copies_gone(root)

    def fill() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(MigrationFailedError, match="No space left") as caught:
        rollback(applied, steps=Interfering("chmod", 2, fill))
    assert (caught.value.path, caught.value.outcome) == ("pkg/crlf.py", "unfinished")
    assert not list(root.rglob("*.part"))
    rollback(applied)
    check_as_before(root, before)


# --- several plans ----------------------------------------------------------------------------------


def second_plan(folder: Path) -> Path:
    from purveyor.migrate.change.plan import Change, assemble

    file = folder / "second.json"
    file.write_bytes(assemble("tree", [Change("pkg/untouched.py", b"z = 3\n", b"z = 4\n")]).to_json())
    return file


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_two_plans_the_last_one_takes_the_folders_with_it(
    root: Path, before: Tree, plan_file: Path, order: tuple[int, int]
) -> None:
    plans = (plan_file, second_plan(root.parent))
    for plan in plans:
        apply(plan)
    rollback(plans[order[0]])
    assert (root / ".purveyor/migrate").is_dir()
    rollback(plans[order[1]])
    check_as_before(root, before)


@pytest.mark.parametrize("inner", ["", "migrate"])
def test_folders_that_were_there_stay(root: Path, before: Tree, plan_file: Path, inner: str) -> None:
    (root / ".purveyor" / inner).mkdir(parents=True)
    for _ in range(2):
        apply(plan_file)
        rollback(plan_file)
        assert look(root) == before
        assert [path.name for path in (root / ".purveyor").rglob("*")] == ([inner] if inner else [])


def test_what_others_keep_there_stays(root: Path, plan_file: Path) -> None:
    (root / ".purveyor").mkdir()
    (root / ".purveyor/notes.db").write_bytes(b"theirs")
    apply(plan_file)
    (root / ".purveyor/migrate/other").mkdir()
    rollback(plan_file)
    assert sorted(path.name for path in (root / ".purveyor").rglob("*")) == ["migrate", "notes.db", "other"]


def test_another_tree_of_the_same_plan(tmp_path: Path) -> None:
    roots = [make_tree(tmp_path / name / "tree") for name in ("a", "b")]
    plan = make_plan_file(tmp_path / "a")
    apply(plan)
    apply(plan, root=roots[1])
    rollback(plan)
    assert set(status(plan, root=roots[1]).values()) == {"after"}
    assert rollback(plan, root=roots[1]).restored
