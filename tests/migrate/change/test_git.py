"""Work that is not committed is not changed, where git can tell."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from purveyor.errors import MigrationRefusedError
from purveyor.migrate.change import git as git_module
from purveyor.migrate.change.apply import apply
from purveyor.migrate.change.git import uncommitted
from purveyor.migrate.change.rollback import rollback

from .helpers import FILES, after_tree, look

CHANGED = [path for path, (_, after, _) in FILES.items() if after is not None]


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "core.autocrlf=false"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(autouse=True)
def no_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    monkeypatch.setenv(
        "GIT_DIR", str(tmp_path / "of-a-hook")
    )  # as git sets it for its hooks; it counts for nothing


@pytest.fixture
def repository(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    with monkeypatch.context() as patch:
        patch.delenv("GIT_DIR")
        git(root, "init", "-q")
        git(root, "add", "-A")
        git(root, "commit", "-qm", "first")
    monkeypatch.delenv("GIT_DIR")
    return root


def problems(root: Path) -> dict[str, str]:
    return {each.path: each.problem for each in uncommitted(root, CHANGED)}


def test_without_a_work_tree_there_is_nothing_to_say(root: Path) -> None:
    assert problems(root) == {}


def test_what_is_committed_is_changed_and_undone_after_a_commit(repository: Path, plan_file: Path) -> None:
    before = look(repository)
    index = (repository / ".git/index").read_bytes()
    assert apply(plan_file).changed
    assert (repository / ".git/index").read_bytes() == index
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "migrated")
    rollback(plan_file)
    now = look(repository)
    assert {path: entry for path, entry in now.items() if not path.startswith(".git")} == {
        path: entry for path, entry in before.items() if not path.startswith(".git")
    }


def test_after_a_commit_a_fresh_clone_is_rolled_back_by_the_plan_alone(
    repository: Path, plan_file: Path, tmp_path: Path
) -> None:
    apply(plan_file)
    (repository / ".git/info/exclude").write_text(".purveyor\n")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "migrated")
    git(tmp_path, "clone", "-q", str(repository), "clone")
    clone = tmp_path / "clone"
    assert not (clone / ".purveyor").exists()
    assert rollback(plan_file, root=clone).restored == tuple(CHANGED)
    assert not (clone / ".purveyor").exists()
    for path, (data, _, _) in FILES.items():
        assert (clone / path).read_bytes() == data
    assert not list(clone.rglob("*_legacy*"))


def test_changed_staged_renamed_and_unknown_files(repository: Path) -> None:
    (repository / "base.py").write_bytes(b"edited\n")
    (repository / "pkg/__init__.py").write_bytes(b"staged\n")
    git(repository, "add", "pkg/__init__.py")
    git(repository, "mv", "pkg/untouched.py", "pkg/renamed.py")
    git(repository, "rm", "-q", "--cached", "pkg/crlf.py")
    (repository / "unrelated.py").write_bytes(b"")
    assert problems(repository) == {
        "base.py": "it has changes that are not committed",
        "pkg/__init__.py": "it has changes that are not committed",
        "pkg/crlf.py": "it has changes that are not committed",
    }
    found = {
        each.path: each.problem
        for each in uncommitted(repository, ["pkg/renamed.py", "unrelated.py", "pkg/untouched.py"])
    }
    assert found["pkg/renamed.py"] == "it has changes that are not committed"
    assert found["unrelated.py"] == "git does not know it"


def test_an_apply_of_what_is_not_committed_has_to_be_allowed(
    root: Path, plan_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GIT_DIR")
    git(root, "init", "-q")
    before = look(root)
    with pytest.raises(
        MigrationRefusedError, match="git does not know it; commit it first, or .* --allow-dirty"
    ) as caught:
        apply(plan_file)
    assert [each.path for each in caught.value.refusals] == CHANGED
    assert look(root) == before
    apply(plan_file, allow_dirty=True)
    assert look(root) == after_tree(before)


def test_a_tree_within_a_work_tree_and_a_repository_within_a_tree(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GIT_DIR")
    git(root / "pkg/sub", "init", "-q")
    git(root / "pkg/sub", "add", "-A")
    git(root / "pkg/sub", "commit", "-qm", "inner")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "tree/base.py", "tree/pkg/crlf.py")
    git(tmp_path, "commit", "-qm", "outer")
    assert problems(root) == {"pkg/__init__.py": "git does not know it"}
    (root / "pkg/sub/latin.py").write_bytes(b"edited\n")
    (root / "base.py").write_bytes(b"edited\n")
    assert set(problems(root)) == {"pkg/__init__.py", "pkg/sub/latin.py", "base.py"}


def test_names_that_git_could_take_for_something_else(repository: Path) -> None:
    names = [":(top)x.py", "*.py", "-n", "é .py", "a\nb.py"]
    for name in names:
        (repository / name).write_bytes(b"")
    assert [each.path for each in uncommitted(repository, sorted(names))] == sorted(names)


def test_many_files_are_asked_for_in_portions(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(git_module, "_PORTION", 2)
    for path in CHANGED:
        (repository / path).write_bytes(b"edited\n")
    assert list(problems(repository)) == CHANGED


def test_where_git_cannot_tell_it_has_to_be_allowed(root: Path, plan_file: Path) -> None:
    (root / ".git").mkdir()  # of no repository
    with pytest.raises(MigrationRefusedError, match="git could not say whether it is committed: fatal: not a git"):
        apply(plan_file)
    assert apply(plan_file, allow_dirty=True).changed


def test_a_git_that_hangs(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(command: list[str], **options: object) -> object:
        raise subprocess.TimeoutExpired(command, 1)

    monkeypatch.setattr(subprocess, "run", hang)
    assert "timed out" in next(iter(problems(repository).values()))


def test_without_git_there_is_nothing_to_say(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository / "base.py").write_bytes(b"edited\n")
    monkeypatch.setenv("PATH", str(repository))
    assert problems(repository) == {}


def test_the_filters_of_a_tree_are_not_run(repository: Path, tmp_path: Path) -> None:
    marker = tmp_path / "run"
    for name in ("plain", "with=sign"):
        git(repository, "config", f"filter.{name}.clean", f"touch {marker}; cat")
        git(repository, "config", f"filter.{name}.required", "true")
        (repository / ".gitattributes").write_text(f"*.py filter={name}\n")
        for path in CHANGED:
            os.utime(repository / path, (1, 1))  # so that git reads it again
        problems(repository)
        assert not marker.exists()


@pytest.fixture
def clone(repository: Path, tmp_path: Path) -> tuple[Path, Path]:
    """One that has left out objects, which it would fetch by a command of its configuration; what that leaves."""
    marker, command = tmp_path / "fetched", tmp_path / "fetch"
    command.write_text(f"#!/bin/sh\ntouch '{marker}'\n")
    command.chmod(0o755)
    for name, value in {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.url": str(repository),
        "remote.origin.promisor": "true",
        "remote.origin.partialCloneFilter": "blob:none",
        "remote.origin.uploadPack": str(command),
    }.items():
        git(repository, "config", name, value)
    return repository, marker


def leave_out(folder: Path, revision: str) -> None:
    found = subprocess.run(["git", "rev-parse", revision], cwd=folder, check=True, capture_output=True, text=True)
    name = found.stdout.strip()
    (folder / ".git/objects" / name[:2] / name[2:]).unlink()


def test_what_a_clone_has_left_out_is_not_needed_to_tell_what_was_moved(clone: tuple[Path, Path]) -> None:
    repository, marker = clone
    data = (repository / "base.py").read_bytes()
    (repository / "moved.py").write_bytes(data + b"# more\n")
    git(repository, "rm", "-q", "--cached", "base.py")
    git(repository, "add", "moved.py")
    leave_out(repository, "HEAD:base.py")
    found = {each.path: each.problem for each in uncommitted(repository, ["base.py", "moved.py"])}
    assert found == dict.fromkeys(["base.py", "moved.py"], "it has changes that are not committed")
    assert not marker.exists()


def test_what_a_clone_has_left_out_is_not_fetched(clone: tuple[Path, Path]) -> None:
    repository, marker = clone
    leave_out(repository, "HEAD^{tree}")
    (problem,) = problems(repository).values()
    assert problem.startswith("git could not say whether it is committed: ")
    assert not marker.exists()


def test_an_ignored_file_is_in_no_commit_either(repository: Path, plan_file: Path) -> None:
    (repository / ".gitignore").write_text("/pkg/sub/\ncrlf.py\nkept.txt\n*_legacy*\n.purveyor/\n")
    git(repository, "rm", "-q", "--cached", "-r", "pkg")
    git(repository, "add", ".gitignore", "pkg/__init__.py", "pkg/untouched.py")
    git(repository, "commit", "-qm", "fewer")
    for path in ("kept.txt", "pkg/kept.txt", "pkg/sub/kept.txt"):
        (repository / path).write_text("of no concern\n")
    assert problems(repository) == dict.fromkeys(["pkg/crlf.py", "pkg/sub/latin.py"], "git ignores it")
    with pytest.raises(MigrationRefusedError, match="git ignores it; commit it first, or .* --allow-dirty"):
        apply(plan_file)
    git(repository, "add", "-f", "pkg/crlf.py", "pkg/sub/latin.py")
    git(repository, "commit", "-qm", "all that is planned")
    assert apply(plan_file).changed == tuple(CHANGED)  # for all that is ignored beside


def test_what_only_looks_like_a_repository_hides_nothing(repository: Path) -> None:
    (repository / "pkg/sub/.git").mkdir()
    assert problems(repository) == {}
    for path in ("pkg/__init__.py", "pkg/sub/latin.py"):
        (repository / path).write_bytes(b"edited\n")
    assert problems(repository) == dict.fromkeys(
        ["pkg/__init__.py", "pkg/sub/latin.py"], "it has changes that are not committed"
    )


def test_a_work_tree_elsewhere_tells_nothing_of_this_one(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    git(repository, "config", "core.worktree", str(tmp_path / "other"))
    (problem,) = problems(repository).values()
    assert problem.startswith("git could not say whether it is committed: ")
    assert str(tmp_path / "other") in problem


def test_a_file_where_a_folder_was_committed_is_told_as_git_tells_it(repository: Path) -> None:
    (repository / "base.py").unlink()
    (repository / "base.py").mkdir()
    (repository / "base.py/inner.py").write_bytes(b"")
    git(repository, "add", "base.py")
    git(repository, "commit", "-qm", "a folder")
    git(repository, "rm", "-q", "base.py/inner.py")
    (repository / "base.py").write_bytes(b"")
    assert problems(repository) == {
        "base.py": "git does not know it",
        "base.py/inner.py": "it has changes that are not committed",
    }


def test_what_the_user_set_for_git_holds(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(repository, "config", "filter.any.clean", "cat")
    (tmp_path / "ignored").write_text("new.py\n")
    (repository / "new.py").write_bytes(b"")
    assert [each.problem for each in uncommitted(repository, ["new.py"])] == ["git does not know it"]
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.excludesFile")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(tmp_path / "ignored"))
    assert [each.problem for each in uncommitted(repository, ["new.py"])] == ["git ignores it"]
