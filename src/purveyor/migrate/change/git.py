"""What git knows of a tree: which files hold work that is not committed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from purveyor.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["uncommitted"]

_PORTION = 200  # paths on one command line
_PATIENCE = 120.0  # seconds for one question
#: What its codes say of a file; all others, that it is changed.
_PROBLEMS = {"??": "git does not know it", "!!": "git ignores it"}
#: What git sets for its hooks, and would make it look at another work tree.
_ELSEWHERE = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"})
#: What a clone left out is not fetched: a tree's configuration could make that any command. Older versions of git
#: heed only the first.
_NO_FETCH = {"GIT_ALLOW_PROTOCOL": "none", "GIT_NO_LAZY_FETCH": "1"}
#: Variables for `--config-env`, which takes names that hold a "=", as `-c` does not.
_BLANK = {"PURVEYOR_GIT_NOTHING": "", "PURVEYOR_GIT_FALSE": "false"}


def uncommitted(root: Path, paths: Iterable[str]) -> Iterator[Refusal]:
    """Why these files should not be changed: what they hold is in no commit, or git cannot tell.

    They are changed, staged, ignored or unknown to git. Nothing is said where there is no work tree, or no git.

    Args:
        root: The tree.
        paths: Files in it, relative to it.
    """
    git = shutil.which("git")
    if git is None:
        return
    base = Path(os.path.realpath(root))
    places: dict[Path, list[str]] = {}
    for path in paths:
        place = _repository(base / path)
        if place is not None:
            places.setdefault(place, []).append(path)
    for place, found in places.items():
        for start in range(0, len(found), _PORTION):
            yield from _ask(git, place, base, found[start : start + _PORTION])


def _repository(file: Path) -> Path | None:
    """Where the nearest repository seems to be: a submodule, or one within another, is one of its own."""
    return next((folder for folder in file.parents if os.path.lexists(folder / ".git")), None)


def _ask(git: str, place: Path, base: Path, paths: Sequence[str]) -> Iterator[Refusal]:
    try:
        # What looks like a repository may be none: then git goes on to the one around it, and tells of that.
        top = Path(_said(git, place, "rev-parse", "--show-toplevel").removesuffix("\n"))
        names = {str((base / path).relative_to(top)): path for path in paths}
        # No locks: the index is left alone. No monitor: a tree's configuration could make it any command. Renames
        # would be found by content that a clone may have left out. Each ignored file is told by its own name.
        command = ["--no-optional-locks", "--literal-pathspecs", "-c", "core.fsmonitor=false"]
        command += [*_without_filters(git, top), "status", "--porcelain", "-z", "--no-renames"]
        command += ["--untracked-files=all", "--ignored=traditional", "--", *names]
        answer = _said(git, top, *command)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        said = os.fsdecode(getattr(error, "stderr", None) or b"").strip() or str(error)
        advice = "see to it that git works here, or allow it with --allow-dirty"
        yield Refusal(paths[0], f"git could not say whether it is committed: {said}", advice)
        return
    problems: dict[str, str] = {}
    for entry in filter(None, answer.split("\0")):
        code, name = entry[:2], entry[3:]  # one that is staged for removal, but there, is told twice
        problems.setdefault(names.get(name, name), _PROBLEMS.get(code, "it has changes that are not committed"))
    for path, problem in problems.items():
        yield Refusal(path, problem, "commit it first, or allow it with --allow-dirty")


def _without_filters(git: str, top: Path) -> Iterator[str]:
    """What keeps git from running the filters of a tree's configuration, which could be any command."""
    asked = r"^filter\..*\.(clean|process|required)$"
    for name in _said(git, top, "config", "-z", "--name-only", "--get-regexp", asked, fine=(0, 1)).split("\0"):
        if name:
            value = "PURVEYOR_GIT_FALSE" if name.endswith(".required") else "PURVEYOR_GIT_NOTHING"
            yield f"--config-env={name}={value}"


def _said(git: str, folder: Path, *arguments: str, fine: Sequence[int] = (0,)) -> str:
    environment = {name: value for name, value in os.environ.items() if name not in _ELSEWHERE}
    done = subprocess.run(  # noqa: S603 - git itself, and paths after "--"
        [git, "-C", str(folder), *arguments],
        capture_output=True,
        timeout=_PATIENCE,
        check=False,
        env=environment | _NO_FETCH | _BLANK,
    )
    if done.returncode not in fine:
        done.check_returncode()
    return os.fsdecode(done.stdout)
