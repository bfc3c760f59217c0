"""Processes that are killed, or compete."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from purveyor.errors import MigrationBusyError
from purveyor.migrate.change.apply import apply
from purveyor.migrate.change.rollback import rollback
from purveyor.migrate.change.standing import status

from .scene import RUNS, STARTS, Scene, quick


@contextmanager
def started(what: str, plan: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.migrate.change.children", what, str(plan)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        try:
            yield child
        finally:
            child.kill()


def tell(child: subprocess.Popen[str], line: str) -> None:
    assert child.stdin
    child.stdin.write(f"{line}\n")
    child.stdin.flush()


def hear(child: subprocess.Popen[str]) -> str:
    assert child.stdout
    return child.stdout.readline().rstrip("\n")


def test_fifty_processes_that_are_killed(scene: Scene) -> None:
    killed = 0
    with started("die", scene.plan) as parent:
        for run, before in STARTS:
            scene.begin(*before)
            steps = scene.steps(run).changing
            for share in range(25):
                scene.begin(*before)
                tell(parent, f"{run} {steps * share // 25}")
                assert hear(parent) == f"signal {signal.SIGKILL:d}"
                killed += 1
                scene.check_each()
                scene.check_end(("apply", "rollback")[share % 2])
    assert killed == 50


@pytest.mark.parametrize(
    ("run", "steps"), [("apply", 30), ("apply", 60), ("apply", 90), ("rollback", 10), ("rollback", 30)]
)
def test_a_process_that_is_killed_from_outside_wherever_it_is_just_then(
    scene: Scene, run: str, steps: int
) -> None:
    scene.begin(*dict(STARTS)[run])
    with started(run, scene.plan) as child:
        for _ in range(steps):
            assert hear(child) not in ("", "done")
        child.kill()
        child.wait()
    scene.check_each()
    for then in RUNS:
        scene.check_end(then)


def test_a_second_process_is_refused_until_the_first_is_over(scene: Scene) -> None:
    with started("hold", scene.plan) as child:
        assert hear(child) == "holds"
        seen = scene.save()
        for run in RUNS.values():
            with pytest.raises(MigrationBusyError, match="another process") as caught:
                run(scene.plan, quick())
            assert caught.value.root == str(scene.root)
        subprocess.run(["diff", "-r", seen, scene.root], check=True)
        shutil.rmtree(seen)
        assert set(status(scene.plan).values()) == {"before"}
        tell(child, "go")
        assert hear(child) == "done"
    assert set(status(scene.plan).values()) == {"after"}
    assert rollback(scene.plan).restored


def test_a_killed_process_holds_no_lock(scene: Scene) -> None:
    with started("hold", scene.plan) as child:
        assert hear(child) == "holds"
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        assert len(apply(scene.plan).changed) == 4
