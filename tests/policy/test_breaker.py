"""The circuit breaker: its rules one by one, and any course of things against a model."""

from __future__ import annotations

import gc
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from purveyor.policy import Breaker
from purveyor.policy.breaker import CircuitBreaker
from purveyor.policy.verdict import Verdict

ANSWERED, FAILED, NOTHING = Verdict.ANSWERED, Verdict.FAILED, Verdict.NOTHING


class Bench:
    """A breaker, the time, and the changes it has told of."""

    def __init__(self, failures: int = 3, reset: float = 10.0) -> None:
        self.breaker = CircuitBreaker(Breaker(failures, reset))
        self.time = 100.0
        self.changes: list[tuple[str, str]] = []

    @property
    def state(self) -> str:
        return self.breaker.state

    def admit(self) -> int | None:
        return self.breaker.admit(self.time, self.changed)

    def settle(self, ticket: int | None, verdict: Verdict) -> None:
        assert ticket is not None
        self.breaker.settle(ticket, verdict, self.time, self.changed)

    def call(self, *verdicts: Verdict) -> None:
        for verdict in verdicts:
            self.settle(self.admit(), verdict)

    def changed(self, old: str, new: str) -> None:
        self.changes.append((old, new))


def test_it_opens_at_failures_in_a_row_and_refuses() -> None:
    bench = Bench()
    bench.call(FAILED, FAILED, ANSWERED, FAILED, FAILED)
    assert bench.state == "closed"
    assert bench.breaker.refusal(bench.time) is None
    bench.call(FAILED)
    assert bench.state == "open"
    assert bench.changes == [("closed", "open")]
    bench.time += 9
    assert bench.admit() is None
    assert bench.breaker.refusal(bench.time) == 1.0


def test_what_says_nothing_neither_counts_nor_starts_anew() -> None:
    bench = Bench()
    bench.call(FAILED, NOTHING, FAILED, NOTHING, FAILED)
    assert bench.state == "open"


def test_one_probe_goes_through_and_closes_it() -> None:
    bench = Bench()
    bench.call(FAILED, FAILED, FAILED)
    bench.time += 10
    assert bench.breaker.refusal(bench.time) is None
    probe = bench.admit()
    assert probe is not None
    assert bench.state == "half_open"
    assert [bench.admit() for _ in range(5)] == [None] * 5
    assert bench.breaker.refusal(bench.time) == 10.0
    bench.settle(probe, ANSWERED)
    assert bench.changes == [("closed", "open"), ("open", "half_open"), ("half_open", "closed")]
    bench.call(FAILED, FAILED)
    assert bench.state == "closed"  # it counts from none again


def test_a_probe_that_fails_opens_it_for_another_while() -> None:
    bench = Bench()
    bench.call(FAILED, FAILED, FAILED)
    bench.time += 12
    bench.call(FAILED)
    assert bench.changes[-2:] == [("open", "half_open"), ("half_open", "open")]
    bench.time += 9
    assert bench.admit() is None
    bench.time += 1
    assert bench.admit() is not None


def test_a_probe_that_is_cancelled_makes_room_for_the_next() -> None:
    bench = Bench()
    bench.call(FAILED, FAILED, FAILED)
    bench.time += 10
    bench.call(NOTHING)
    assert bench.state == "half_open"
    bench.call(ANSWERED)
    assert bench.state == "closed"


def test_a_probe_from_which_nothing_is_heard_is_given_up() -> None:
    bench = Bench()
    bench.call(FAILED, FAILED, FAILED)
    bench.time += 10
    lost = bench.admit()
    bench.time += 10
    probe = bench.admit()
    assert probe is not None
    bench.settle(lost, ANSWERED)
    assert bench.state == "half_open"
    assert len(bench.changes) == 2  # a second probe is no change
    bench.settle(probe, FAILED)
    assert bench.state == "open"


