"""Governed calls: what is called in the place of an operation for which policies hold."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from purveyor.errors import BreakerOpenError, OperationTimeoutError, OverloadedError
from purveyor.policy.deadline import now, within
from purveyor.policy.retry import retry
from purveyor.policy.verdict import Verdict, judge

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from contextvars import Token

    from purveyor.policy.breaker import CircuitBreaker
    from purveyor.policy.limit import Limit
    from purveyor.policy.report import Reporter

__all__ = ["GOVERNED", "Rules"]


@dataclass(slots=True, eq=False)
class Rules:
    """The policies that hold for one operation.

    Args:
        governor: Whose they are.
        reporter: Is told what they do.
        timeout: How long a call may take, in seconds.
        retries: How often it is tried again.
        breaker: Refuses it while the backend fails.
        limit: How many may run at the same time.
    """

    governor: object
    reporter: Reporter
    timeout: float | None
    retries: int
    breaker: CircuitBreaker | None
    limit: Limit | None

    def deadline(self) -> float | None:
        """When a call that begins now must be over."""
        return None if self.timeout is None else now() + self.timeout

    def expired(self) -> OperationTimeoutError:
        """Report that the deadline has passed, and make the error that says so."""
        assert self.timeout is not None
        self.reporter.timed_out(self.timeout)
        return OperationTimeoutError(self.reporter.name, self.reporter.operation, self.timeout)


def _coroutine(rules: Rules, call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def governed(*args: Any, **kwargs: Any) -> Any:
        until = rules.deadline()
        visit = await _Visit.enter(rules, until)
        try:
            with visit:
                result = await within(until, visit.attempts(lambda: call(*args, **kwargs), until), rules.expired)
        except BaseException as error:
            visit.leave(judge(error))
            raise
        visit.leave(Verdict.ANSWERED)
        return result

    return governed


def _function(rules: Rules, call: Callable[..., Any]) -> Callable[..., Any]:
    def governed(*args: Any, **kwargs: Any) -> Any:
        visit = _Visit.enter_at_once(rules)
        try:
            with visit:
                result = call(*args, **kwargs)
        except BaseException as error:
            visit.leave(judge(error))
            raise
        visit.leave(Verdict.ANSWERED)
        return result

    return governed


def _generator(rules: Rules, call: Callable[..., AsyncGenerator[Any, Any]]) -> Callable[..., _Stream]:
    def governed(*args: Any, **kwargs: Any) -> _Stream:
        return _Stream(rules, lambda: call(*args, **kwargs))

    return governed


class _Stream(AsyncGenerator[Any, Any]):
    """A governed async generator: one visit from its first step to its end, a deadline for each step.

    A retry begins it anew, and so is only for what comes before the first item.
    """

    def __init__(self, rules: Rules, call: Callable[[], AsyncGenerator[Any, Any]]) -> None:
        self._rules = rules
        self._call = call
        self._visit: _Visit | None = None
        self._generator: AsyncGenerator[Any, Any] | None = None

    async def asend(self, value: Any, /) -> Any:
        until = self._rules.deadline()
        if self._generator is not None:
            return await self._step(self._generator.asend(value), until)
        self._visit = await _Visit.enter(self._rules, until)
        return await self._step(self._visit.attempts(self._begin, until), until)

    async def athrow(self, *error: Any) -> Any:
        assert self._generator is not None, "it has not begun"
        return await self._step(self._generator.athrow(*error), self._rules.deadline())

    async def aclose(self) -> None:
        if self._generator is None:
            return
        assert self._visit is not None
        try:
            with self._visit:
                await self._generator.aclose()  # without a deadline: it would cut short what lets resources go
        except BaseException as error:
            self._visit.leave(judge(error))
            raise
        self._visit.leave(Verdict.ANSWERED)  # that it was not read to its end is the reader's decision

    async def _begin(self) -> Any:
        self._generator = self._call()
        return await anext(self._generator)

    async def _step(self, step: Awaitable[Any], until: float | None) -> Any:
        assert self._visit is not None
        try:
            with self._visit:
                return await within(until, step, self._rules.expired)
        except BaseException as error:
            self._visit.leave(judge(error))
            raise


#: How a call is governed, by the kind of its operation.
GOVERNED: Mapping[str, Callable[[Rules, Any], Callable[..., Any]]] = {
    "coroutine": _coroutine,
    "generator": _generator,
    "function": _function,
}

#: The governed calls that this context is inside of, the outermost first.
_visits: ContextVar[tuple[_Visit, ...]] = ContextVar("visits", default=())


class _Visit:
    """One governed call: the slot and the breaker's ticket that it holds, from `enter` to `leave`.

    As a context manager it marks what runs in it as inside, also across tasks.
    """

    __slots__ = ("_around", "_breaker", "_is_over", "_limit", "_retries", "_rules", "_ticket", "_token")

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._limit = rules.limit
        self._breaker = rules.breaker
        self._retries = rules.retries
        self._is_over = False
        self._ticket = 0
        self._token: Token[tuple[_Visit, ...]] | None = None
        # Those that are over were left by the caller's context alone: a task that an operation has left running.
        self._around = tuple(visit for visit in _visits.get() if not visit._is_over)
        for visit in self._around:
            if visit._rules.limit is self._limit:
                self._limit = None
            if visit._rules.breaker is self._breaker:
                self._breaker = None
            if visit._rules.retries and visit._rules.governor is rules.governor:
                self._retries = 0

    @classmethod
    async def enter(cls, rules: Rules, until: float | None) -> _Visit:
        """Begin a call, waiting for a slot if need be.

        Raises:
            OverloadedError: As many run and wait as may.
            BreakerOpenError: The breaker refuses it.
            OperationTimeoutError: The deadline passed in the queue.
        """
        visit = cls(rules)
        if visit._limit is not None and not visit._limit.take():
            visit._refuse_early()
            if not await within(until, visit._limit.wait(), rules.expired):
                raise visit._overloaded()
        visit._pass_breaker()
        return visit

    @classmethod
    def enter_at_once(cls, rules: Rules) -> _Visit:
        """Begin a call of a plain function, which cannot wait.

        Raises:
            OverloadedError: As many run as may.
            BreakerOpenError: The breaker refuses it.
        """
        visit = cls(rules)
        if visit._limit is not None and not visit._limit.take():
            raise visit._overloaded()
        visit._pass_breaker()
        return visit

    def leave(self, verdict: Verdict) -> None:
        """End the call; doing so twice is harmless."""
        if self._is_over:
            return
        self._is_over = True
        if self._breaker is not None:
            self._breaker.settle(self._ticket, verdict, now(), self._rules.reporter.breaker_changed)
        if self._limit is not None:
            self._limit.give()

    async def attempts(self, call: Callable[[], Awaitable[Any]], until: float | None) -> Any:
        """Await the call, with the retries that it has."""
        if not self._retries:
            return await call()
        return await retry(
            call, self._retries, until=until, may_go_on=self._may_retry, retried=self._rules.reporter.retried
        )

    def __enter__(self) -> None:
        self._token = _visits.set((*self._around, self))

    def __exit__(self, *_: object) -> None:
        assert self._token is not None
        with suppress(ValueError):  # a coroutine that was abandoned is collected in another context
            _visits.reset(self._token)

    def _may_retry(self) -> bool:
        # A probe is one attempt, and once the breaker has opened nobody tries again.
        return self._breaker is None or self._breaker.state == "closed"

    def _refuse_early(self) -> None:
        """Do not let it queue behind a backend that fails."""
        if self._breaker is not None and (seconds := self._breaker.refusal(now())) is not None:
            raise self._refused(seconds)

    def _pass_breaker(self) -> None:
        if self._breaker is None:
            return
        moment = now()
        ticket = self._breaker.admit(moment, self._rules.reporter.breaker_changed)
        if ticket is None:
            if self._limit is not None:
                self._limit.give()
            raise self._refused(self._breaker.refusal(moment) or 0.0)
        self._ticket = ticket

    def _refused(self, seconds: float) -> BreakerOpenError:
        reporter = self._rules.reporter
        reporter.refused("breaker")
        return BreakerOpenError(reporter.name, reporter.operation, seconds)

    def _overloaded(self) -> OverloadedError:
        assert self._limit is not None
        reporter = self._rules.reporter
        reporter.refused("concurrency")
        return OverloadedError(reporter.name, reporter.operation, self._limit.slots, self._limit.waiting)
