"""Providers that tests register: one that does what it is told, step by step."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from purveyor.metadata import ProviderMetadata, ProviderType
from purveyor.operations import operation
from purveyor.provider import Provider

Step = Callable[[], Awaitable[None]]


async def nothing() -> None:
    """A step that does nothing."""


def metadata(name: str = "one", *capabilities: str, type: ProviderType = ProviderType.CUSTOM) -> ProviderMetadata:
    return ProviderMetadata(name, type, f"Test provider {name}", "1.0.0", list(capabilities))


class Scripted(Provider[dict[str, Any]]):
    """Notes each lifecycle call and then runs the step that the test gave for it."""

    def __init__(
        self, name: str = "one", *capabilities: str, type: ProviderType = ProviderType.CUSTOM, **steps: Step
    ):
        super().__init__(metadata(name, *capabilities, type=type), {})
        self.steps = steps
        self.calls: list[str] = []
        self.tasks: set[asyncio.Task[Any] | None] = set()
        self.incarnation: asyncio.Task[Any] | None = None  # the task that ran the last initialize
        self.resources = 0  # what initialize acquired and cleanup has not released

    async def _run(self, step: str) -> None:
        self.calls.append(step)
        self.tasks.add(asyncio.current_task())
        if step == "initialize":
            self.incarnation = asyncio.current_task()
        elif step == "cleanup":
            assert self.incarnation in (None, asyncio.current_task()), "cleaned up in another task"
        await self.steps.get(step, nothing)()

    async def validate(self) -> None:
        await self._run("validate")

    async def initialize(self) -> None:
        self.resources += 1
        await self._run("initialize")

    async def cleanup(self) -> None:
        await self._run("cleanup")
        self.resources = 0

    @operation
    async def echo(self, value: Any) -> Any:
        assert self.resources, "an operation ran on a closed provider"
        await asyncio.sleep(0)
        assert self.resources, "the provider was closed under an operation"
        return value

    @operation
    async def hold(self, until: asyncio.Event) -> str:
        """Holds a lease until the event is set."""
        await until.wait()
        return "held"

    @operation
    async def nested(self, until: asyncio.Event) -> str:
        """Holds a lease, and calls another operation of its own provider at the end."""
        await until.wait()
        return str(await self.echo("nested"))

    @operation
    async def count_to(self, n: int) -> AsyncIterator[int]:
        for i in range(n):
            await asyncio.sleep(0)
            yield i

    @operation
    def plain(self, value: Any) -> Any:
        """A plain function."""
        return value

    @operation(idempotent=True)
    async def fail(self, error: BaseException) -> None:
        raise error


def raising(error: BaseException) -> Step:
    async def step() -> None:
        raise error

    return step


def waiting(event: asyncio.Event) -> Step:
    async def step() -> None:
        await event.wait()

    return step
