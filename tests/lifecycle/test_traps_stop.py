"""The traps of stopping, and of the event loop's and the process's end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import weakref
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from contextvars import ContextVar
from typing import Any

import pytest

from purveyor.errors import ProviderNotFoundError, ProviderNotReadyError, ProviderTimeoutError
from purveyor.events import Abandoned
from purveyor.lifecycle.owner import GRACE
from purveyor.manager import ProviderManager
from purveyor.operations import operation
from purveyor.policy import Policy
from purveyor.testing import Fail, FakeClock, FaultyProvider
from tests.lifecycle.lines import Journal, Member, turns
from tests.providers import Scripted, raising, waiting

# --- Everyone has its chance ------------------------------------------------------------------------------


async def test_the_first_of_several_who_wait_for_a_stop_may_leave() -> None:
    """Traps 2 and 39: the cleanup belongs to nobody who waits for it, and there is one."""
    manager = ProviderManager()
    go = asyncio.Event()
    provider = Scripted(cleanup=waiting(go))
    await manager.register(provider)
    waiters = [asyncio.create_task(manager.unregister("one")) for _ in range(3)]
    waiters.append(asyncio.create_task(manager.cleanup()))
    await turns()
    for _ in range(2):  # the second time it leaves at once
        waiters[0].cancel()
        await turns()
    assert waiters[0].cancelled()
    assert not any(waiter.done() for waiter in waiters[1:])
    go.set()
    await asyncio.gather(*waiters[1:])
    assert provider.calls == ["validate", "initialize", "cleanup"]


@pytest.mark.parametrize("patience", [1, 2])
async def test_cancelling_a_stop_at_any_point_skips_nobody(patience: int) -> None:
    """Trap 6: once or twice, in the middle of the first cleanup or of the last."""
    for point in range(8):
        manager = ProviderManager()

        async def pause() -> None:
            await turns(3)

        providers = [Scripted(name, cleanup=pause) for name in "abc"]
        for provider in providers:
            await manager.register(provider)
        stop = asyncio.create_task(manager.cleanup())
        await turns(point)
        for _ in range(patience):
            stop.cancel()
            await asyncio.sleep(0)
        await asyncio.wait([stop])
        await manager.cleanup()
        assert [provider.calls.count("cleanup") for provider in providers] == [1, 1, 1]
        assert manager.registered_names() == ()


async def test_every_failure_of_a_stop_is_told_and_hides_no_other() -> None:
    """Trap 7: one group with all of them; beside an error of the block they are notes."""
    manager = ProviderManager()
    for name in "abc":
        await manager.register(Scripted(name, cleanup=raising(OSError(name))))
    await manager.register(last := Scripted("d"))
    with pytest.raises(ExceptionGroup) as raised:
        await manager.cleanup()
    assert sorted(str(error) for error in raised.value.exceptions) == ["a", "b", "c"]
    assert last.calls[-1] == "cleanup"
    assert manager.registered_names() == ()
    with pytest.raises(KeyError, match="mine") as primary:
        async with manager:
            await manager.register(Scripted(cleanup=raising(OSError("on the way out"))))
            raise KeyError("mine")
    assert "on the way out" in primary.value.__notes__[0]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3), asyncio.CancelledError()])
async def test_what_no_group_can_hold_comes_out_alone_when_all_are_done(error: BaseException) -> None:
    """Trap 8: and nobody's cleanup is skipped for it."""
    manager = ProviderManager()
    providers = [
        Scripted("a"),
        Scripted("b", cleanup=raising(error)),
        Scripted("c", cleanup=raising(OSError("c"))),
    ]
    for provider in providers:
        await manager.register(provider)
    expected = ExceptionGroup if isinstance(error, asyncio.CancelledError) else type(error)  # that one was a stray
    with pytest.raises(expected):
        await manager.cleanup()
    assert [provider.calls[-1] for provider in providers] == ["cleanup"] * 3
    assert manager.registered_names() == ()


