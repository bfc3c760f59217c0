"""A disk that is full, broken or forbidden at any step: a failed `apply` has undone itself."""

from __future__ import annotations

import errno
import os

import pytest

from purveyor.errors import MigrationFailedError

from .helpers import ALL, GROWING, MODIFIED, FailAt, KillAt, WatchedSteps, look, times
from .scene import RUNS, Scene

ERRORS = (errno.ENOSPC, errno.EIO, errno.EACCES)


def fail(scene: Scene, run: str, fault: FailAt) -> MigrationFailedError:
    with pytest.raises(MigrationFailedError) as caught:
        RUNS[run](scene.plan, WatchedSteps(fault))
    assert os.strerror(fault.error) in caught.value.problem
    assert caught.value.action == run
    scene.check_each()
    return caught.value


def check_as_before(scene: Scene) -> None:
    assert look(scene.root) == scene.before
    assert not (scene.root / ".purveyor").exists()
    assert set(times(scene.root).values()) == {MODIFIED}


@pytest.mark.parametrize(
    ("error", "later"), [(errno.ENOSPC, ()), (errno.EIO, ()), (errno.EACCES, ()), (errno.ENOSPC, GROWING)]
)
def test_an_apply_that_fails_at_any_step_has_undone_itself(
    scene: Scene, error: int, later: tuple[str, ...]
) -> None:
    scene.begin()
    steps = scene.steps("apply").made
    first_change = steps.index("mkdir")
    for number in range(len(steps)):
        scene.begin()
        failure = fail(scene, "apply", FailAt(number, error, later))
        assert failure.outcome == ("unchanged" if number < first_change else "undone")
        check_as_before(scene)
    assert len(steps) > 100


def test_what_a_killed_apply_has_done_is_undone_as_well(scene: Scene) -> None:
    scene.begin()
    undone = 0
    for number in range(40, scene.steps("apply").changing, 7):
        scene.begin()
        scene.kill("apply", KillAt(number))
        left = scene.steps("apply").made
        if "rename" in left:
            assert fail(scene, "apply", FailAt(left.index("rename"), errno.EIO)).outcome == "undone"
            check_as_before(scene)
            undone += 1
    assert undone > 5


@pytest.mark.parametrize("then", RUNS)
def test_where_nothing_works_any_more_the_rest_is_done_later(scene: Scene, then: str) -> None:
    scene.begin()
    steps = scene.steps("apply").made
    outcomes: set[str] = set()
    for number in range(0, len(steps), 3):
        scene.begin()
        outcomes.add(fail(scene, "apply", FailAt(number, errno.EIO, ALL)).outcome)
        scene.check_end(then)
    assert outcomes == {"unchanged", "unfinished"}


@pytest.mark.parametrize("error", ERRORS, ids=errno.errorcode.get)
def test_a_rollback_that_fails_at_any_step_goes_on_later(scene: Scene, error: int) -> None:
    scene.begin("apply")
    steps = scene.steps("rollback").made
    for number in range(len(steps)):
        scene.begin("apply")
        failure = fail(scene, "rollback", FailAt(number, error))
        if failure.outcome == "unchanged":
            assert look(scene.root) == scene.after
        scene.check_end(("rollback", "apply")[number % 2])


def test_a_rollback_needs_no_room_on_the_disk_but_for_its_journal(scene: Scene) -> None:
    scene.begin("apply")
    made = scene.steps("rollback").made
    assert set(made) & set(GROWING) == {"write"}
    assert made.count("write") == made.count("open_to_append")
