"""Many providers at once: `Launch` starts them as a graph, `Shutdown` stops them the other way round.

Neither has a task for a provider: an owner that is done calls back, and that begins whatever waited for it. So
the whole takes as long as its critical path, and a provider costs little more than the task that owns it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextvars import copy_context
from typing import TYPE_CHECKING

from purveyor.errors import NeedFailedError, ProviderTimeoutError
from purveyor.lifecycle.owner import GRACE
from purveyor.lifecycle.waiting import see_through

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from purveyor.lifecycle.graph import Graph
    from purveyor.lifecycle.runner import ProviderRunner

__all__ = ["Launch", "Shutdown"]


#: Providers that are started or told to stop before the event loop has a turn.
_PORTION = 1000


class Launch:
    """Starts providers, each as soon as what it needs is ready or has failed.

    Args:
        runners: The providers to start.
        graph: Who needs whom.
        present: All of the manager's by name: what is needed may be there already, or on its way.
    """

    def __init__(self, runners: list[ProviderRunner], graph: Graph, present: Mapping[str, ProviderRunner]) -> None:
        self._runners = runners
        self._graph = graph
        self._present = present
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._left = len(runners)
        self._waiting: dict[ProviderRunner, int] = {}  # for how many others
        self._waiters: dict[ProviderRunner, list[ProviderRunner]] = {}
        self._optional: set[tuple[str, str]] = set()  # who can do without whom
        self._lost: dict[ProviderRunner, ProviderRunner] = {}  # who waited for one that is over
        self._ready: deque[ProviderRunner] = deque()
        self._beginning = False
        self._failure: tuple[ProviderRunner, BaseException] | None = None
        context = copy_context()
        is_linked = graph.has_needs
        for runner in runners:
            runner.context = context
            if is_linked and (late := self._late(runner)):
                self._waiting[runner] = len(late)
                for other, optional in late.items():
                    waiters = self._waiters.get(other)
                    if waiters is None:
                        waiters = self._waiters[other] = []
                        other.when_started(self._free)
                    waiters.append(runner)
                    if optional:
                        self._optional.add((runner.name, other.name))
            else:
                self._ready.append(runner)
        if self._waiting:
            self._put_the_critical_first()

    def _late(self, runner: ProviderRunner) -> dict[ProviderRunner, bool]:
        """What a provider has to wait for, and whether it can do without."""
        late: dict[ProviderRunner, bool] = {}
        for edge in self._graph.needs(runner.name):
            other = self._present[edge.target]
            if other.starting:
                late[other] = edge.optional and late.get(other, True)
        return late

    def _put_the_critical_first(self) -> None:
        """Have those begin first on which the longest chains of others wait; of the rest nobody is in a hurry.

        The rule of list scheduling by level (T. C. Hu, Parallel sequencing and assembly line problems, 1961).
        """
        order = list(self._ready)
        left = dict(self._waiting)
        for runner in order:  # which grows
            for waiter in self._waiters.get(runner, ()):
                left[waiter] -= 1
                if not left[waiter]:
                    order.append(waiter)
        heights: dict[ProviderRunner, int] = {}
        for runner in reversed(order):
            waiters = self._waiters.get(runner)
            heights[runner] = 1 + max((heights.get(each, 0) for each in waiters), default=-1) if waiters else 0

        def hurry(runner: ProviderRunner) -> int:
            return -heights.get(runner, 0)  # one that waits for another launch has none

        self._ready = deque(sorted(self._ready, key=hurry))
        for waiters in self._waiters.values():
            waiters.sort(key=hurry)

    async def run(self, timeout: float | None = None) -> None:
        """Start them. The first failure of a required one ends it: then all are stopped again, in reverse.

        A caller that is cancelled has them stopped as well, before the cancellation goes on.

        Args:
            timeout: How long all may take together, in seconds. What is stopped again then has a grace more, and
                is hurried after that.

        Raises:
            BaseException: What the required provider raised; where there are others, with a note that names it.
            ProviderTimeoutError: They were not all ready in time.
        """
        if not self._runners:
            return
        deadline = None if timeout is None else asyncio.get_running_loop().time() + timeout
        try:
            self._begin(_PORTION)
            while self._ready and not self._over.done():
                await asyncio.sleep(0)
                self._begin(_PORTION)
            await asyncio.wait([self._over], timeout=timeout)
        except BaseException:
            await self._undo(deadline)
            raise
        if self._failure is not None:
            culprit, error = self._failure
            for failure in await self._undo(deadline):
                error.add_note(f"while stopping what had started: {failure!r}")
            if len(self._runners) > 1:
                error.add_note(self._tell(culprit))
            raise error
        if not self._over.done():
            late = [runner.name for runner in self._runners if runner.starting]
            await self._undo(deadline)
            raise ProviderTimeoutError(", ".join(late), "start", timeout or 0.0)

    # --- inside -------------------------------------------------------------------------------------

    def _begin(self, most: int | None = None) -> None:
        """Start what waits for nothing; a start that fails at once comes back here, without recursion."""
        if self._beginning:
            return
        self._beginning = True
        for _ in range(len(self._runners) if most is None else most):
            if not self._ready or self._failure is not None:
                break
            runner = self._ready.popleft()
            if (lost := self._lost.get(runner)) is None:
                runner.start(self._settled)
            else:
                runner.start(self._settled, NeedFailedError(runner.name, lost.name, lost.root))
        self._beginning = False

    def _settled(self, runner: ProviderRunner, error: BaseException | None) -> None:
        self._left -= 1
        if error is not None and self._failure is None and (runner.required or runner.over):
            self._failure = runner, error
        if (not self._left or self._failure is not None) and not self._over.done():
            self._over.set_result(None)

    def _free(self, needed: ProviderRunner) -> None:
        for runner in self._waiters[needed]:
            self._waiting[runner] -= 1
            if needed.over and (runner.name, needed.name) not in self._optional:
                self._lost[runner] = needed  # the graph has forgotten it
            if not self._waiting[runner]:
                self._ready.append(runner)
        self._begin()

    async def _undo(self, deadline: float | None) -> list[BaseException]:
        undone = {runner.name: runner for runner in self._runners if not runner.over}
        if self._graph.has_needs:  # others may need them by now, who were registered meanwhile
            todo = list(undone)
            for name in todo:  # which grows
                for dependant in self._graph.dependants(name):
                    if dependant not in undone:
                        undone[dependant] = self._present[dependant]
                        todo.append(dependant)
        shutdown = Shutdown(undone.values(), self._graph)
        shutdown.begin(
            None if deadline is None else max(0.0, deadline - asyncio.get_running_loop().time()) + GRACE
        )
        await see_through(shutdown.over)
        return shutdown.errors

    def _tell(self, culprit: ProviderRunner) -> str:
        freed = set(self._ready)  # by its failure, and not begun any more
        waited = [runner.name for runner, waits in self._waiting.items() if waits or runner in freed]
        text = f"provider {culprit.name} failed to start"
        return f"{text}; waiting for others: {', '.join(waited)}" if waited else text


class Shutdown:
    """Stops providers, each as soon as nobody needs it any more; every one gets its chance.

    Args:
        runners: The providers to stop, in the order in which they were registered.
        graph: Who needs whom.

    Attributes:
        over: Done when all are over.
        errors: What their cleanups raised.
    """

    def __init__(self, runners: Iterable[ProviderRunner], graph: Graph) -> None:
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.errors: list[BaseException] = []
        self._left = {runner.name: runner for runner in runners}
        self._dependants: dict[str, int] = {}
        self._needs: dict[str, list[str]] = {}  # read now, since the graph forgets who is over
        if graph.has_needs:
            for name in self._left:
                self._needs[name] = [target for target in graph.uses(name) if target in self._left]
                for target in self._needs[name]:
                    self._dependants[target] = self._dependants.get(target, 0) + 1
        self._ready = deque(
            runner for name, runner in reversed(self._left.items()) if name not in self._dependants
        )
        self._beginning = False

    def begin(self, timeout: float | None = None) -> None:
        """Begin to stop those that nobody needs; from now on lookups find none of them.

        Args:
            timeout: When to hurry, in seconds from now.
        """
        if timeout is not None:
            alarm = asyncio.get_running_loop().call_later(timeout, self.hurry)
            self.over.add_done_callback(lambda _: alarm.cancel())
        for runner in self._left.values():
            runner.doomed = True
            runner.host.withdrawn(runner)
        self._begin()

    def _begin(self) -> None:
        if not self._left and not self.over.done():
            self.over.set_result(None)
        if self._beginning:
            return
        self._beginning = True
        while self._ready:
            self._ready.popleft().stop(self._ended)
        self._beginning = False

    def hurry(self) -> None:
        """The time is up: what still runs is cancelled, and what waits for its turn has it now."""
        for runner in list(self._left.values()):
            runner.hurry()
            if self._dependants.pop(runner.name, 0):
                self._ready.append(runner)
        self._begin()

    def _ended(self, runner: ProviderRunner) -> None:
        del self._left[runner.name]
        if runner.failure is not None:
            self.errors.append(runner.failure)
        for target in self._needs.get(runner.name, ()):
            waits = self._dependants.get(target, 0) - 1
            if waits == 0:
                del self._dependants[target]
                self._ready.append(self._left[target])
            elif waits > 0:
                self._dependants[target] = waits
        if self._ready or not self._left:
            self._begin()
