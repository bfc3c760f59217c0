"""Where the scenarios of `LifecycleConformance` play: an event loop, a manager, and patience with the provider."""

from __future__ import annotations

import asyncio
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, TypeAlias, TypeVar

from purveyor.errors import MissingExtraError, NeedsError
from purveyor.lifecycle.graph import Node
from purveyor.manager import ProviderManager
from purveyor.needs import needs_of
from purveyor.provider import Provider
from purveyor.testing.interruption import place_of

try:
    import pytest
except ImportError as error:
    raise MissingExtraError("LifecycleConformance", "pytest", "purveyor[testing]") from error

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator, Mapping

__all__ = ["Life", "Scenario", "Stage", "Subject", "require", "run"]

R = TypeVar("R")


class Subject(Protocol):
    """What is known of the provider that is tested: the hooks of `LifecycleConformance`, which describes them."""

    patience: float
    most_awaits: int

    async def make(self) -> Provider[Any]: ...  # noqa: D102
    async def operate(self, provider: Any) -> None: ...  # noqa: D102
    def config_after_reload(self, config: Any) -> Any: ...  # noqa: D102
    async def register_needs(self, manager: ProviderManager) -> Mapping[str, str]: ...  # noqa: D102


Scenario: TypeAlias = "Callable[[Stage], Coroutine[Any, Any, None]]"


def run(subject: Subject, scenario: Scenario) -> None:
    """Play a scenario on an event loop of its own, which ends also if the provider refuses to be cancelled."""
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(_set(subject, scenario))
    finally:
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        if tasks:
            loop.run_until_complete(asyncio.wait(tasks, timeout=subject.patience))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


def require(condition: bool, otherwise: str) -> None:
    """Skip the test, and say why, if it does not apply."""
    if not condition:
        pytest.skip(otherwise)


async def _set(subject: Subject, scenario: Scenario) -> None:
    manager = ProviderManager(start_timeout=None, stop_timeout=None, supervision=None)
    try:
        await scenario(Stage(subject, manager, await subject.register_needs(manager)))
    finally:
        await asyncio.wait([asyncio.create_task(manager.cleanup())], timeout=subject.patience)


class Stage:
    """What a scenario has at hand.

    Args:
        subject: What is known of the provider.
        manager: A manager that holds what the provider needs.
        needs: Which of its providers serves in which role.
    """

    def __init__(self, subject: Subject, manager: ProviderManager, needs: Mapping[str, str]) -> None:
        self.subject = subject
        self.manager = manager
        self.needs = needs
        self._doing = "make"

    async def build(self) -> Provider[Any]:
        """A new provider, with what it needs."""
        provider: object = await self.subject.make()
        if not isinstance(provider, Provider):
            self.fail(f"make() answered {provider!r}", "return a Provider")
        self.inject(provider)
        return provider

    def inject(self, provider: Provider[Any]) -> None:
        """Set what it needs, as a manager does."""
        kind, name = type(provider), provider._provider_name
        graph = self.manager.graph()
        try:
            graph.add([Node(name, kind, kind.provider_type, needs=self.needs)])
        except NeedsError as error:
            self.fail(
                f"what the provider needs is not there: {error}",
                "register it in register_needs(), and return which provider serves in which role",
            )
        for need in needs_of(kind):
            if need.optional:
                setattr(provider, need.attribute, None)
        for edge in graph.needs(name):
            setattr(provider, edge.attribute, self.manager.get(edge.target))

    async def bounded(self, work: Coroutine[Any, Any, R] | asyncio.Task[R]) -> R:
        """Run it in a task of its own, and wait no longer for it than the patience lasts."""
        task = work if isinstance(work, asyncio.Task) else asyncio.create_task(work)
        await asyncio.wait([task], timeout=self.subject.patience)
        if not task.done():
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            places = sorted(f"  - {each.get_name()} waits at {place_of(each.get_coro())}" for each in tasks)
            self.fail(
                f"{self._doing} was not over after {self.subject.patience:g} s\n" + "\n".join(places),
                "wait for nothing that may never come, and let CancelledError pass",
            )
        if task.cancelled():
            self.fail(
                f"{self._doing} let a CancelledError escape, though nobody cancelled it",
                "suppress it where a task that was cancelled is awaited",
            )
        return task.result()

    @contextmanager
    def doing(self, what: str, advice: str) -> Generator[None]:
        """Have an error in the block reported with what was being done, and with an advice to the author."""
        self._doing = what
        try:
            yield
        except Exception as error:
            self.fail(f"{what} raised {type(error).__name__}: {error}", advice, error)

    def fail(self, problem: str, advice: str, error: BaseException | None = None) -> NoReturn:
        """Fail the test."""
        text = f"{problem}\n\nWhat to do: {advice}."
        if error is not None:
            text += "\n\n" + "".join(traceback.format_exception(error))
        pytest.fail(text, pytrace=False)


class Life:
    """An owner task, as a manager gives each instance: it initializes, and later cleans up.

    Args:
        stage: Where.
        provider: What lives.
        what: What to call it.
    """

    def __init__(self, stage: Stage, provider: Provider[Any], what: str) -> None:
        self._stage = stage
        self._provider = provider
        self._what = what
        self._started = asyncio.Event()
        self._stopping = asyncio.Event()
        self._task = asyncio.create_task(self._own())

    async def start(self) -> None:
        """Wait until it is initialized."""
        started = asyncio.create_task(self._started.wait())
        await asyncio.wait(
            [self._task, started], timeout=self._stage.subject.patience, return_when=asyncio.FIRST_COMPLETED
        )
        if not started.done():
            await self._stage.bounded(self._task)

    async def stop(self) -> None:
        """Clean it up."""
        self._stopping.set()
        await self._stage.bounded(self._task)

    async def _own(self) -> None:
        await self._provider.validate()
        with self._stage.doing(f"initialize of {self._what}", "hold nothing that only one instance can have"):
            await self._provider.initialize()
        self._started.set()
        await self._stopping.wait()
        with self._stage.doing(f"cleanup of {self._what}", "release what this instance has, and nothing else"):
            await self._provider.cleanup()
