"""Killed anywhere, each file is as before or as planned; `apply` then finishes, `rollback` undoes.

A kill is an exception at a step after which no step has any effect; `test_processes` kills real processes.
"""

from __future__ import annotations

import errno
import os
import random
from contextlib import suppress
from typing import Any

import pytest

from purveyor.errors import MigrationFailedError

from .helpers import FailAt, KillAt, Killed, WatchedSteps
from .scene import RUNS, STARTS, Scene


def test_killed_at_any_of_a_thousand_points(scene: Scene) -> None:
    met = killed_once(scene) | killed_again_and_again(scene, 750) | killed_while_it_undoes_a_failure(scene)
    assert len(met) >= 1000


def killed_once(scene: Scene) -> set[tuple[object, ...]]:
    """Each point there is, followed by what finishes and by what undoes."""
    met: set[tuple[object, ...]] = set()
    for run, before in STARTS:
        for point in list(scene.kill_points(run, *before)):
            for then in RUNS:
                scene.begin(*before)
                scene.kill(run, KillAt(*point))
                scene.check_end(then)
            met.add((run, *point))
    return met


def killed_again_and_again(scene: Scene, kills: int) -> set[tuple[object, ...]]:
    """What goes on with what a kill has left is killed as well, in any order."""
    met: set[tuple[object, ...]] = set()
    chance = random.Random(4)
    scene.begin()
    found = scene.check_each()
    while len(met) < kills:
        run, torn = chance.choice(("apply", "rollback")), chance.random() < 0.2
        kill = KillAt(chance.randrange(chance.choice((5, 20, 60))) // (4 if torn else 1), torn)
        point = (tuple(found.items()), journal_of(scene), run, kill.left, torn)
        with suppress(Killed):
            RUNS[run](scene.plan, WatchedSteps(kill))
        found = scene.check_each()
        if kill.dead:
            met.add(point)
        if chance.random() < 0.1:
            scene.check_end(chance.choice(("apply", "rollback")))
            found = scene.check_each()
    return met


def journal_of(scene: Scene) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The folders of journals, whole or not, and what is in them."""
    found = (each for top in sorted(scene.root.glob(".purveyor*")) for each in os.walk(top))
    return tuple((folder, (*sorted(folders), *sorted(files))) for folder, folders, files in found)


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
