"""Killed anywhere, each file is as before or as planned; `apply` then finishes, `rollback` undoes.

A kill is an exception at a step after which no step has any effect; `test_processes` kills real processes.
"""

from __future__ import annotations

import errno
from typing import Any

import pytest

from purveyor.errors import MigrationFailedError

from .helpers import FailAt, KillAt, Killed, WatchedSteps
from .scene import RUNS, STARTS, Scene


def test_killed_at_any_of_a_thousand_points(scene: Scene) -> None:
    met = killed_once(scene) | killed_twice(scene) | killed_while_it_undoes_a_failure(scene)
    assert len(met) >= 1000


def killed_once(scene: Scene) -> set[tuple[object, ...]]:
    met: set[tuple[object, ...]] = set()
    for run, before in STARTS:
        for point in list(scene.kill_points(run, *before)):
            for then in RUNS:
                scene.begin(*before)
                scene.kill(run, KillAt(*point))
                scene.check_end(then)
            met.add((run, *point))
    return met


def killed_twice(scene: Scene) -> set[tuple[object, ...]]:
    """The run that finishes or undoes what a kill has left is killed as well."""
    met: set[tuple[object, ...]] = set()
    for run, before in STARTS:
        for index, point in enumerate(list(scene.kill_points(run, *before))):
            for second in RUNS:
                scene.begin(*before)
                scene.kill(run, KillAt(*point))
                steps = scene.steps(second).changing
                for at in sorted({steps * share // 8 for share in (index % 4, 4 + index % 4)}):
                    saved = scene.save()
                    if at < steps:
                        scene.kill(second, KillAt(at))
                        met.add((run, *point, second, at))
                    scene.check_end(("apply", "rollback")[index % 2])
                    scene.bring_back(saved)
    return met


def killed_while_it_undoes_a_failure(scene: Scene) -> set[tuple[object, ...]]:
    met: set[tuple[object, ...]] = set()
    scene.begin()
    for failing in range(0, len(scene.steps("apply").made), 5):
        for later in range(0, 40, 9):
            scene.begin()
            fails, kills = FailAt(failing, errno.ENOSPC), KillAt(later)

            def watch(name: str, arguments: tuple[Any, ...], fails: FailAt = fails, kills: KillAt = kills) -> None:
                if fails.failed:
                    kills(name, arguments)
                fails(name, arguments)

            with pytest.raises((Killed, MigrationFailedError)):
                RUNS["apply"](scene.plan, WatchedSteps(watch))
            scene.check_each()
            if kills.dead:
                met.add(("apply", failing, "undo", later))
            scene.check_end(("apply", "rollback")[failing % 2])
    return met