@pytest.mark.parametrize("verdict", list(Verdict))
def test_calls_from_before_a_change_change_nothing(verdict: Verdict) -> None:
    bench = Bench()
    early = bench.admit()
    bench.call(FAILED, FAILED, FAILED)
    bench.settle(early, verdict)
    assert bench.state == "open"
    bench.time += 10
    probe = bench.admit()
    bench.settle(early, verdict)
    assert bench.state == "half_open"
    assert bench.admit() is None
    bench.settle(probe, ANSWERED)
    bench.settle(probe, FAILED)
    assert bench.state == "closed"


def test_it_may_be_settled_while_it_changes() -> None:
    """An abandoned coroutine can be collected, and settled, at any allocation: no deadlock with oneself."""
    bench = Bench(failures=1)
    other = bench.admit()

    def changed(*change: str) -> None:
        bench.changed(*change)
        bench.settle(other, NOTHING)
        gc.collect()

    ticket = bench.admit()
    assert ticket is not None
    bench.breaker.settle(ticket, FAILED, bench.time, changed)
    assert bench.state == "open"


@dataclass
class Model:
    """The rules once more, by bookkeeping over all calls instead of by counters and tickets."""

    failures: int
    reset: float
    state: str = "closed"
    row: int = 0
    opened: float = 0.0
    probe: Any = None
    probe_since: float = 0.0
    current: set[int] = field(default_factory=set)  # calls since the last change

    def admits(self, now: float) -> bool:
        if self.state == "open":
            return now - self.opened >= self.reset
        return self.state == "closed" or self.probe is None or now - self.probe_since >= self.reset

    def admit(self, call: int, now: float) -> None:
        if self.state == "closed":
            self.current.add(call)
        else:
            self.state, self.probe, self.probe_since = "half_open", call, now

    def settle(self, call: int, verdict: Verdict, now: float) -> None:
        if self.state == "half_open" and call == self.probe:
            self.probe = None
            if verdict is not NOTHING:
                self.state = "closed" if verdict is ANSWERED else "open"
                self.row, self.opened, self.current = 0, now, set()
        elif self.state == "closed" and call in self.current:
            self.row = {ANSWERED: 0, FAILED: self.row + 1, NOTHING: self.row}[verdict]
            if self.row == self.failures:
                self.state, self.row, self.opened, self.current = "open", 0, now, set()


class BreakerMachine(RuleBasedStateMachine):
    """Calls begin and end in any order and at any time."""

    @initialize(failures=st.integers(1, 4), reset=st.sampled_from([1, 2, 8]))
    def begin(self, failures: int, reset: int) -> None:
        self.bench = Bench(failures, reset)
        self.model = Model(failures, reset)
        self.running: dict[int, int] = {}  # tickets by call
        self.calls = 0

    @rule()
    def call(self) -> None:
        self.calls += 1
        expected = self.model.admits(self.bench.time)
        assert (self.bench.breaker.refusal(self.bench.time) is None) == expected
        ticket = self.bench.admit()
        assert (ticket is not None) == expected
        if ticket is not None:
            self.running[self.calls] = ticket
            self.model.admit(self.calls, self.bench.time)

    @precondition(lambda self: self.running)
    @rule(data=st.data(), verdict=st.sampled_from(Verdict))
    def end(self, data: st.DataObject, verdict: Verdict) -> None:
        call = data.draw(st.sampled_from(sorted(self.running)))
        self.bench.settle(self.running.pop(call), verdict)
        self.model.settle(call, verdict, self.bench.time)

    @rule(quarters=st.integers(1, 12))
    def wait(self, quarters: int) -> None:
        self.bench.time += quarters / 4

    @invariant()
    def they_agree(self) -> None:
        if not hasattr(self, "bench"):
            return
        assert self.bench.state == self.model.state
        path = [old for old, _ in self.bench.changes] + [self.bench.state]
        assert path[0] == "closed"
        assert path[1:] == [new for _, new in self.bench.changes]
        allowed = {("closed", "open"), ("open", "half_open"), ("half_open", "open"), ("half_open", "closed")}
        assert set(self.bench.changes) <= allowed


TestBreakerMachine = BreakerMachine.TestCase
TestBreakerMachine.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
