"""A provider whose generations can be told apart, and what the tests of reloads have in common."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from purveyor.events import Event, StatusChanged
from purveyor.lifecycle.states import TRANSITIONS
from purveyor.manager import ProviderManager
from purveyor.metadata import Health
from purveyor.operations import operation
from tests.providers import Scripted, Step, nothing


async def turns(count: int = 30) -> None:
    """Let the event loop run until nothing is left that waits only for its turn."""
    for _ in range(count):
        await asyncio.sleep(0)


@dataclass
class Line:
    """What all generations of one provider share.

    Args:
        members: All instances that were built, the first one first.
        steps: What each of them does in the steps of its lifecycle.
        health: What their checks answer.
    """

    members: list[Member] = field(default_factory=list["Member"])
    steps: dict[str, Step] = field(default_factory=dict[str, Step])
    health: Health = field(default_factory=Health.healthy)

    @property
    def open(self) -> list[int]:
        """The numbers of those that have been initialized and not cleaned up."""
        return [member.number for member in self.members if member.resources]

    @property
    def calls(self) -> list[str]:
        """The lifecycle calls of each, as one text; checks, which come by themselves, are not among them."""
        return [" ".join(member.calls) for member in self.members]


class Member(Scripted):
    """One generation; the first one is number 1. It is swapped unless a policy says otherwise."""

    provider_reload = "swap"

    def __init__(self, name: str = "one", line: Line | None = None, config: Any = None, **steps: Step) -> None:
        super().__init__(name, "number")
        self.line = line or Line()
        self.line.steps.update(steps)
        self.steps = self.line.steps
        self._config = config or {}
        self.line.members.append(self)
        self.number = len(self.line.members)

    def next_generation(self, config: Any) -> Member:
        return type(self)(self.metadata.name, self.line, config)

    async def check(self) -> Health:
        assert self.resources, "it was checked while it was closed"
        await self.steps.get("check", nothing)()
        return self.line.health

    @operation
    async def which(self) -> int:
        """The number of the generation it runs on."""
        assert self.resources, "an operation ran on a closed provider"
        await asyncio.sleep(0)
        assert self.resources, "the provider was closed under an operation"
        return self.number

    @operation
    async def which_twice(self, until: asyncio.Event) -> tuple[int, int]:
        """The number, and that of an operation of its own that it calls once the event is set."""
        await until.wait()
        assert self.resources, "the provider was closed under an operation"
        return self.number, await self.which()

    @operation
    def which_plain(self) -> int:
        """As `which`, but a plain function."""
        assert self.resources, "an operation ran on a closed provider"
        return self.number

    @operation
    async def numbers(self, count: int) -> AsyncIterator[int]:
        """The number, again and again."""
        for _ in range(count):
            assert self.resources, "a generator ran on a closed provider"
            yield self.number


class Journal:
    """What a manager tells of its providers; every change of a status must be one that the table allows."""

    def __init__(self, manager: ProviderManager) -> None:
        self.events: list[Event] = []
        manager.subscribe(self._take)

    def of(self, *kinds: type[Event]) -> list[Any]:
        """The events of some kinds."""
        return [event for event in self.events if isinstance(event, kinds)]

    def _take(self, event: Event) -> None:
        if isinstance(event, StatusChanged) and event.old is not None:
            assert event.new in TRANSITIONS[event.old]
        self.events.append(event)


def nothing_is_left(*allowed: asyncio.Task[Any]) -> bool:
    """Whether no task is left but the test's own, and those that are named."""
    return asyncio.all_tasks() <= {asyncio.current_task(), *allowed}
