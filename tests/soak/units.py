"""The providers of the soak: each owns a resource, uses it in every operation, and notices when it is closed."""

from __future__ import annotations

import asyncio
import contextlib
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from purveyor.lifecycle.owner import GRACE
from purveyor.metadata import Health
from purveyor.needs import Needs
from purveyor.operations import operation
from purveyor.provider import Provider
from tests.soak.ledger import OrderedError, OwnError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.soak.ledger import Ledger

__all__ = ["InPlace", "Swapped", "Unit", "UnitConfig"]

#: How often an operation fails by itself.
OWN_ERRORS = 0.002


@dataclass(frozen=True)
class UnitConfig:
    """What a unit is configured with.

    Args:
        revision: Larger in each later configuration.
    """

    revision: int = 0


class Resource:
    """What must be closed once, and not be used after that."""

    def __init__(self, ledger: Ledger, name: str, most: int) -> None:
        self._ledger = ledger
        self._name = name
        self._closed = False
        ledger.open[name] += 1
        ledger.note(name, f"open {id(self):#x}")
        if ledger.open[name] > most:
            ledger.violation(f"{name} has {ledger.open[name]} generations open at once; {most} may be", name)

    def use(self, operation: str) -> None:
        if self._closed:
            text = f"{operation} of {self._name} runs on a generation that is closed"
            self._ledger.violation(text, self._name)

    def close(self) -> None:
        if self._closed:
            self._ledger.violation(f"a resource of {self._name} is closed twice", self._name)
        self._closed = True
        self._ledger.note(self._name, f"close {id(self):#x}")
        self._ledger.open[self._name] -= 1


class Unit(Provider[UnitConfig]):
    """A provider that is called, reloaded and broken. It may need two others."""

    first: Annotated[Unit | None, Needs()] = None
    second: Annotated[Unit | None, Needs()] = None

    ledger: ClassVar[Ledger]
    most_open: ClassVar[int] = 1

    async def initialize(self) -> None:
        """Open the resource, or do what is ordered instead."""
        await self._do("initialize")
        self._resource = Resource(self.ledger, self._provider_name, self.most_open)
        await self._do("opened")  # a fault that leaves it for cleanup to close

    async def cleanup(self) -> None:
        """Close the resource, if there is one; fails only after that."""
        resource = self.__dict__.pop("_resource", None)
        try:
            await asyncio.sleep(0)
        finally:
            if resource is not None:
                resource.close()
        await self._do("cleanup")

    async def check(self) -> Health:
        """Healthy, unless it is ordered otherwise."""
        if await self._do("check") == "unhealthy":
            return Health.unhealthy("as ordered")
        return Health.healthy()

    async def on_need_reloaded(self, role: str, provider: Provider[Any]) -> None:
        """Must be told of the one that is there now."""
        self.ledger.counts["needs reloaded"] += 1
        if getattr(self, role) is not provider:
            self.ledger.violation(
                f"{self._provider_name} was told of another {role} than it was given", self._provider_name
            )

    @operation(idempotent=True)
    async def read(self, number: int) -> tuple[str, int, int]:
        """Who is asked, with which revision, and what was asked."""
        await self._work("read")
        if random.random() < OWN_ERRORS:
            raise OwnError
        return self._provider_name, self.config.revision, number

    @operation
    async def relay(self, number: int) -> tuple[str, int, int]:
        """As `read`, after those that it needs have been read."""
        self._resource.use("relay")
        for need in (self.first, self.second):
            if need is not None:
                await need.read(number)
        return await self.read(number)

    @operation
    async def stream(self, number: int) -> AsyncIterator[tuple[str, int, int]]:
        """As `read`, several times."""
        for _ in range(4):
            await self._work("stream")
            yield self._provider_name, self.config.revision, number

    @operation
    def peek(self, number: int) -> tuple[str, int, int]:
        """As `read`, at once."""
        self._resource.use("peek")
        return self._provider_name, self.config.revision, number

    async def _work(self, operation: str) -> None:
        resource = self._resource
        resource.use(operation)
        await asyncio.sleep(random.uniform(0, 0.004))
        resource.use(operation)

    async def _do(self, step: str) -> str | None:
        """What is ordered of a step of the lifecycle."""
        kind = self.ledger.take(self._provider_name, step)
        if kind == "fail":
            raise OrderedError(self._provider_name, step)
        if kind == "slow":
            await asyncio.sleep(random.uniform(0.01, 0.1))
        elif kind == "hang":
            await asyncio.Event().wait()
        elif kind == "refuse":
            await _refuse_cancellation(GRACE + 2)  # so long that it is abandoned
            raise OrderedError(self._provider_name, step)
        return kind


class InPlace(Unit):
    """One of whose resource there can be only one."""

    provider_reload = "in_place"


class Swapped(Unit):
    """One whose generations may be open at once: the one that serves, the one before it, and the next."""

    provider_reload = "swap"
    most_open = 3


async def _refuse_cancellation(seconds: float) -> None:
    end = asyncio.get_running_loop().time() + seconds
    while (left := end - asyncio.get_running_loop().time()) > 0:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(left)
