"""What blocks runs on one thread, from its construction to its end."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from purveyor.errors import (
    LaneBusyError,
    ProviderNotReadyError,
    ProviderTimeoutError,
    RegistrationAbortedError,
    StoreClosedError,
)
from purveyor.lease import UNREGISTERED
from purveyor.lifecycle import owner
from purveyor.manager import ProviderManager
from purveyor.metadata import HealthState, ProviderStatus
from purveyor.migrate import adapt
from purveyor.migrate.adapting import Adapted, thread
from purveyor.migrate.adapting import provider as adapted_module
from purveyor.migrate.adapting.thread import Lane
from purveyor.policy import Policy
from tests.migrate.runtime.legacy import Database, Notes
from tests.migrate.runtime.test_adapt import failures, successes

_who: ContextVar[str] = ContextVar("who", default="nobody")


@pytest.fixture
async def manager() -> AsyncIterator[ProviderManager]:
    async with ProviderManager() as manager:
        yield manager


def alive(name: str) -> int:
    return sum(each.name == f"purveyor:{name}" for each in threading.enumerate())


class Blocking:
    """Blocks until it is let go on."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.go = threading.Event()
        self.calls: list[str] = []
        self.threads: set[int] = set()
        self.blocks: set[str] = set()

    def step(self, name: str) -> None:
        self.calls.append(name)
        self.threads.add(threading.get_ident())
        if name in self.blocks:
            self.entered.set()
            assert self.go.wait(30)
        self.calls.append(f"{name} over")

    def open(self) -> None:
        self.step("open")

    def close(self) -> None:
        self.step("close")

    def work(self) -> str:
        self.step("work")
        return "done"

    def ping(self) -> bool:
        self.step("ping")
        return True


async def blocked(thing: Blocking) -> None:
    """Wait until it blocks, and leave the loop free."""
    assert await asyncio.get_running_loop().run_in_executor(None, thing.entered.wait, 30)


# --- plain calls that wait -------------------------------------------------------------------------------


async def test_all_of_it_runs_on_one_thread_which_ends_with_it(tmp_path: Path) -> None:
    provider = adapt(partial(Database, str(tmp_path / "d.db")))
    async with ProviderManager() as manager:
        await manager.register(provider)
        database = provider.legacy
        assert alive("database") == 1
        provider.put("a", "1")
        provider.put("b", "2")
        assert provider.get("a") == "1"
        assert provider.get("c") is None
        assert list(provider.rows()) == list(provider.all()) == [("a", "1"), ("b", "2")]
        with pytest.raises(LookupError):
            provider.fail()
        assert (await manager.check("database")).state is HealthState.HEALTHY
        results = await asyncio.gather(*(asyncio.to_thread(provider.get, "a") for _ in range(8)))
        assert results == ["1"] * 8
    assert len(set(database.threads)) == 1
    assert database.threads[0] != threading.get_ident()
    assert alive("database") == 0
    assert Database.opened == 0
    assert successes(provider, "get") == 10
    assert (successes(provider, "rows"), successes(provider, "all"), failures(provider, "fail")) == (1, 1, 1)


async def test_a_generator_is_measured_and_leased_to_its_end(manager: ProviderManager) -> None:
    provider = adapt(Database)
    await manager.register(provider)
    provider.put("a", "1")
    provider.put("b", "2")
    rows = provider.rows()
    assert next(rows) == ("a", "1")
    assert provider._gate.held == 1
    rows.close()
    assert provider._gate.held == 0
    rows = provider.rows()
    next(rows)
    with pytest.raises(KeyError):
        rows.throw(KeyError("x"))
    del rows
    rows = provider.rows()
    next(rows)
    del rows
    assert provider._gate.held == 0
    assert (successes(provider, "rows"), failures(provider, "rows")) == (2, 1)


async def test_context_variables_are_carried_over(manager: ProviderManager) -> None:
    class Reader(Blocking):
        def who(self) -> str:
            return _who.get()

    await manager.register(adapt(Reader))
    _who.set("alice")
    assert manager.get("reader", Adapted).who() == "alice"


