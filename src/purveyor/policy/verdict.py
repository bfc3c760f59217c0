"""What an error says of the backend: the one rule by which retries and breakers go.

An error's class decides, and for those that name themselves permanent that word. What is the caller's fault
(`ValueError`, `TypeError`) would fail again and says nothing of the backend; nor does an operation that was
cancelled, or one that another provider's policy has refused. A conflict, or something that is not there, is the
answer of a backend that works. All others are failures of the backend: they are what retries and breakers are
for. A provider whose backend answers with rubbish therefore raises an error of its own for it (`StoreError`),
and lets no `ValueError` of a parser pass.
"""

from __future__ import annotations

from enum import Enum

from purveyor.errors import (
    BreakerOpenError,
    ConflictError,
    ObjectNotFoundError,
    OverloadedError,
    PathObstructedError,
)

__all__ = ["Verdict", "judge"]


class Verdict(Enum):
    """What a call says of the backend."""

    ANSWERED = "answered"
    FAILED = "failed"
    NOTHING = "nothing"


_ANSWERS = (ConflictError, LookupError, ObjectNotFoundError, PathObstructedError, StopAsyncIteration)
_FAULTS = (AssertionError, AttributeError, NameError, NotImplementedError, TypeError, ValueError)
_REFUSALS = (BreakerOpenError, OverloadedError)


def judge(error: BaseException) -> Verdict:
    """What a call that ended with this error says of the backend.

    Of a group, the error that is no failure of the backend decides, since trying again would meet it again.
    """
    if isinstance(error, BaseExceptionGroup):
        verdicts = (judge(each) for each in error.exceptions)
        return next((verdict for verdict in verdicts if verdict is not Verdict.FAILED), Verdict.FAILED)
    if not isinstance(error, Exception) or getattr(error, "permanent", False):
        return Verdict.NOTHING
    if isinstance(error, _ANSWERS):
        return Verdict.ANSWERED
    return Verdict.NOTHING if isinstance(error, (*_FAULTS, *_REFUSALS)) else Verdict.FAILED
