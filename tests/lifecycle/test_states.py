"""The transition table, walked whole."""

from __future__ import annotations

import itertools

import pytest

from purveyor.lifecycle.runner import ProviderRunner
from purveyor.lifecycle.states import TRANSITIONS
from purveyor.manager import ProviderManager
from purveyor.metadata import ProviderStatus
from tests.providers import Scripted


def test_every_status_has_its_row_and_only_the_end_is_final() -> None:
    assert set(TRANSITIONS) == set(ProviderStatus)
    assert [status for status, moves in TRANSITIONS.items() if not moves] == [ProviderStatus.STOPPED]


def test_every_status_can_be_reached_and_every_one_reaches_the_end() -> None:
    def reachable(start: ProviderStatus) -> set[ProviderStatus]:
        seen = {start}
        todo = [start]
        while todo:
            for status in TRANSITIONS[todo.pop()] - seen:
                seen.add(status)
                todo.append(status)
        return seen

    assert reachable(ProviderStatus.REGISTERED) == set(ProviderStatus)
    assert all(ProviderStatus.STOPPED in reachable(status) for status in ProviderStatus)


@pytest.mark.parametrize(("start", "end"), list(itertools.product(ProviderStatus, repeat=2)))
def test_a_runner_makes_the_allowed_moves_and_no_other(start: ProviderStatus, end: ProviderStatus) -> None:
    runner = ProviderRunner(Scripted(), ProviderManager()._host)
    runner.status = start
    if end in TRANSITIONS[start]:
        runner._move(end)
        assert runner.status is end
    else:
        with pytest.raises(AssertionError):
            runner._move(end)
        assert runner.status is start
