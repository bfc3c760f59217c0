"""What the tests let other processes do: `python -m tests.migrate.change.children WHAT PLAN`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from purveyor.migrate.change.apply import apply
from purveyor.migrate.change.rollback import rollback

from .helpers import SigkillAt, WatchedSteps

RUNS: dict[str, Callable[..., object]] = {"apply": apply, "rollback": rollback}


def say(*words: object) -> None:
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def die(plan: Path) -> None:
    """For each line, a run and a number: have a process of its own run it and be killed at that step."""
    for line in sys.stdin:
        run, number = line.split()
        child = os.fork()
        if not child:
            RUNS[run](plan, steps=WatchedSteps(SigkillAt(int(number)), real_sync=True))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        say("signal", os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0)


def run(name: str) -> Callable[[Path], None]:
    """A run that tells each of its steps."""

    def told(plan: Path) -> None:
        RUNS[name](plan, steps=WatchedSteps(lambda step, _: say(step), real_sync=True))
        say("done")

    return told


def hold(plan: Path) -> None:
    """Apply a plan, and stop for a line of input before the first rename of a file that is there already."""
    renames = 0

    def watch(name: str, arguments: tuple[Any, ...]) -> None:
        nonlocal renames
        renames += name == "rename"
        if renames == 2 and name == "rename":
            say("holds")
            sys.stdin.readline()

    apply(plan, steps=WatchedSteps(watch))
    say("done")


if __name__ == "__main__":
    what, file = sys.argv[1:]
    {"die": die, "hold": hold, "apply": run("apply"), "rollback": run("rollback")}[what](Path(file))