async def test_a_call_from_its_own_thread_is_no_deadlock(manager: ProviderManager) -> None:
    class Nested(Blocking):
        provider: Any = None

        def outer(self) -> str:
            return f"outer {self.provider.work()}"

        def slow(self) -> str:
            self.step("slow")
            return f"slow {self.provider.work()}"

    nested = Nested()
    nested.provider = provider = adapt(nested)
    await manager.register(provider)
    assert provider.outer() == "outer done"
    nested.blocks.add("slow")
    call = asyncio.get_running_loop().run_in_executor(None, provider.slow)
    await blocked(nested)
    reload = asyncio.create_task(manager.reload_provider("nested"))
    while provider.status is not ProviderStatus.RELOADING:
        await asyncio.sleep(0)
    with pytest.raises(ProviderNotReadyError):  # a plain call cannot wait for the reload on the loop's thread
        provider.work()
    nested.go.set()
    assert await call == "slow done", "what is inside goes on while it is drained"
    await reload


async def test_the_loop_waits_for_its_turn_only_so_long(
    manager: ProviderManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thread, "PATIENCE", 0.01)
    thing = Blocking()
    provider = adapt(thing)
    await manager.register(provider)
    thing.blocks.add("work")
    first = asyncio.get_running_loop().run_in_executor(None, provider.work)
    await blocked(thing)
    with pytest.raises(LaneBusyError, match=r'blocking: its thread was not free within 0.01 s.*sync="await"'):
        provider.work()
    thing.go.set()
    assert await first == "done"
    thing.blocks.clear()
    assert provider.work() == "done"
    assert thing.calls.count("work") == 2, "what did not get its turn was not run"
    assert failures(provider, "work") == 1


async def test_before_it_is_opened_it_is_called_where_it_is() -> None:
    thing = Blocking()
    provider = adapt(thing)
    assert provider.work() == "done"
    assert thing.threads == {threading.get_ident()}
    awaited = adapt(thing, sync="await")
    assert await awaited.work() == "done"


@pytest.mark.parametrize("given", [None, "wait", "await", "inline"])
async def test_which_has_a_thread_can_be_told(given: Any) -> None:
    class Bare:
        def __init__(self) -> None:
            self.born = threading.get_ident()

        def where(self) -> int:
            return threading.get_ident()

    class Coroutines(Bare):
        async def fetch(self) -> int:
            return threading.get_ident()

    threaded = given in ("wait", "await")
    expected = {
        adapt(Bare, sync=given): given != "inline",
        adapt(Bare(), sync=given): threaded,
        adapt(Coroutines, sync=given): threaded,
        adapt(Notes, sync=given): threaded,
        adapt(Blocking, sync=given): given != "inline",
        adapt(lambda: Blocking(), name="l", sync=given): given != "inline",
        adapt(lambda: Bare(), name="l", sync=given): given != "inline",
        adapt(lambda: Notes(), name="l", sync=given): threaded,
    }
    for provider, has_thread in expected.items():
        await provider.initialize()
        assert (provider._lane is not None) is has_thread, provider
        if has_thread and isinstance(provider, Bare):
            asked: Any = provider.where()
            where = asked if given != "await" else await asked
            assert where != threading.get_ident()
        await provider.cleanup()


# --- awaitable calls -------------------------------------------------------------------------------------


async def test_plain_methods_may_be_awaited(manager: ProviderManager) -> None:
    provider = adapt(Database, sync="await")
    await manager.register(provider)
    await asyncio.gather(*(provider.put(key, key) for key in "cab"))
    assert [row async for row in provider.rows()] == [("a", "a"), ("b", "b"), ("c", "c")]
    async for _ in provider.rows():
        break
    assert list(await provider.all()) == [("a", "a"), ("b", "b"), ("c", "c")]
    with pytest.raises(LookupError):
        await provider.fail()
    assert len(set(provider.legacy.threads)) == 1
    assert successes(provider, "put") == 3


async def test_awaitable_calls_wait_for_a_reload(manager: ProviderManager) -> None:
    thing = Blocking()
    provider = adapt(thing, sync="await")
    await manager.register(provider)
    thing.blocks.add("work")
    first = asyncio.create_task(provider.work())
    await blocked(thing)
    reload = asyncio.create_task(manager.reload_provider("blocking"))
    while provider.status is not ProviderStatus.RELOADING:
        await asyncio.sleep(0)
    second = asyncio.create_task(provider.work())
    await asyncio.sleep(0)
    assert not second.done()
    thing.go.set()
    assert [await first, await second] == ["done", "done"]
    await reload


async def test_a_cancelled_caller_leaves_when_the_call_is_over(manager: ProviderManager) -> None:
    thing = Blocking()
    provider = adapt(thing, sync="await")
    await manager.register(provider)
    thing.blocks.add("work")
    first, second = asyncio.create_task(provider.work()), asyncio.create_task(provider.work())
    await blocked(thing)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):  # it had not begun, and never does
        await second
    for _ in range(3):
        first.cancel()
        await asyncio.sleep(0)
    assert not first.done()
    thing.go.set()
    with pytest.raises(asyncio.CancelledError):
        await first
    await asyncio.sleep(0)
    assert thing.calls.count("work") == thing.calls.count("work over") == 1


