"""A journal that was changed by somebody else is refused, or is not needed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from purveyor.errors import MigrationJournalError, MigrationRefusedError
from purveyor.migrate.change.apply import apply
from purveyor.migrate.change.journal import _line
from purveyor.migrate.change.plan import load_plan
from purveyor.migrate.change.rollback import rollback

from .helpers import KillAt, Killed, Tree, WatchedSteps, after_tree, look
from .test_apply import CHANGED
from .test_rollback import journal_of


@pytest.fixture
def before(root: Path) -> Tree:
    return look(root)


@pytest.fixture
def applied(before: Tree, plan_file: Path) -> Path:
    apply(plan_file)
    return plan_file


def events(root: Path) -> list[str]:
    lines = (journal_of(root) / "journal.jsonl").read_text().splitlines()
    found = [json.loads(line.partition(" ")[2]) for line in lines]
    return [f"{each['event']} {each.get('path', '')}".strip() for each in found]


def test_what_it_holds(root: Path, applied: Path) -> None:
    journal = journal_of(root)
    plan = load_plan(applied)
    assert journal.name == plan.id
    assert (journal / "plan.json").read_bytes() == plan.to_json()
    assert {blob.name for blob in (journal / "blobs").iterdir()} == {file.before for file in plan.files}
    assert events(root) == ["begin", "apply", *(f"done {path}" for path in CHANGED), "applied"]


def test_a_rollback_is_journaled_as_well(root: Path, applied: Path) -> None:
    (journal_of(root) / "mine.txt").write_bytes(b"")
    (root / "base.py").write_bytes(b"mine = 1\n")
    rollback(applied, force=True)
    restored = [f"restored {path}" for path in reversed(CHANGED)]
    assert events(root)[-7:] == ["rollback", *restored[:-1], "kept base.py.rej", restored[-1], "rolled back"]


def rewrite(change: Callable[[list[bytes]], object]) -> Callable[[Path, Path], None]:
    def spoil(root: Path, plan: Path) -> None:
        file = journal_of(root) / "journal.jsonl"
        lines = file.read_bytes().splitlines(keepends=True)
        change(lines)
        file.write_bytes(b"".join(lines))

    return spoil


def add_valid(event: dict[str, object]) -> Callable[[Path, Path], None]:
    """A line as this version would write it, if it wrote such lines."""

    def spoil(root: Path, plan: Path) -> None:
        file = journal_of(root) / "journal.jsonl"
        last = file.read_bytes().splitlines()[-1].partition(b" ")[0].decode()
        with file.open("ab") as lines:
            lines.write(_line(event, last)[0])

    return spoil


def begin_otherwise(root: Path, plan: Path) -> None:
    file = journal_of(root) / "journal.jsonl"
    begin = json.loads(file.read_bytes().splitlines()[0].partition(b" ")[2])
    file.write_bytes(_line(begin | {"version": 2}, load_plan(plan).sha256)[0])


def gone(root: Path, plan: Path) -> None:
    (journal_of(root) / "journal.jsonl").unlink()


def link_for_folder(root: Path, plan: Path) -> None:
    (root / ".purveyor").rename(root.parent / "elsewhere")
    (root / ".purveyor").symlink_to(root.parent / "elsewhere")


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (rewrite(lambda lines: lines.__setitem__(0, lines[0].replace(b'"644"', b'"777"', 1))), "line 1 was changed"),
        (rewrite(lambda lines: lines.pop(1)), "line 2 was changed, or one before it was taken out"),
        (rewrite(lambda lines: lines.pop(0)), "line 1 was changed"),
        (rewrite(lambda lines: lines.insert(2, b"anything\n")), "line 3 was changed"),
        (rewrite(lambda lines: lines.append(b'0123456789abcdef {"event": "done"}\n')), "line 8 was changed"),
        (rewrite(list.clear), "line 1 was changed"),
        (add_valid({"event": "celebrate"}), "line 8 says 'celebrate', which this version does not know"),
        (add_valid({"event": "begin"}), "line 8 says 'begin'"),
        (begin_otherwise, "it is of version 2, not 1"),
        (gone, "it is missing"),
        (link_for_folder, ".purveyor is a symbolic link"),
    ],
)  # fmt: skip
def test_a_journal_that_was_tampered_with(
    root: Path, before: Tree, applied: Path, spoil: Callable[[Path, Path], None], problem: str
) -> None:
    spoil(root, applied)
    for run in (apply, rollback):
        with pytest.raises(MigrationJournalError) as caught:
            run(applied)
        assert problem in caught.value.problem
        assert caught.value.hint
        assert caught.value.where.startswith(f"{root}/.purveyor/migrate/")
        assert caught.value.advice
        assert (str(root) in caught.value.advice) == (spoil is not link_for_folder)
        assert look(root) == after_tree(before)
    (root / ".purveyor").rename(root.parent / "moved-away")
    assert rollback(applied).restored == CHANGED
    assert look(root) == before


def test_a_last_line_that_was_cut_off_is_no_loss(root: Path, before: Tree, applied: Path) -> None:
    file = journal_of(root) / "journal.jsonl"
    whole = file.read_bytes()
    for cut in range(whole.rindex(b"\n", 0, -1) + 1, len(whole)):
        file.write_bytes(whole[:cut])
        assert apply(applied).nothing_to_do
    (journal_of(root) / "mine.txt").write_bytes(b"")
    rollback(applied)
    assert look(root) == before
    assert events(root)[-1] == "rolled back"


def test_a_damaged_blob_is_not_restored_from_nor_removed(root: Path, before: Tree, applied: Path) -> None:
    blob = journal_of(root) / "blobs" / load_plan(applied).files[0].before
    blob.write_bytes(b"evil\n")
    (root / "base_legacy.py").unlink()
    done = rollback(applied)
    assert done.restored == CHANGED
    assert done.left == (blob.relative_to(root).as_posix(),)
    assert look(root) == before
    assert blob.read_bytes() == b"evil\n"


@pytest.mark.parametrize("name", ["plan.json", "copies.json", "mine.txt", "blobs/mine.txt", "folder/mine.txt"])
def test_what_somebody_has_put_into_the_journal_is_left_there(
    root: Path, before: Tree, applied: Path, name: str
) -> None:
    file = journal_of(root) / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"mine\n")
    (left,) = rollback(applied).left
    assert file.relative_to(root).as_posix().startswith(left)
    assert look(root) == before
    assert file.read_bytes() == b"mine\n"
    assert rollback(applied).left == (left,)
    with pytest.raises(
        MigrationRefusedError, match="it does not belong to the journal; .* move it away"
    ) as caught:
        apply(applied)
    assert [each.path for each in caught.value.refusals] == [left]
    file.rename(root.parent / "mine")
    if file.parent != journal_of(root) and file.parent.name == "folder":
        file.parent.rmdir()
    assert apply(applied).changed == CHANGED
    rollback(applied)
    assert look(root) == before
    assert not (root / ".purveyor").exists()


def test_blobs_that_are_no_folder(root: Path, applied: Path) -> None:
    blobs = journal_of(root) / "blobs"
    blobs.rename(root.parent / "blobs")
    blobs.write_bytes(b"")
    assert rollback(applied).left == (blobs.relative_to(root).as_posix(),)


def test_a_killed_run_that_has_changed_nothing_is_begun_anew(root: Path, plan_file: Path) -> None:
    """What the files have besides their bytes may have changed meanwhile."""
    steps = 0
    while not (root / ".purveyor").exists():
        steps += 1
        with pytest.raises(Killed):
            apply(plan_file, steps=WatchedSteps(KillAt(steps)))
    (root / "base.py").chmod(0o600)
    apply(plan_file)
    rollback(plan_file)
    assert (root / "base.py").stat().st_mode & 0o777 == 0o600
    assert not (root / ".purveyor").exists()


def test_the_journal_of_another_plan_that_cannot_be_read_is_nobodys(root: Path, plan_file: Path) -> None:
    for number, lines in enumerate([b"", b"x {}\n", b"x 3\n", b'x {"made": 3}\n', b"x {\n"]):
        other = root / f".purveyor/migrate/{number}"
        other.mkdir(parents=True)
        (other / "journal.jsonl").write_bytes(lines)
    (root / ".purveyor/migrate/file").write_bytes(b"")
    before = sorted((root / ".purveyor").rglob("*"))
    apply(plan_file)
    rollback(plan_file)
    assert sorted((root / ".purveyor").rglob("*")) == before


def test_a_file_with_the_name_of_an_unfinished_journal_is_left_alone(root: Path, plan_file: Path) -> None:
    part = root / f".purveyor.{load_plan(plan_file).id}.part"
    part.write_bytes(b"theirs")
    assert rollback(plan_file).nothing_to_do
    assert part.read_bytes() == b"theirs"
