"""Random programs of lifecycle calls, operations, faults and cancellations, all at once, against what must hold."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from purveyor.errors import (
    ManagerClosingError,
    NeedFailedError,
    NeedsError,
    ProviderExistsError,
    ProviderInUseError,
    ProviderNotFoundError,
    ProviderNotReadyError,
    ProviderTimeoutError,
    ProviderUnhealthyError,
    RegistrationAbortedError,
)
from purveyor.lifecycle.supervision import Supervision
from purveyor.manager import ProviderManager, Registration
from purveyor.metadata import ProviderStatus
from purveyor.operations import UNBOUND
from purveyor.policy import Policy
from tests.lifecycle.machine import DEADLINE, Fault, Halt, Worker, World

Name: TypeAlias = Literal["a", "b", "c"]
NAMES: tuple[Name, ...] = ("a", "b", "c")  # b needs a, c needs b
STEPS = ("validate", "initialize", "initialize", "cleanup", "cleanup", "check", "on_need_reloaded")
FAULTS = ("raise", "raise", "halt", "hang", "stubborn", "deaf")

#: What each call may raise; anything else is a defect.
STARTING = (Fault, Halt, ProviderTimeoutError, NeedFailedError)
REFUSED: dict[str, tuple[type[BaseException], ...]] = {
    "register": (*STARTING, ProviderExistsError, ManagerClosingError, RegistrationAbortedError, NeedsError),
    "unregister": (Fault, Halt, ProviderTimeoutError, ProviderNotFoundError, ProviderInUseError),
    "reload": (
        *STARTING, ProviderNotFoundError, ProviderNotReadyError, ProviderUnhealthyError, NeedsError,
        ProviderExistsError,
    ),
    "override": (*STARTING, ProviderNotFoundError, ProviderNotReadyError),
    "cleanup": (Fault, Halt, ProviderTimeoutError),
}  # fmt: skip


@dataclass(frozen=True)
class Act:
    """One call, made after some turns of the event loop, and perhaps cancelled after some more."""

    what: str
    name: Name
    after: int
    cancelled: tuple[int, ...]  # after so many turns each
    fault: tuple[str, str] | None
    strategy: Literal["swap", "in_place"] | None
    number: int  # says more, as each call likes it

    def bit(self, place: int) -> bool:
        return bool(self.number >> place & 1)


CALLS = (
    *["register"] * 3, *["register_all"] * 2, "unregister", *["reload"] * 4, "override", "cleanup", "release",
    "echo", "nested", "use", "stream", "linger", "plain", "thread", "old",
)  # fmt: skip

acts = st.builds(
    Act,
    what=st.sampled_from(CALLS),
    name=st.sampled_from(NAMES),
    after=st.integers(0, 24),
    cancelled=st.just(()) | st.lists(st.integers(0, 12), max_size=2).map(tuple),
    fault=st.none() | st.tuples(st.sampled_from(STEPS), st.sampled_from(FAULTS)),
    strategy=st.sampled_from((None, "swap", "in_place")),
    number=st.integers(0, 31),
)


class Program:
    """Runs acts in a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.manager = world.manager

    async def run(self, act: Act) -> None:
        task = asyncio.create_task(self.perform(act))
        for turns in act.cancelled:
            await wait(turns + (act.after if turns is act.cancelled[0] else 0))
            task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.result()
        elif not act.cancelled:
            self.world.complain(f"{act} was cancelled by nobody")

    async def perform(self, act: Act) -> None:
        await wait(act.after)
        if act.fault is not None:
            self.world.faults[act.name, act.fault[0]] = act.fault[1]
        call = getattr(self, f"_{act.what}", None)
        if call is None:
            await self._operate(act)
            return
        refused = REFUSED.get(act.what, ())
        try:
            await call(act)
        except BaseExceptionGroup as group:
            if (unexpected := group.split(refused)[1]) is not None:
                raise unexpected from None
        except refused:
            pass

    # --- the calls ----------------------------------------------------------------------------------

    def _registration(self, act: Act, name: Name) -> Registration:
        needs = {"a": {}, "b": {"peer": "a"}, "c": {"peer": "b"}}[name]
        if name == "c" and act.bit(4):
            needs["extra"] = "a"
        policy = None if act.strategy is None else Policy(reload=act.strategy)
        return Registration(self.world.make(name), needs, policy, required=not act.bit(3))

    async def _register(self, act: Act) -> None:
        each = self._registration(act, act.name)
        try:
            await self.manager.register(each.provider, needs=each.needs, policy=each.policy)
        except asyncio.CancelledError:
            if len(act.cancelled) == 1 and each.provider._gate.in_use:
                self.world.complain("a registration that was cancelled was not undone")
            raise

    async def _register_all(self, act: Act) -> None:
        names = NAMES[: 1 + act.number % 3]
        registrations = [self._registration(act, name) for name in names if not (act.bit(2) and name == act.name)]
        if registrations:
            try:
                await self.manager.register_all(registrations, timeout=10.0 if act.bit(4) else None)
            except REFUSED["register"]:
                if any(each.provider._gate.in_use for each in registrations):
                    self.world.complain("a registration that failed was not undone")

    async def _unregister(self, act: Act) -> None:
        runner = self.manager._runners.get(act.name)
        try:
            await self.manager.unregister(act.name, cascade=act.bit(0))
        except (ProviderNotFoundError, ProviderInUseError):
            return
        except asyncio.CancelledError:
            if len(act.cancelled) > 1:  # it was called back twice, and has left
                raise
        if runner is not None and not runner.over:
            self.world.complain("what was unregistered is still there")

    async def _reload(self, act: Act) -> None:
        name, world = act.name, self.world
        changes: dict[str, Any] = {}
        if act.bit(0):
            changes["config"] = len(world.made)
        if act.bit(1):
            changes["policy"] = None if act.strategy is None else Policy(reload=act.strategy)
        if act.bit(2) and name != "a":
            changes["needs"] = {"peer": NAMES[act.number % 3]}
        if act.bit(3) and act.bit(4):
            changes["replacement"] = world.make(name, other=act.bit(0))
            changes.pop("config", None)
        runner, overrides = self.manager._runners.get(name), world.overrides
        await self.manager.reload_provider(name, **changes)
        live: Any = self.manager.get_provider(name)
        if "replacement" in changes:
            changes["config"] = changes["replacement"].config
        same = live is not None and live._registration is runner and overrides == world.overrides
        if same and live.config < changes.get("config", 0):
            world.complain(f"the reload {changes} of {name} was acknowledged, but {live.config} is live")

    async def _override(self, act: Act) -> None:
        fake = self.world.make(act.name, other=act.bit(0))
        self.world.overrides += 1
        try:
            async with self.manager.override(act.name, fake):
                await self._operate(act)
                await wait(act.number)
        finally:
            self.world.overrides += 1

    async def _cleanup(self, act: Act) -> None:
        await self.manager.cleanup(timeout=(None, 0.0, 5.0, 60.0)[act.number % 4])

    async def _release(self, _: Act) -> None:
        self.world.release()

    # --- operations ---------------------------------------------------------------------------------

    async def _operate(self, act: Act) -> None:
        """Call an operation; only of a provider that stops or has failed may it be turned away."""
        world, n = self.world, act.number
        provider: Any = self.manager.get_provider(act.name)
        known = world.references.setdefault(act.name, [])
        if provider is not None and provider not in known:
            known.append(provider)
        if act.what == "old" and known:
            provider = known[n % len(known)]
        if provider is None:
            return
        before, since = world.statuses(), len(world.history)
        was_over = provider._registration.over
        try:
            match act.what:
                case "stream":
                    await self._read(provider, n)
                case "plain":
                    if world.statuses().get(act.name) is not ProviderStatus.RELOADING:  # it cannot wait here
                        assert provider.plain(n) == n
                case "thread":
                    assert await self._in_thread(provider, n) == n
                case "nested" | "use" | "linger":
                    assert await getattr(provider, act.what)(n) == n
                case _:
                    assert await provider.echo(n) == n
        except ProviderNotReadyError as error:
            if not was_over and not world.may_be_refused(error, before, since):
                world.complain(f"{act} failed for no reason: {error}")

    async def _read(self, provider: Any, n: int) -> None:
        """Read all of it, or leave early, closing it or not."""
        stream = provider.stream(4)
        seen = []
        try:
            async for item in stream:
                seen.append(item)
                if len(seen) == n % 6:
                    break
        finally:
            await stream.aclose()
        assert seen == list(range(4))[: n % 6 or 4]

    async def _in_thread(self, provider: Any, n: int) -> int:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[int] = loop.create_future()

        def settle(result: int, error: BaseException | None) -> None:
            if not done.done():
                done.set_result(result) if error is None else done.set_exception(error)

        def call() -> None:
            try:
                result = provider.plain(n) if n % 2 else asyncio.run(provider.echo(n))
            except BaseException as error:
                loop.call_soon_threadsafe(settle, 0, error)
            else:
                loop.call_soon_threadsafe(settle, result, None)

        thread = threading.Thread(target=call)
        self.world.threads.append(thread)
        thread.start()
        return await done

    # --- the end ------------------------------------------------------------------------------------

    async def check_settled(self) -> None:
        """Nothing is stuck; what is registered works, or says that it failed."""
        await asyncio.sleep(20 * DEADLINE)
        for name, runner in list(self.manager._runners.items()):
            if runner.status not in (ProviderStatus.READY, ProviderStatus.DEGRADED, ProviderStatus.FAILED):
                self.world.complain(f"{name} is still {runner.status}")
        for name in self.manager.names():
            provider = self.manager.get(name, Worker)
            try:
                assert await provider.echo(7) == 7
            except ProviderNotReadyError:
                if self.manager.status(name) is not ProviderStatus.FAILED:
                    self.world.complain(f"{name} is {self.manager.status(name)}, but does not serve")

    async def end(self) -> None:
        """Release what hangs, clean up, and find nothing left."""
        world, manager = self.world, self.manager
        while manager._runners:
            with suppress(ExceptionGroup, Halt, Fault):
                await manager.cleanup()
        world.over = True
        while manager._host.abandoned:
            world.release()
            await asyncio.sleep(0)
        world.release()
        await asyncio.sleep(1)
        for thread in world.threads:
            thread.join(10)
        await wait(3)
        world.look()
        check_over(world, manager)