async def test_the_error_of_a_call_whose_caller_is_cancelled_is_its_cause() -> None:
    lane = Lane("l", lambda: UNREGISTERED)
    entered, go = threading.Event(), threading.Event()

    def work() -> None:
        entered.set()
        go.wait(30)
        raise LookupError("inside")

    task = asyncio.create_task(lane.run(work))
    await asyncio.to_thread(entered.wait, 30)
    task.cancel()
    await asyncio.sleep(0)
    go.set()
    with pytest.raises(asyncio.CancelledError) as caught:
        await task
    assert isinstance(caught.value.__cause__, LookupError)
    await asyncio.sleep(0)
    lane.end()


async def test_a_function_that_raises_stop_iteration_is_over_as_well() -> None:
    def work() -> None:
        raise StopIteration

    lane = Lane("l", lambda: UNREGISTERED)
    with pytest.raises(RuntimeError, match="StopIteration"):  # as from any coroutine
        await lane.run(work)
    lane.end()
    with pytest.raises(StoreClosedError, match="has ended its thread"):
        await lane.run(work)


def test_an_answer_that_comes_after_the_loop_has_ended_is_nobodys() -> None:
    lane = Lane("l", lambda: UNREGISTERED)
    go = threading.Event()
    loop = asyncio.new_event_loop()
    task = loop.create_task(lane.run(lambda: go.wait(30)))
    loop.call_soon(loop.stop)
    loop.run_forever()
    loop.close()
    lane.end()  # while it is at work
    go.set()
    assert lane._thread is not None
    lane._thread.join()
    task._log_destroy_pending = False  # type: ignore[attr-defined]
    task.get_coro().close()


# --- the lifecycle under cancellation and deadlines ------------------------------------------------------


@pytest.mark.parametrize("step", ["build", "open", "close"])
async def test_a_step_that_was_begun_is_waited_for(step: str) -> None:
    built: list[Blocking] = []
    entered, go = threading.Event(), threading.Event()

    def make() -> Blocking:
        thing = Blocking()
        thing.entered, thing.go, thing.blocks = entered, go, {step}
        built.append(thing)
        thing.step("build")
        return thing

    provider = adapt(make, name="thing")
    if step == "close":
        go.set()
        await provider.initialize()
        go.clear()
        task = asyncio.create_task(provider.cleanup())
    else:
        task = asyncio.create_task(provider.initialize())
    assert await asyncio.to_thread(entered.wait, 30)
    for _ in range(3):
        task.cancel()
        await asyncio.sleep(0)
    assert not task.done()
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(0)
    await provider.cleanup()
    opened, closed = (built[0].calls.count(f"{name} over") for name in ("open", "close"))
    assert (opened, closed) == ((0, 0) if step == "build" else (1, 1))
    assert alive("thing") == 0


async def test_what_is_open_from_its_construction_is_closed_if_that_is_interrupted() -> None:
    built: list[Blocking] = []
    entered, go = threading.Event(), threading.Event()

    class Open(Blocking):
        open = None  # type: ignore[assignment]

        def __init__(self) -> None:
            super().__init__()
            built.append(self)
            entered.set()
            go.wait(30)

    for factory in (Open, lambda: Open()):
        entered.clear()
        go.clear()
        provider = adapt(factory, name="thing")
        task = asyncio.create_task(provider.initialize())
        assert await asyncio.to_thread(entered.wait, 30)
        task.cancel()
        await asyncio.sleep(0)
        go.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0)
        await provider.cleanup()
        assert built.pop().calls == ["close", "close over"]


async def test_a_stop_aborts_a_start_when_its_step_is_over() -> None:
    thing = Blocking()
    thing.blocks.add("open")
    manager = ProviderManager()
    start = asyncio.create_task(manager.register(adapt(thing)))
    await blocked(thing)
    stop = asyncio.create_task(manager.cleanup())
    await asyncio.sleep(0)
    thing.go.set()
    with pytest.raises(RegistrationAbortedError):
        await start
    await stop
    assert thing.calls == ["open", "open over", "close", "close over"]
    assert alive("blocking") == 0


