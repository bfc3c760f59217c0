"""Random programs of lifecycle calls, operations, failures and cancellations, all at once, against what must hold."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from purveyor.errors import PurveyorError
from purveyor.manager import ProviderManager
from purveyor.metadata import ProviderStatus, ProviderType
from tests.providers import Scripted

NAMES = ("a", "b")
FAULTS = ("validate", "initialize", "cleanup", None, None, None)


@dataclass(frozen=True)
class Act:
    """One call, made after some turns of the event loop, and perhaps cancelled after some more."""

    what: str
    name: str
    fault: str | None
    after: int
    cancelled_after: int | None


acts = st.lists(
    st.builds(
        Act,
        what=st.sampled_from(["register", "register", "unregister", "reload", "cleanup", "echo", "stream"]),
        name=st.sampled_from(NAMES),
        fault=st.sampled_from(FAULTS),
        after=st.integers(0, 12),
        cancelled_after=st.none() | st.integers(0, 12),
    ),
    max_size=14,
)


class Fault(Exception):  # noqa: N818 - it stands for any
    """What a step raises when it is told to fail."""


class Faulty(Scripted):
    """Each of its steps takes a few turns of the event loop; one of them fails, once."""

    def __init__(self, name: str, fault: str | None) -> None:
        super().__init__(name, "store")
        self.fault = fault

    async def _run(self, step: str) -> None:
        await super()._run(step)
        await asyncio.sleep(0)
        if self.fault == step:
            self.fault = None
            raise Fault(step)
        await asyncio.sleep(0)


def raise_all_but(group: ExceptionGroup[Exception], *expected: type[Exception]) -> None:
    unexpected = group.split(expected)[1]
    if unexpected is not None:
        raise unexpected


async def turns(n: int) -> None:
    for _ in range(n):
        await asyncio.sleep(0)


async def run(program: list[Act]) -> None:
    manager = ProviderManager(drain_timeout=30)
    made: list[Faulty] = []

    async def perform(act: Act) -> None:
        await turns(act.after)
        try:
            match act.what:
                case "register":
                    made.append(Faulty(act.name, act.fault))
                    await manager.register(made[-1])
                case "unregister":
                    await manager.unregister(act.name)
                case "reload":
                    await manager.reload_provider(act.name)
                case "cleanup":
                    await manager.cleanup()
                case _:
                    await use(act)
        except (Fault, PurveyorError):
            pass
        except ExceptionGroup as group:
            raise_all_but(group, Fault, PurveyorError)

    async def use(act: Act) -> None:
        provider: Any = manager.get_provider(act.name)
        if provider is not None:
            if act.what == "echo":
                assert await provider.echo(act.after) == act.after
            else:
                assert [i async for i in provider.count_to(3)] == [0, 1, 2]

    async def with_cancellation(act: Act) -> None:
        task = asyncio.create_task(perform(act))
        if act.cancelled_after is not None:
            await turns(act.after + act.cancelled_after)
            task.cancel()
        await asyncio.gather(task, return_exceptions=act.cancelled_after is not None)

    await asyncio.gather(*(with_cancellation(act) for act in program))
    await check_live(manager, made)
    while len(manager) or manager._runners:
        try:
            await manager.cleanup()
        except ExceptionGroup as group:
            raise_all_but(group, Fault)
    check_over(manager, made)


async def check_live(manager: ProviderManager, made: list[Faulty]) -> None:
    """What is registered works, or says that it failed; lookups and indexes agree."""
    for name in manager.names():
        provider = manager.get(name, Faulty)
        assert provider in made
        try:
            assert await provider.echo("still there") == "still there"
        except PurveyorError:
            assert manager.get_provider(name) is None or manager.status(name) is ProviderStatus.FAILED
    live = [manager.get_provider(name) for name in manager.names()]
    assert manager.get_providers_by_type(ProviderType.CUSTOM) == live
    assert manager.get_providers_by_capability("store") == live


def check_over(manager: ProviderManager, made: list[Faulty]) -> None:
    """No lease, no task, and nothing that was acquired and never offered for release."""
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert manager.names() == ()
    for provider in made:
        assert provider._gate.held == 0
        assert not provider._gate._holders
        if "initialize" in provider.calls:
            assert provider.calls[-1] == "cleanup"


@settings(max_examples=300, deadline=None)
@given(acts)
def test_whatever_is_called_at_once_and_cancelled_anywhere_everything_is_released(program: list[Act]) -> None:
    asyncio.run(run(program))