async def test_a_cleanup_that_never_ends_is_given_up_and_named(caplog: pytest.LogCaptureFixture) -> None:
    """Traps 10 and 26: the deadline is the manager's, it does not wait for what ignores its cancellation."""
    manager = ProviderManager()
    with FakeClock() as clock:
        journal = Journal(manager)
        tasks: list[weakref.ref[asyncio.Task[Any]]] = []
        released: list[bool] = []

        async def refuse() -> None:
            task = asyncio.current_task()
            assert task is not None
            tasks.append(weakref.ref(task))
            del task
            while not released:
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.get_running_loop().create_future()  # which nobody else knows

        class Stuck(FaultyProvider):
            async def cleanup(self) -> None:
                await refuse()

        stuck, well = Stuck("stuck"), FaultyProvider("well")
        await manager.register(stuck, policy=Policy(stop_timeout=3))
        await manager.register(well)
        stop = asyncio.create_task(manager.cleanup())
        await clock.advance(3 + GRACE - 0.5)
        assert well.open == 0
        assert not stop.done()
        await clock.advance(1)
        with pytest.raises(ExceptionGroup) as raised:
            await stop
        (error,) = raised.value.exceptions
        assert isinstance(error, ProviderTimeoutError)
        assert (error.name, error.step, error.abandoned) == ("stuck", "stop", True)
        await turns()
        assert [(event.name, event.step) for event in journal.of(Abandoned)] == [("stuck", "stop")]
        del stop, raised, error
        gc.collect()
        task = tasks[0]()
        assert task is not None  # it is kept until it ends
        released.append(True)
        task.cancel()
        await turns()
        assert task.done()
        assert "What was abandoned of provider stuck has ended" in caplog.text


async def test_a_stopped_provider_stays_stopped_until_somebody_registers_it() -> None:
    """Trap 42: no operation, no reload and no check brings it back."""
    manager = ProviderManager()
    provider = Member()
    await manager.register(provider)
    await manager.reload_provider("one")
    live = manager.get("one", Member)
    await manager.unregister("one")
    for each in (provider, live):
        with pytest.raises(ProviderNotReadyError, match="stopped"):
            await each.which()
        with pytest.raises(ProviderNotReadyError, match="stopped"):
            each.which_plain()
        with pytest.raises(ProviderNotReadyError, match="stopped"):
            await anext(each.numbers(1))
    for call in (manager.reload_provider("one"), manager.unregister("one"), manager.check("one")):
        with pytest.raises(ProviderNotFoundError):
            await call
    assert provider.line.open == []
    await manager.register(live)
    assert await live.which() == 2
    await manager.cleanup()
    with pytest.raises(ProviderNotReadyError):
        await live.which()
    await manager.register(live)  # the manager, too, can be used anew
    await manager.cleanup()


# --- Generators ------------------------------------------------------------------------------------------


async def test_a_provider_made_of_a_generator_is_left_where_it_was_entered(manager: ProviderManager) -> None:
    """Trap 41: its context managers and context variables are those of one task."""
    inside: ContextVar[bool] = ContextVar("inside", default=False)
    left: list[asyncio.Task[Any] | None] = []

    async def connection() -> AsyncIterator[str]:
        token = inside.set(True)
        try:
            async with asyncio.timeout(60), asyncio.TaskGroup():
                yield "connected"
        finally:
            inside.reset(token)
            left.append(asyncio.current_task())

    class Generated(Scripted):
        async def initialize(self) -> None:
            self.context = asynccontextmanager(connection)()
            assert await self.context.__aenter__() == "connected"
            await super().initialize()

        async def cleanup(self) -> None:
            await super().cleanup()
            await self.context.__aexit__(None, None, None)

    provider = Generated()
    await manager.register(provider)
    await asyncio.create_task(manager.reload_provider("one"))
    await asyncio.create_task(manager.unregister("one"))
    assert set(left) == provider.tasks
    assert len(left) == 2


async def test_a_reader_that_leaves_closes_the_generator_of_the_operation(manager: ProviderManager) -> None:
    """Trap 41: at once, in its own context, and with its lease; not whenever it is collected."""
    closed: list[asyncio.Task[Any] | None] = []

    class Reading(Member):
        @operation
        async def rows(self) -> AsyncIterator[int]:
            try:
                for row in range(10):
                    yield row
            finally:
                await asyncio.sleep(0)
                closed.append(asyncio.current_task())

    provider = Reading()
    await manager.register(provider)
    async with aclosing(provider.rows()) as rows:  # type: ignore[type-var]
        async for row in rows:
            if row == 2:
                break
    assert closed == [asyncio.current_task()]
    assert provider._gate.held == 0


async def test_a_reload_that_fails_after_its_caller_has_left_is_no_mystery(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Trap 26: it is logged with the provider's name, never as an exception that nobody retrieved."""
    manager = ProviderManager()
    go = asyncio.Event()
    provider = FaultyProvider("one")
    await manager.register(provider)

    async def fail() -> None:
        await go.wait()
        raise OSError("down")

    provider.initialize = fail  # type: ignore[method-assign]
    reload = asyncio.create_task(manager.reload_provider("one"))
    await turns()
    reload.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await reload
    gc.collect()  # the task that reloads has no one else who keeps it
    go.set()
    await turns()
    assert manager.last_reload_error("one") == "OSError: down"
    assert "never retrieved" not in caplog.text
    assert any(getattr(record, "provider_name", "") == "one" for record in caplog.records)
    provider.script("cleanup", Fail(OSError("stuck")))
    await manager.cleanup()
