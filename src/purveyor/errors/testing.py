"""Errors of the testing kit."""

from __future__ import annotations

from purveyor.errors.base import PurveyorError

__all__ = [
    "FakeClockError",
]


class FakeClockError(PurveyorError, RuntimeError):
    """A fake clock was used where it cannot work, or a test waits for a time that never comes.

    Args:
        problem: What is wrong.
        advice: What to do about it.
    """

    def __init__(self, problem: str, advice: str) -> None:
        super().__init__(problem, advice)
        self.problem = problem
        self.advice = advice

    @property
    def what(self) -> str:
        return self.problem

    @property
    def hint(self) -> str:
        return self.advice
