"""What `apply` does, and what it refuses before anything is changed."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from purveyor.errors import MigrationFailedError, MigrationRefusedError, PlanError, Refusal
from purveyor.migrate.change.apply import apply
from purveyor.migrate.change.plan import Change, assemble
from purveyor.migrate.change.rollback import rollback
from purveyor.migrate.change.standing import status
from purveyor.migrate.change.steps import Steps

from .helpers import FILES, Recorder, WatchedSteps, after_tree, look, make_plan_file, sample_plan

CHANGED = tuple(path for path, (_, after, _) in FILES.items() if after is not None)


def refused(plan_file: Path, **options: Any) -> tuple[Refusal, ...]:
    root = plan_file.parent / "tree"
    before = look(root)
    with pytest.raises(MigrationRefusedError, match="nothing was changed") as caught:
        apply(plan_file, **options)
    assert look(root) == before
    assert not (root / ".purveyor").exists()
    assert caught.value.action == "apply"
    assert all(str(refusal) in str(caught.value) for refusal in caught.value.refusals)
    return caught.value.refusals


def test_it_does_what_was_planned_and_nothing_else(root: Path, plan_file: Path) -> None:
    before = look(root)
    assert set(status(plan_file).values()) == {"before"}
    applied = apply(plan_file)
    assert look(root) == after_tree(before)
    assert (applied.changed, applied.already, applied.nothing_to_do) == (CHANGED, (), False)
    assert status(plan_file) == dict.fromkeys(CHANGED, "after")


def test_what_was_changed_is_named_in_full(
    root: Path, plan_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "link").symlink_to("tree")
    monkeypatch.chdir(tmp_path)
    link = Path("link")
    (root / "base_legacy.py").touch()
    with pytest.raises(MigrationRefusedError) as caught:
        apply(plan_file, root=link)
    assert caught.value.where == str(root)
    (root / "base_legacy.py").unlink()
    assert apply(plan_file, root=link).root == apply(plan_file).root == str(root)
    (root / "base.py").write_text("mine = 1\n")
    with pytest.raises(MigrationRefusedError) as caught:
        rollback(plan_file, root=link)
    assert caught.value.where == str(root)
    assert rollback(plan_file, root=link, force=True).root == rollback(plan_file).root == str(root)


def test_the_copies_are_the_originals_and_are_named_where_a_scan_looks(root: Path, plan_file: Path) -> None:
    apply(plan_file)
    (journal,) = (root / ".purveyor/migrate").iterdir()
    copies = json.loads((journal / "copies.json").read_bytes())
    assert copies == sorted(f"{path.removesuffix('.py')}_legacy.py" for path in CHANGED)
    assert (root / "base_legacy.py").stat().st_mtime_ns == 1_700_000_000_123_456_789


def test_the_second_time_there_is_nothing_to_do(root: Path, plan_file: Path) -> None:
    apply(plan_file)
    before = look(root)
    recorder = Recorder()
    applied = apply(plan_file, steps=WatchedSteps(recorder))
    assert applied.nothing_to_do
    assert applied.already == CHANGED
    assert look(root) == before
    assert set(recorder.made) == {"read", "unlink"}  # it looks for what a killed process has left


def test_the_tree_may_be_elsewhere(root: Path, plan_file: Path, tmp_path: Path) -> None:
    (tmp_path / "else").mkdir()
    moved = root.rename(tmp_path / "else/where")
    with pytest.raises(PlanError, match=r"the tree is not there: No such file.*--root"):
        apply(plan_file)
    assert apply(plan_file, root=moved).changed
    assert rollback(plan_file, root=moved).restored


def test_a_tree_may_be_reached_through_a_link(root: Path, plan_file: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(root)
    assert apply(plan_file, root=tmp_path / "link").changed == CHANGED


def test_an_empty_plan(root: Path, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_bytes(assemble("tree", []).to_json())
    before = look(root)
    assert apply(file).nothing_to_do
    assert rollback(file).nothing_to_do
    assert (look(root), (root / ".purveyor").exists()) == (before, False)


def test_it_passes_on_what_the_plan_warns_of(root: Path, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    change = Change("pkg/untouched.py", b"z = 3\n", b"z = 4\n", generated=True)
    file.write_bytes(assemble("tree", [change]).to_json())
    ((path, warning),) = apply(file).warnings
    assert (path, warning["code"]) == ("pkg/untouched.py", "generated")


# --- what is refused --------------------------------------------------------------------------------


def test_everything_is_named_not_only_the_first(root: Path, plan_file: Path) -> None:
    (root / "base.py").write_bytes(b"edited\n")
    (root / "pkg/crlf.py").unlink()
    assert [(each.path, each.problem) for each in refused(plan_file)] == [
        ("base.py", "it was changed since the plan was made"),
        ("pkg/crlf.py", "it is not there"),
    ]


def replaced_by_link(root: Path) -> None:
    (root / "base.py").rename(root / "other.txt")
    (root / "base.py").symlink_to("other.txt")


def leaving_folder(root: Path) -> None:
    (root / "pkg/sub").rename(root.parent / "outside")
    (root / "pkg/sub").symlink_to(root.parent / "outside")


def pipe(root: Path) -> None:
    (root / "base.py").unlink()
    os.mkfifo(root / "base.py")


def folder(root: Path) -> None:
    (root / "base.py").unlink()
    (root / "base.py").mkdir()


def file_for_folder(root: Path) -> None:
    (root / "pkg/sub/latin.py").unlink()
    (root / "pkg/sub").rmdir()
    (root / "pkg/sub").write_bytes(b"")


@pytest.mark.parametrize(
    ("spoil", "path", "problem"),
    [
        (replaced_by_link, "base.py", "it is a symbolic link"),
        (leaving_folder, "pkg/sub/latin.py", "pkg/sub is a symbolic link"),
        (pipe, "base.py", "it is a special file"),
        (folder, "base.py", "it is a folder"),
        (file_for_folder, "pkg/sub/latin.py", "pkg/sub is "),
        (lambda root: os.link(root / "base.py", root / "other"), "base.py", "another name as well (a hard link)"),
        (lambda root: (root / "base.py").chmod(0o444), "base.py", "it is read-only"),
        (lambda root: (root / "base_legacy.py").write_bytes(b""), "base.py", "base_legacy.py, where its original is to be kept, is there already"),
        (lambda root: (root / "base_legacy.py").write_bytes(FILES["base.py"][0]), "base.py", "is there already"),
        (lambda root: (root / "base_legacy.py").symlink_to("nowhere"), "base.py", "is there already"),
    ],
)  # fmt: skip
def test_what_is_refused(
    root: Path, plan_file: Path, spoil: Callable[[Path], None], path: str, problem: str
) -> None:
    spoil(root)
    (refusal,) = refused(plan_file)
    assert refusal.path == path
    assert problem in refusal.problem
    assert refusal.advice


def test_a_folder_that_cannot_be_written_to(root: Path, plan_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sub = (root / "pkg/sub").stat()
    real = os.access

    def access(path: str, mode: int, *, dir_fd: int | None = None) -> bool:
        # Root may write everywhere.
        is_sub = dir_fd is not None and os.path.samestat(os.fstat(dir_fd), sub)
        return real(path, mode, dir_fd=dir_fd) and not is_sub

    monkeypatch.setattr(os, "access", access)
    (refusal,) = refused(plan_file)
    assert (refusal.path, refusal.problem) == ("pkg/sub/latin.py", "its folder cannot be written to")


def test_an_edited_diff(root: Path, plan_file: Path) -> None:
    plan_file.write_bytes(plan_file.read_bytes().replace(b"Base(object)", b"Base(ABC)"))
    (refusal,) = refused(plan_file)
    assert (refusal.path, refusal.problem.partition(":")[0]) == ("base.py", "its diff was edited")


@pytest.mark.parametrize("after", [b"class A(\n", b"return 1\n", b"x = 1\0\n", b"x = '\\ud800\xff'\n"])
def test_what_would_not_compile(root: Path, plan_file: Path, after: bytes) -> None:
    plan_file.write_bytes(assemble("tree", [Change("base.py", FILES["base.py"][0], after)]).to_json())
    (refusal,) = refused(plan_file)
    assert "does not compile" in refusal.problem


def test_warnings_of_the_compiler_are_nobodys_business(root: Path, plan_file: Path) -> None:
    plan_file.write_bytes(
        assemble("tree", [Change("base.py", FILES["base.py"][0], b"x = '\\d' is 3\n")]).to_json()
    )
    assert apply(plan_file).changed == ("base.py",)


def test_a_plan_of_another_version(root: Path, plan_file: Path) -> None:
    plan_file.write_bytes(plan_file.read_bytes().replace(b'"version": 1', b'"version": 2'))
    with pytest.raises(PlanError, match="version 2"):
        apply(plan_file)


# --- what happens meanwhile -------------------------------------------------------------------------


class Interfering(Steps):
    """Does something once, right before the n-th step of a kind."""

    def __init__(self, name: str, number: int, do: Callable[[], object]) -> None:
        left = number

        def watch(made: str, _: tuple[Any, ...]) -> None:
            nonlocal left
            if made == name:
                left -= 1
                if not left:
                    do()

        self.watched = WatchedSteps(watch)

    def __getattribute__(self, name: str) -> Any:
        return getattr(object.__getattribute__(self, "watched"), name)


def test_a_file_that_is_changed_after_the_precheck_is_left_alone(root: Path, plan_file: Path) -> None:
    before = look(root)
    last = root / "pkg/sub/latin.py"
    steps = Interfering("link", 4, lambda: last.write_bytes(b"mine = 1\n"))
    with pytest.raises(MigrationFailedError, match="changed by somebody else meanwhile") as caught:
        apply(plan_file, steps=steps)
    assert (caught.value.path, caught.value.outcome) == ("pkg/sub/latin.py", "undone")
    assert look(root) == before | {"pkg/sub/latin.py": (before["pkg/sub/latin.py"][0], b"mine = 1\n")}
    assert not (root / ".purveyor").exists()


def test_a_file_that_is_changed_before_its_turn(root: Path, plan_file: Path) -> None:
    before = look(root)
    last = root / "pkg/sub/latin.py"
    with pytest.raises(MigrationFailedError, match="changed by somebody else meanwhile") as caught:
        apply(plan_file, steps=Interfering("link", 1, last.unlink))
    assert caught.value.outcome == "undone"
    assert look(root) == {path: entry for path, entry in before.items() if path != "pkg/sub/latin.py"}


def test_a_file_that_is_edited_after_its_turn_is_left_to_a_rollback(root: Path, plan_file: Path) -> None:
    def interfere() -> None:
        (root / "base.py").write_bytes(b"mine = 1\n")
        (root / "pkg/crlf.py").write_bytes(b"mine = 2\n")

    with pytest.raises(MigrationFailedError) as caught:
        apply(plan_file, steps=Interfering("link", 2, interfere))
    assert caught.value.outcome == "unfinished"
    with pytest.raises(MigrationRefusedError) as refusal:
        rollback(plan_file)
    assert {each.path for each in refusal.value.refusals} == {"base.py", "pkg/crlf.py"}
    (root / "pkg/crlf.py").write_bytes(FILES["pkg/crlf.py"][0])
    assert rollback(plan_file, force=True).kept == (("base.py", "base.py.rej"),)
    assert (root / "base.py").read_bytes() == FILES["base.py"][0]


def test_a_copy_that_appears_meanwhile_is_left_alone(root: Path, plan_file: Path) -> None:
    before = look(root)
    with pytest.raises(MigrationFailedError, match="File exists") as caught:
        apply(
            plan_file,
            steps=Interfering("link", 2, lambda: (root / "pkg/__init___legacy.py").write_bytes(b"mine\n")),
        )
    assert caught.value.outcome == "undone"
    mine = look(root)
    assert mine.pop("pkg/__init___legacy.py")[1] == b"mine\n"
    assert mine == before


def test_an_interruption_undoes_it(root: Path, plan_file: Path) -> None:
    before = look(root)

    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        apply(plan_file, steps=Interfering("link", 3, interrupt))
    assert look(root) == before
    assert not (root / ".purveyor").exists()


def test_what_is_acknowledged_is_on_disk(root: Path, tmp_path: Path) -> None:
    """The order of the calls is the behaviour."""
    file = tmp_path / "plan.json"
    file.write_bytes(assemble("tree", [Change("base.py", *FILES["base.py"][:2])]).to_json())  # type: ignore[arg-type]
    made: list[str] = []

    def watch(name: str, arguments: tuple[Any, ...]) -> None:
        if name in ("sync", "rename", "link"):
            about = Path(f"/proc/self/fd/{arguments[0]}").readlink()
            inside = about.relative_to(root.resolve()).as_posix()
            made.append(f"{name} {inside if name == 'sync' else arguments[2]}".replace(sample_id, "ID"))

    sample_id = next(iter({json.loads(file.read_bytes()) and plan_id(file)}))
    apply(file, steps=WatchedSteps(watch))
    temporary = [each for each in made if ".purveyor-" in each]
    assert len(temporary) == 2
    part = ".purveyor.ID.part"
    assert [each for each in made if each not in temporary] == [
        f"sync {part}/migrate/ID/blobs/{blob(file)}",
        f"sync {part}/migrate/ID/blobs",
        f"sync {part}/migrate/ID/plan.json",
        f"sync {part}/migrate/ID/copies.json",
        f"sync {part}/migrate/ID/journal.jsonl",
        f"sync {part}/migrate/ID",
        f"sync {part}/migrate",
        f"sync {part}",
        "rename .purveyor",
        "sync .",
        "sync .purveyor/migrate/ID/journal.jsonl",
        "link base_legacy.py",
        "sync .",
        "rename base.py",
        "sync .",
        "sync .purveyor/migrate/ID/journal.jsonl",
        "sync .purveyor/migrate/ID/journal.jsonl",
    ]
    assert made.index(temporary[0]) < made.index("link base_legacy.py") < made.index(temporary[1])
    assert made.index(temporary[1]) < made.index("rename base.py")


def plan_id(file: Path) -> str:
    from purveyor.migrate.change.plan import load_plan

    return load_plan(file).id


def blob(file: Path) -> str:
    return str(json.loads(file.read_bytes())["files"][0]["before"])


def test_names_as_long_as_a_file_system_has_them(root: Path, tmp_path: Path) -> None:
    long = "n" * 245 + ".py"
    (root / long).write_bytes(b"x = 1\n")
    file = tmp_path / "plan.json"
    file.write_bytes(assemble("tree", [Change(long, b"x = 1\n", b"x = 2\n")]).to_json())
    assert apply(file).changed == (long,)
    assert rollback(file).restored == (long,)
    too_long = "n" * 250 + ".py"
    (root / too_long).write_bytes(b"x = 1\n")
    file.write_bytes(assemble("tree", [Change(too_long, b"x = 1\n", b"x = 2\n")]).to_json())
    with pytest.raises(MigrationFailedError, match="too long") as caught:
        apply(file)
    assert caught.value.outcome == "unchanged"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_file_keeps_its_owner(root: Path, plan_file: Path) -> None:
    os.chown(root / "base.py", 1234, 2345)
    (root / "base.py").chmod(0o2755)
    apply(plan_file)
    for name in ("base.py", "base_legacy.py"):
        about = (root / name).stat()
        assert (about.st_uid, about.st_gid, stat.S_IMODE(about.st_mode)) == (1234, 2345, 0o2755)
    rollback(plan_file)
    about = (root / "base.py").stat()
    assert (about.st_uid, about.st_gid, stat.S_IMODE(about.st_mode)) == (1234, 2345, 0o2755)


def test_another_owner_is_kept_or_it_is_not_done(root: Path, plan_file: Path) -> None:
    before = look(root)
    asked: list[tuple[int, int]] = []

    class Another(Steps):
        def read(self, folder: int, name: str) -> tuple[bytes, os.stat_result]:
            data, about = super().read(folder, name)
            fields = list(about)
            fields[stat.ST_UID] += 1
            return data, os.stat_result(fields, {"st_mtime_ns": about.st_mtime_ns})

        def chown(self, descriptor: int, user: int, group: int) -> None:
            asked.append((user, group))
            if len(asked) < 3:
                super().chown(descriptor, user - 1, group)
            else:
                raise PermissionError(1, "Operation not permitted")

    with pytest.raises(MigrationFailedError, match="not permitted") as caught:
        apply(plan_file, steps=Another())
    assert asked[:3] == [(os.geteuid() + 1, os.getegid())] * 3
    assert caught.value.path == "pkg/__init__.py"
    assert look(root)["pkg/__init__.py"] == before["pkg/__init__.py"]


def test_a_file_system_without_hard_links(root: Path, plan_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = look(root)

    def link(self: Steps, folder: int, name: str, other: str) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Steps, "link", link)
    apply(plan_file)
    assert look(root) == after_tree(before)
    rollback(plan_file)
    assert look(root) == before

    taken = root / "pkg/__init___legacy.py"

    def link_late(self: Steps, folder: int, name: str, other: str) -> None:
        if other == taken.name:
            taken.write_bytes(b"mine\n")
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Steps, "link", link_late)
    with pytest.raises(MigrationFailedError, match="File exists"):
        apply(plan_file)
    assert taken.read_bytes() == b"mine\n"


def test_a_plan_made_elsewhere_fits_here(root: Path, tmp_path: Path) -> None:
    other = tmp_path / "plans"
    other.mkdir()
    file = make_plan_file(other, root="../tree")
    assert apply(file).changed == CHANGED
    assert sample_plan("../tree").id == plan_id(file)
