"""What git knows of a tree: which files hold work that is not committed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from purveyor.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

__all__ = ["uncommitted"]

_PORTION = 200  # paths on one command line
_PATIENCE = 120.0  # seconds for one question
#: What git sets for its hooks, and would make it look at another work tree.
_ELSEWHERE = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"})


def uncommitted(root: Path, paths: Iterable[str]) -> Iterator[Refusal]:
    """Why these files should not be changed: they are changed, staged or unknown to git, or git cannot tell.

    Nothing is said where there is no work tree, or no git.

    Args:
        root: The tree.
        paths: Files in it, relative to it.
    """
    git = shutil.which("git")
    if git is None:
        return
    base = Path(os.path.realpath(root))
    tops: dict[Path, list[str]] = {}
    for path in paths:
        top = _top(base / path)
        if top is not None:
            tops.setdefault(top, []).append(path)
    for top, found in tops.items():
        for start in range(0, len(found), _PORTION):
            yield from _ask(git, top, base, found[start : start + _PORTION])


def _top(file: Path) -> Path | None:
    """The nearest work tree that a file is in: a submodule, or a repository within another, is one of its own."""
    return next((folder for folder in file.parents if os.path.lexists(folder / ".git")), None)


def _without_filters(git: str, top: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """What keeps git from running the filters of a tree's configuration, which could be any command."""
    command = [git, "-C", str(top), "config", "-z", "--name-only", "--get-regexp"]
    command.append(r"^filter\..*\.(clean|process|required)$")
    found = subprocess.run(  # noqa: S603 - git itself; it ends with 1 if there are none
        command, capture_output=True, timeout=_PATIENCE, check=False, env=environment
    ).stdout
    names = [name for name in os.fsdecode(found).split("\0") if name]
    settings = {"GIT_CONFIG_COUNT": str(len(names))}
    for number, name in enumerate(names):
        settings[f"GIT_CONFIG_KEY_{number}"] = name
        settings[f"GIT_CONFIG_VALUE_{number}"] = "false" if name.endswith(".required") else ""
    return settings


def _ask(git: str, top: Path, base: Path, paths: Sequence[str]) -> Iterator[Refusal]:
    names = {str((base / path).relative_to(top)): path for path in paths}
    # No locks: the index is left alone. No monitor: a tree's configuration could make it any command.
    command = [git, "--no-optional-locks", "--literal-pathspecs", "-c", "core.fsmonitor=false", "-C", str(top)]
    command += ["status", "--porcelain", "-z", "--untracked-files=all", "--", *names]
    environment = {name: value for name, value in os.environ.items() if name not in _ELSEWHERE}
    try:
        environment |= _without_filters(git, top, environment)
        answer = subprocess.run(  # noqa: S603 - git itself, and paths after "--"
            command, capture_output=True, timeout=_PATIENCE, check=True, env=environment
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        said = os.fsdecode(getattr(error, "stderr", None) or b"").strip() or str(error)
        advice = "see to it that git works here, or allow it with --allow-dirty"
        yield Refusal(paths[0], f"git could not say whether it is committed: {said}", advice)
        return
    problems: dict[str, str] = {}
    entries = iter(os.fsdecode(answer).split("\0"))
    for entry in entries:
        if "R" in entry[:2] or "C" in entry[:2]:
            next(entries)  # where it was renamed from
        if entry[3:] in names:  # one that is staged for removal, but there, is told twice
            problem = "git does not know it" if entry.startswith("??") else "it has changes that are not committed"
            problems.setdefault(names[entry[3:]], problem)
    for path, problem in problems.items():
        yield Refusal(path, problem, "commit it first, or allow it with --allow-dirty")
