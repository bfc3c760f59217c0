"""Every lifecycle call is cancelled at each of its awaits, and so is every task that works for it; nothing is left."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Annotated, Any, Self

import pytest

from purveyor.errors import PurveyorError
from purveyor.manager import ProviderManager, Registration
from purveyor.metadata import Health, ProviderMetadata, ProviderStatus, ProviderType
from purveyor.needs import Needs
from purveyor.operations import operation
from purveyor.policy import Policy
from purveyor.provider import Provider

S = ProviderStatus


class Backend:
    """What all instances of a test share: which of them are open, and what went wrong."""

    def __init__(self) -> None:
        self.open: set[Link] = set()
        self.made: list[Link] = []
        self.complaints: list[str] = []


class Link(Provider[int]):
    """Takes three turns of the event loop for each of its steps."""

    def __init__(self, backend: Backend, name: str, config: int = 0) -> None:
        super().__init__(ProviderMetadata(name, ProviderType.CUSTOM, "", "1", ["link"]), config)
        self.backend = backend
        self.opened_by: asyncio.Task[Any] | None = None
        backend.made.append(self)

    def next_generation(self, config: int) -> Self:
        return type(self)(self.backend, self.metadata.name, config)

    async def validate(self) -> None:
        await turns(3)

    async def initialize(self) -> None:
        if self in self.backend.open:
            self.backend.complaints.append(f"{self} was opened twice")
        self.backend.open.add(self)
        self.opened_by = asyncio.current_task()
        await turns(3)

    async def cleanup(self) -> None:
        if self.opened_by is not asyncio.current_task():
            self.backend.complaints.append(f"{self} was closed in another task, or twice")
        self.backend.open.discard(self)
        await turns(3)
        self.opened_by = None  # one that was cancelled may be tried once more

    async def check(self) -> Health:
        await turns(3)
        return Health.healthy()

    @operation
    async def echo(self, value: int) -> int:
        assert self in self.backend.open
        await asyncio.sleep(0)
        assert self in self.backend.open
        return value


class Chained(Link):
    """Needs another one."""

    peer: Annotated[Link, Needs("peer")]

    async def on_need_reloaded(self, role: str, provider: Provider[Any]) -> None:
        await turns(3)


async def turns(n: int) -> None:
    for _ in range(n):
        await asyncio.sleep(0)


def four(backend: Backend) -> list[Registration]:
    """a <- b <- d, a <- c."""
    return [
        Registration(Link(backend, "a")),
        Registration(Chained(backend, "b"), {"peer": "a"}),
        Registration(Chained(backend, "c"), {"peer": "a"}, required=False),
        Registration(Chained(backend, "d"), {"peer": "b"}),
    ]


Call = Callable[[ProviderManager, Backend], Awaitable[Any]]


async def override(manager: ProviderManager, backend: Backend) -> None:
    async with manager.override("a", Link(backend, "fake")) as fake:
        await turns(3)
        await fake.echo(1)


async def register(manager: ProviderManager, backend: Backend) -> None:
    await manager.register(Link(backend, "new"))


async def register_all(manager: ProviderManager, backend: Backend) -> None:
    await manager.unregister("a", cascade=True)
    await manager.register_all(four(backend))


CALLS: dict[str, Call] = {
    "register": register,
    "register_all": register_all,
    "unregister": lambda manager, _: manager.unregister("d"),
    "cascade": lambda manager, _: manager.unregister("a", cascade=True),
    "in_place": lambda manager, _: manager.reload_provider("a"),
    "in_place, config": lambda manager, _: manager.reload_provider("a", config=1),
    "swap": lambda manager, _: manager.reload_provider("a", config=1, policy=Policy(reload="swap")),
    "replacement": lambda manager, backend: manager.reload_provider("a", replacement=Link(backend, "a", 1)),
    "replacement by swap": lambda manager, backend: manager.reload_provider(
        "a", replacement=Link(backend, "a", 1), policy=Policy(reload="swap")
    ),
    "needs": lambda manager, _: manager.reload_provider("d", needs={"peer": "c"}),
    "needs by swap": lambda manager, _: manager.reload_provider(
        "d", needs={"peer": "c"}, policy=Policy(reload="swap")
    ),
    "cleanup": lambda manager, _: manager.cleanup(),
    "cleanup, timeout": lambda manager, _: manager.cleanup(timeout=30),
    "override": override,
    "check": lambda manager, _: manager.check("a"),
}


@asynccontextmanager
async def running() -> AsyncIterator[tuple[ProviderManager, Backend]]:
    """A manager with four providers; at the end it is cleaned up, and nothing is left."""
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    manager, backend = ProviderManager(), Backend()
    await manager.register_all(four(backend))
    yield manager, backend
    async with asyncio.timeout(10):
        await settled(manager)
        await works(manager)
        await manager.cleanup()
    await turns(3)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    nothing_is_left(manager, backend)
    assert not complaints


async def ended(task: asyncio.Future[Any]) -> None:
    assert (await asyncio.wait([task], timeout=1))[0], "the call waits for ever"


async def settled(manager: ProviderManager) -> None:
    """What the call has left running goes on, to its end."""
    known = {asyncio.current_task(), *(runner.owner.task for runner in manager._runners.values() if runner.owner)}
    while asyncio.all_tasks() - known or any(
        runner.status not in (S.READY, S.FAILED) for runner in manager._runners.values()
    ):
        await asyncio.sleep(0)
        known.update(runner.owner.task for runner in manager._runners.values() if runner.owner)


async def works(manager: ProviderManager) -> None:
    """What is there serves; lookups, indexes, graph and runners agree."""
    live = [manager.get(name, Link) for name in manager.names()]
    assert manager.get_providers_by_capability("link") == live
    assert manager.get_providers_by_type(ProviderType.CUSTOM) == live
    assert tuple(manager.graph().nodes) == manager.registered_names()
    for provider in live:
        if manager.status(provider.metadata.name) is not S.FAILED:
            assert await provider.echo(7) == 7
        if isinstance(provider, Chained):
            assert provider.peer is provider.peer.current


def nothing_is_left(manager: ProviderManager, backend: Backend) -> None:
    assert manager.registered_names() == ()
    assert not backend.open
    assert not backend.complaints
    assert not manager._host.abandoned
    assert not manager._graph._dependants
    assert not manager._graph._held
    assert not manager._host.supervisor._watches
    for provider in backend.made:
        gate = provider._gate
        assert gate.held == 0
        assert not gate._holders
        assert not gate._openings
        assert gate._idle is None


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("times", [1, 2])
async def test_a_call_that_is_cancelled_at_any_await_leaves_nothing(call: str, times: int) -> None:
    n, over = 0, False
    while not over:
        async with running() as (manager, backend):
            task = asyncio.ensure_future(CALLS[call](manager, backend))
            await turns(n)
            over = task.done()
            for _ in range(times):
                task.cancel()
                await turns(1)
            await ended(task)
            if not task.cancelled():
                task.result()
        n += 1
    assert n > 5


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("whose", ["reload", "owner"])
async def test_a_task_of_the_engine_that_is_cancelled_at_any_await_leaves_nothing(call: str, whose: str) -> None:
    """Nobody does that but an event loop that ends; then there is no telling which of them is cancelled first."""
    n, over = 0, False
    while not over:
        async with running() as (manager, backend):
            task = asyncio.ensure_future(CALLS[call](manager, backend))
            await turns(n)
            for each in asyncio.all_tasks():
                name = each.get_name()
                if name.startswith("purveyor:") and name.endswith(":reload") is (whose == "reload"):
                    each.cancel()
            over = task.done()
            await ended(task)
            if not task.cancelled():
                with suppress(PurveyorError, asyncio.CancelledError):
                    task.result()
        n += 1
    assert n > 5


@pytest.mark.parametrize("call", CALLS)
def test_an_event_loop_that_ends_at_any_await_leaves_nothing_open(call: str) -> None:
    backend = Backend()

    async def main(n: int) -> bool:
        manager = ProviderManager()
        await manager.register_all(four(backend))
        task = asyncio.ensure_future(CALLS[call](manager, backend))
        await turns(n)
        return task.done()

    n = 0
    while not asyncio.run(main(n)):
        assert not backend.open
        assert not backend.complaints
        n += 1
    assert n > 5


SYSTEM = """
import asyncio, itertools, sys
from purveyor.manager import ProviderManager
from tests.lifecycle.test_cancel import CALLS, Backend, four, running

async def main(backend):
    print("up", flush=True)
    for call in itertools.cycle(CALLS.values()):
        manager = ProviderManager()
        await manager.register_all(four(backend))
        await call(manager, backend)
        await manager.cleanup()

backend = Backend()
try:
    asyncio.run(main(backend))
except KeyboardInterrupt:
    assert not backend.open, backend.open
    assert not backend.complaints, backend.complaints
    print("down")
"""


def test_a_program_that_is_interrupted_at_a_random_moment_leaves_nothing_open() -> None:
    for i in range(6):
        program = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", SYSTEM],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert program.stdout is not None
        assert program.stdout.readline() == "up\n"
        with suppress(subprocess.TimeoutExpired):
            program.wait(0.013 * i)
        program.send_signal(signal.SIGINT)
        out, errors = program.communicate(timeout=20)
        assert (out, program.returncode) == ("down\n", 0), errors
        assert not any(word in errors for word in ("never", "destroyed", "Warning")), errors