@pytest.mark.parametrize("step", ["open", "close"])
async def test_a_step_that_hangs_is_abandoned_by_the_manager(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owner, "GRACE", 0.01)
    thing = Blocking()
    manager = ProviderManager(start_timeout=0.05, stop_timeout=0.05)
    if step == "close":
        await manager.register(adapt(thing))
        thing.blocks.add(step)
        with pytest.raises(ProviderTimeoutError, match="abandoned"):
            await manager.unregister("blocking")
    else:
        thing.blocks.add(step)
        with pytest.raises(ProviderTimeoutError, match="abandoned"):
            await manager.register(adapt(thing))
    assert manager.names() == ()
    assert alive("blocking") == 1
    thing.go.set()
    while alive("blocking"):  # it ends by itself when the step is over
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert thing.calls.count("close over") == 1
    await manager.cleanup()


async def test_a_deadline_holds_for_awaitable_calls(manager: ProviderManager) -> None:
    thing = Blocking()
    provider = adapt(thing, sync="await")
    await manager.register(provider, policy=Policy(concurrency=1))
    assert await provider.work() == "done"


async def test_an_async_close_that_was_interrupted_can_be_finished() -> None:
    class Slow(Notes):
        async def cleanup(self) -> None:
            await super().cleanup()
            self.calls.append("over")

    notes = Slow()
    provider = adapt(notes)
    await provider.initialize()
    task = asyncio.create_task(provider.cleanup())
    while notes.calls[-1] != "cleanup":
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await provider.cleanup()
    assert notes.calls == ["initialize", "cleanup", "cleanup", "over"]


async def test_a_decorator_may_make_a_plain_function_of_an_async_one() -> None:
    calls: list[str] = []

    def decorated(function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda self: function(self)

    class Thing:
        @decorated
        async def open(self) -> None:
            calls.append("open")

        @decorated
        async def close(self) -> None:
            calls.append("close")
            raise OSError("gone")

    provider = adapt(Thing)
    await provider.initialize()
    with pytest.raises(OSError, match="gone"):
        await provider.cleanup()
    assert calls == ["open", "close"]
    assert alive("thing") == 0


# --- health ----------------------------------------------------------------------------------------------


async def test_a_thread_at_work_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    thing = Blocking()
    provider = adapt(thing)
    async with ProviderManager() as manager:
        await manager.register(provider)
        assert (await manager.check("blocking")).state is HealthState.HEALTHY
        thing.blocks.add("work")
        call = asyncio.get_running_loop().run_in_executor(None, provider.work)
        await blocked(thing)
        health = await provider.check()
        assert (health.state, health.message) == (HealthState.HEALTHY, "its thread has been at work for 0 s")
        monkeypatch.setattr(adapted_module, "_LONG", 0.0)
        assert (await provider.check()).state is HealthState.DEGRADED
        thing.go.set()
        await call
        assert thing.calls.count("ping") == 1


async def test_a_provider_that_fails_its_check_is_restarted() -> None:
    """Supervision sees what a legacy `ping` says."""

    class Failing(Notes):
        well = True

        async def ping(self) -> dict[str, str]:
            return {"status": "ok" if self.well else "down", "message": "no route"}

    notes = Failing()
    async with ProviderManager() as manager:
        await manager.register(adapt(notes))
        assert (await manager.check("failing")).state is HealthState.HEALTHY
        notes.well = False
        health = await manager.check("failing")
        assert (health.state, health.message) == (HealthState.UNHEALTHY, "no route")


async def test_what_a_function_makes_is_asked_after_a_reload_as_well() -> None:
    async with ProviderManager() as manager:
        await manager.register(adapt(lambda: Database(), name="d"))
        await manager.reload_provider("d")
        assert (await manager.check("d")).state is HealthState.HEALTHY


async def test_nothing_is_asked_of_what_is_not_built() -> None:
    class Checked:
        def ping(self) -> bool:
            return True

    provider = adapt(Checked)
    with pytest.raises(AttributeError, match="initialize the provider first"):
        await provider.check()


def test_sqlite_is_what_it_takes(tmp_path: Path) -> None:
    """The real thing, which refuses any other thread."""

    async def main() -> None:
        async with ProviderManager() as manager:
            await manager.register(adapt(partial(sqlite3.connect, tmp_path / "x.db"), name="db"))
            db = manager.get("db", Adapted)
            db.execute("create table t (a)")
            with pytest.raises(sqlite3.ProgrammingError, match="same thread"):
                db.legacy.execute("select 1")

    asyncio.run(main())
    assert alive("db") == 0
