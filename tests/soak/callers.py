"""Those who call the providers all the time, from the event loop and from threads, and check every answer."""

from __future__ import annotations

import asyncio
import random
import sys
import threading
import time
import traceback
from typing import TYPE_CHECKING, Any

from purveyor.errors import ProviderNotFoundError, ProviderNotReadyError
from tests.soak.ledger import OwnError
from tests.soak.units import Swapped, Unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from purveyor.manager import ProviderManager
    from tests.soak.ledger import Ledger

__all__ = ["Callers"]

#: How long a caller pauses between two calls, in seconds.
PAUSE = 0.04

#: How many threads call plain functions.
THREADS = 2


class Callers:
    """Callers that can be paused, so that there are moments at which nothing runs.

    Args:
        manager: Where they look the providers up.
        ledger: Where they write down what they saw.
        names: The providers.
        count: How many callers.
        seed: What their choices come from.
    """

    def __init__(
        self, manager: ProviderManager, ledger: Ledger, names: Sequence[str], count: int, seed: int
    ) -> None:
        self._manager = manager
        self._ledger = ledger
        self._names = names
        self._go = asyncio.Event()
        self._resting: set[object] = set()
        self._calls: dict[object, tuple[str, str]] = {}  # what each caller calls just now, or has called last
        self._tasks = [
            asyncio.create_task(self._call_on(random.Random(f"{seed}/{number}")), name=f"caller-{number}")
            for number in range(count)
        ]
        self._over = threading.Event()
        self._threads_go = threading.Event()
        self._threads = [
            threading.Thread(target=self._peek_on, args=(random.Random(f"{seed}/thread/{number}"),), daemon=True)
            for number in range(THREADS)
        ]
        for thread in self._threads:
            thread.start()

    def resume(self) -> None:
        """Have them call."""
        self._go.set()
        self._threads_go.set()

    async def pause(self, timeout: float) -> None:
        """Wait until each has finished what it does and begins nothing new.

        Args:
            timeout: How long that may take, in seconds.
        """
        self._go.clear()
        self._threads_go.clear()
        deadline = time.monotonic() + timeout
        while left := len(self._tasks) + len(self._threads) - len(self._resting):
            if time.monotonic() > deadline:
                self._ledger.violation(f"{left} callers still wait for their operation after {timeout} s")
                self._tell_where()
                return
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """End them; they must be paused."""
        self._over.set()
        self._threads_go.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for thread in self._threads:
            await asyncio.to_thread(thread.join, 5)

    def _tell_where(self) -> None:
        """Say of those who do not come back whom they call, and of threads where they stand."""
        frames = sys._current_frames()
        for caller, (kind, name) in self._calls.items():
            if caller not in self._resting:
                self._ledger.violation(f"{kind} of {name} does not come back", name)
        for thread in self._threads:
            stack = traceback.extract_stack(frames.get(thread.ident or 0))
            where = " < ".join(f"{each.name}:{each.lineno}" for each in reversed(stack[-8:]))
            self._ledger.violation(f"a thread stands at {where}")

    # --- on the event loop ------------------------------------------------------------------------------

    async def _call_on(self, chance: random.Random) -> None:
        unit: Unit | None = None
        taken = 0.0
        while True:
            if not self._go.is_set():
                self._resting.add(chance)
                await self._go.wait()
                self._resting.discard(chance)
            if unit is None or chance.random() < 0.1:  # else by the reference that it has kept
                name = chance.choice(self._names)
                taken = time.monotonic()
                try:
                    unit = self._manager.get(name, Unit)
                except ProviderNotFoundError as error:
                    unit = None
                    self._failed(error, name, "get", taken, taken)
            if unit is not None and not await self._call(unit, chance, taken):
                unit = None
            await asyncio.sleep(PAUSE * chance.random())

    async def _call(self, unit: Unit, chance: random.Random, taken: float) -> bool:
        """One call; whether the reference is still good."""
        name = unit.metadata.name
        kinds = ["read", "read", "relay", "stream", "impatient"]
        if isinstance(unit, Swapped):  # else it cannot wait on the event loop for a reload
            kinds.append("peek")
        kind = chance.choice(kinds)
        self._calls[chance] = kind, name
        number = chance.randrange(1 << 30)
        revision = self._ledger.revisions[name]
        begun = time.monotonic()
        try:
            if kind == "stream":
                answers = [answer async for answer in unit.stream(number)]
            elif kind == "peek":
                answers = [unit.peek(number)]
            elif kind == "impatient":  # a caller that is cancelled, or leaves a stream
                async with asyncio.timeout(chance.uniform(0, 0.006)):
                    async for _ in unit.stream(number):
                        if chance.random() < 0.3:
                            break
                return True
            else:
                answers = [await getattr(unit, kind)(number)]
        except OwnError:
            self._ledger.counts["own errors"] += 1
        except TimeoutError as error:
            if type(error) is not TimeoutError or kind != "impatient":
                return self._failed(error, name, kind, begun, taken)
            self._ledger.counts["impatient callers"] += 1
        except Exception as error:
            return self._failed(error, name, kind, begun, taken)
        else:
            self._check(name, kind, answers, number, revision)
            self._ledger.succeeded(time.monotonic() - begun)
        return True

    def _check(self, name: str, kind: str, answers: list[Any], number: int, revision: int) -> None:
        for answer in answers:
            if answer[0] != name or answer[2] != number:
                self._ledger.violation(f"{kind} of {name} with {number} was answered with {answer}", name)
            elif answer[1] < revision:
                self._ledger.violation(
                    f"{kind} of {name} ran with configuration {answer[1]} after {revision} was acknowledged",
                    name,
                )

    def _failed(self, error: Exception, name: str, kind: str, begun: float, taken: float) -> bool:
        """A call that failed: by its provider's own fault, or by a reload."""
        culprit = getattr(error, "name", None) or name
        if isinstance(error, ProviderNotReadyError | ProviderNotFoundError):
            if self._ledger.is_excused(culprit, begun):
                self._ledger.counts["excused failures"] += 1
                return False
            if taken <= self._ledger.gone.get(name, 0.0):
                self._ledger.counts["dead references"] += 1
                return False
        self._ledger.violation(f"{kind} of {name} failed: {type(error).__name__}: {error}", culprit)
        return False

    # --- in threads -------------------------------------------------------------------------------------

    def _peek_on(self, chance: random.Random) -> None:
        """Call plain functions; in a thread they wait for a reload."""
        while not self._over.is_set():
            if not self._threads_go.is_set():
                self._resting.add(chance)
                self._threads_go.wait()
                self._resting.discard(chance)
                continue
            name = chance.choice(self._names)
            taken = begun = time.monotonic()
            number = chance.randrange(1 << 30)
            revision = self._ledger.revisions[name]
            self._calls[chance] = "peek in a thread", name
            try:
                unit = self._manager.get(name, Unit)
                self._check(name, "peek in a thread", [unit.peek(number)], number, revision)
                self._ledger.counts["operations in threads"] += 1
            except Exception as error:
                self._failed(error, name, "peek in a thread", begun, taken)
            self._over.wait(0.02 * chance.random())