def check_over(world: World, manager: ProviderManager) -> None:
    """No task, no lease, no lock, nothing watched or timed, and nothing that is not released."""
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert not any(thread.is_alive() for thread in world.threads)
    assert manager.names() == () == tuple(manager._graph.nodes)
    assert not any(manager._typed.values())
    assert not manager._by_type._names
    assert not manager._by_capability._names
    assert not manager._host.supervisor._watches
    assert not manager._lock.locked()
    assert not UNBOUND
    for provider in world.made:
        gate = provider._gate
        assert gate.held == 0
        assert not gate.in_use or not provider.lives
        assert not gate._holders
        assert not gate._openings
        assert gate._idle is None
        for life in provider.lives:
            assert life.offered, f"{provider} was never offered a cleanup"
            assert not life.open


async def wait(turns: int) -> None:
    for _ in range(turns):
        await asyncio.sleep(0)


async def run(program: list[Act], supervised: bool) -> None:
    world = World(Supervision(backoff=0.5, jitter=0, budget=2) if supervised else None)
    with world.watched():
        runs = Program(world)
        try:
            async with asyncio.timeout(100 * DEADLINE):  # else something is stuck
                await asyncio.gather(*(runs.run(act) for act in program))
                await runs.check_settled()
                await runs.end()
        finally:  # so that a failure does not hang
            world.over = True
            world.release()
    assert not world.complaints, world.complaints[0]


@pytest.fixture(autouse=True)
def _silence() -> Iterator[None]:
    """Thousands of faults are not to be logged."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@settings(max_examples=800, deadline=None)
@given(st.lists(acts, max_size=16), st.booleans())
def test_whatever_is_called_at_once_and_goes_wrong_everything_holds(program: list[Act], supervised: bool) -> None:
    asyncio.run(run(program, supervised))
