"""Whatever is done to adapted providers under a manager, what was opened is closed, once, and on its own thread."""

from __future__ import annotations

import asyncio
import threading
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from purveyor.errors import PurveyorError
from purveyor.manager import ProviderManager
from purveyor.migrate import adapt

SHAPES = ("async instance", "async factory", "swapping factory", "sync instance", "sync factory", "swapping sync",
          "async context", "sync context", "unknown", "built open")  # fmt: skip


class FaultError(Exception):
    """What legacy code raises when it is told to."""


class World:
    """What all legacy objects of one run have done."""

    def __init__(self) -> None:
        self.open: set[Any] = set()
        self.half: set[Any] = set()
        self.fail = ""

    def enter(self, thing: Any) -> None:
        assert thing not in self.open, "opened twice"
        self.half.add(thing)
        if self.fail == "open":
            raise FaultError("open")

    def entered(self, thing: Any) -> None:
        self.half.discard(thing)
        self.open.add(thing)

    def leave(self, thing: Any) -> None:
        assert thing in self.open or thing in self.half, "closed without being open"
        self.open.discard(thing)
        self.half.discard(thing)
        if self.fail == "close":
            raise FaultError("close")


class Async:
    def __init__(self, world: World) -> None:
        self.world = world

    async def connect(self) -> None:
        self.world.enter(self)
        await asyncio.sleep(0)
        self.world.entered(self)

    async def close(self) -> None:
        await asyncio.sleep(0)
        self.world.leave(self)

    async def work(self) -> bool:
        before = self in self.world.open
        await asyncio.sleep(0)
        return before and self in self.world.open


class Sync:
    def __init__(self, world: World) -> None:
        self.world = world
        self.thread: int | None = None

    def connect(self) -> None:
        self.thread = threading.get_ident()
        self.world.enter(self)
        self.world.entered(self)

    def close(self) -> None:
        assert self.thread == threading.get_ident(), "closed on another thread"
        self.world.leave(self)

    def work(self) -> bool:
        assert self.thread == threading.get_ident(), "used on another thread"
        return self in self.world.open


class BuiltOpen(Sync):
    def __init__(self, world: World) -> None:
        super().__init__(world)
        try:
            Sync.connect(self)
        except FaultError:
            self.world.half.discard(self)  # a constructor that fails cleans up after itself
            raise

    connect = None  # type: ignore[assignment]


class AdaptedMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.loop = asyncio.new_event_loop()
        self.manager = ProviderManager(supervision=None)
        self.names: dict[str, Any] = {}  # references taken at the registration

    def make(self, shape: str, name: str) -> Any:
        world = self.world

        @asynccontextmanager
        async def acontext() -> Any:
            thing = Async(world)
            try:
                await thing.connect()
                yield thing
            finally:
                await thing.close()

        @contextmanager
        def context() -> Any:
            thing = Sync(world)
            try:
                thing.connect()
                yield thing
            finally:
                thing.close()

        subject, options = {
            "async instance": (Async(world), {}),
            "async factory": (lambda: Async(world), {}),
            "swapping factory": (lambda: Async(world), {"reload": "swap"}),
            "sync instance": (Sync(world), {}),
            "sync factory": (lambda: Sync(world), {}),
            "swapping sync": (lambda: Sync(world), {"reload": "swap"}),
            "async context": (acontext, {}),
            "sync context": (context, {}),
            "unknown": (lambda: Async(world), {"sync": "await"}),
            "built open": (lambda: BuiltOpen(world), {}),
        }[shape]
        return adapt(subject, name=name, **({"sync": "await", "operations": ["work"]} | options))  # type: ignore[arg-type]

    def run(self, coroutine: Any, cancel_after: int | None = None) -> bool:
        """Run it, cancelled after so many turns if it is not over; whether it succeeded."""

        async def main() -> bool:
            task = asyncio.ensure_future(coroutine)
            if cancel_after is not None:
                for _ in range(cancel_after):
                    await asyncio.sleep(0)
                task.cancel()
            try:
                await task
            except (FaultError, PurveyorError, asyncio.CancelledError):
                return False
            return True

        return self.loop.run_until_complete(main())

    cancels = st.none() | st.integers(0, 25)
    pick = st.integers(0, 3)

    @rule(shape=st.sampled_from(SHAPES), fail=st.sampled_from(["", "", "open"]), cancel_after=cancels)
    def register(self, shape: str, fail: str, cancel_after: int | None) -> None:
        if len(self.names) == 4:
            return
        name = f"p{next(number for number in range(5) if f'p{number}' not in self.names)}"
        provider = self.make(shape, name)
        self.world.fail = fail
        ready = self.run(self.manager.register(provider), cancel_after)
        self.world.fail = ""
        assert ready == (name in self.manager)
        if ready:
            self.names[name] = provider

    @rule(pick=pick, fail=st.sampled_from(["", "", "open", "close"]), cancel_after=cancels, again=st.booleans())
    def reload(self, pick: int, fail: str, cancel_after: int | None, again: bool) -> None:
        name = self.name(pick)
        if name is None:
            return
        self.world.fail = fail
        done = self.run(self.manager.reload_provider(name), cancel_after)
        if again or not done:
            self.world.fail = ""
            assert self.run(self.manager.reload_provider(name)), "a reload brings it back"
        self.world.fail = ""

    @rule(pick=pick, old=st.booleans())
    def work(self, pick: int, old: bool) -> None:
        name = self.name(pick)
        if name is None:
            return
        provider: Any = self.names[name] if old else self.manager.get(name)

        async def work() -> None:
            assert await provider.work()

        assert self.run(work())

    @rule(pick=pick)
    def work_through_a_reload(self, pick: int) -> None:
        name = self.name(pick)
        if name is None:
            return
        provider: Any = self.names[name]

        async def both() -> None:
            reload = asyncio.ensure_future(self.manager.reload_provider(name))
            while not reload.done():
                assert await provider.work()
            await reload

        assert self.run(both())

    @rule(pick=pick, fail=st.sampled_from(["", "close"]), cancel_after=cancels)
    def unregister(self, pick: int, fail: str, cancel_after: int | None) -> None:
        name = self.name(pick)
        if name is None:
            return
        self.world.fail = fail
        self.run(self.manager.unregister(name), cancel_after)
        self.settle()
        self.world.fail = ""
        if name not in self.manager:
            del self.names[name]

    def name(self, pick: int) -> str | None:
        """One of those that are there; no precondition, since that depends on when a thread was met by a cancel."""
        return [*self.names][pick % len(self.names)] if self.names else None

    def settle(self) -> None:
        async def main() -> None:
            while len(asyncio.all_tasks()) > 1 + len(self.manager.registered_names()):
                await asyncio.sleep(0)

        self.loop.run_until_complete(main())

    @invariant()
    def one_legacy_object_is_open_for_each(self) -> None:
        self.settle()
        assert set(self.manager.names()) == set(self.names)
        assert len(self.world.open) == len(self.names)
        assert not self.world.half

    def teardown(self) -> None:
        self.run(self.manager.cleanup())
        self.settle()
        self.loop.close()
        assert not self.world.open
        assert not self.world.half
        for thread in threading.enumerate():
            if thread.name.startswith("purveyor:p"):
                thread.join(10)
                assert not thread.is_alive()


AdaptedMachine.TestCase.settings = settings(
    max_examples=40, stateful_step_count=15, deadline=None, suppress_health_check=[*HealthCheck]
)
TestAdaptedMachine = AdaptedMachine.TestCase
