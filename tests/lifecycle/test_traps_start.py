"""The traps of starting (numbered as in the notes on the lifecycle): what goes wrong, and what must not."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import Coroutine
from contextvars import ContextVar
from typing import Annotated, Any

import pytest

from purveyor.errors import (
    NeedFailedError,
    NeedsError,
    ProviderExistsError,
    ProviderInUseError,
    ProviderNotReadyError,
    ProviderTimeoutError,
    RegistrationAbortedError,
)
from purveyor.events import Abandoned, StatusChanged
from purveyor.lifecycle.owner import GRACE
from purveyor.manager import ProviderManager, Registration
from purveyor.metadata import ProviderStatus
from purveyor.needs import Needs
from purveyor.policy import Policy
from purveyor.testing import Fail, FakeClock, FaultyProvider, Hang, RefuseCancellation
from tests.lifecycle.lines import Journal, turns
from tests.providers import Scripted, raising, waiting


class Store(Scripted):
    pass


class Client(Scripted):
    store: Annotated[Scripted, Needs()]


async def test_of_two_registrations_of_one_name_one_finds_it_taken(manager: ProviderManager) -> None:
    """Trap 1: the name is reserved before the first await, and kept until the stop is over."""
    go = asyncio.Event()
    providers = [Scripted("one", initialize=waiting(go), cleanup=waiting(go)) for _ in range(5)]
    calls = [asyncio.create_task(manager.register(provider)) for provider in providers]
    await turns()
    go.set()
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [type(None)] + [ProviderExistsError] * 4
    assert [provider.calls for provider in providers[1:]] == [[]] * 4
    go.clear()
    stop = asyncio.create_task(manager.unregister("one"))
    await turns()
    with pytest.raises(ProviderExistsError):
        await manager.register(providers[1])
    go.set()
    await stop
    await manager.register(providers[1])


async def test_a_start_that_is_cancelled_is_undone_and_no_failure_of_the_provider(
    manager: ProviderManager,
) -> None:
    """Trap 3: it never stays starting, releases what it has, and the cancellation goes on as one."""
    journal = Journal(manager)
    provider = FaultyProvider("one", initialize=Hang(times=1))
    start = asyncio.create_task(manager.register(provider))
    await turns()
    start.cancel()
    with pytest.raises(asyncio.CancelledError):
        await start
    assert provider.open == 0
    assert manager.registered_names() == ()
    await turns()
    assert [event.new.name for event in journal.of(StatusChanged)] == ["STARTING", "STOPPED"]  # not FAILED
    await manager.register(provider)


@pytest.mark.parametrize("step", ["initialize", "cleanup"])
async def test_a_cancellation_of_the_providers_own_making_is_its_failure(
    manager: ProviderManager, step: str
) -> None:
    """Trap 3: the caller, whom nobody has cancelled, is not told that it was."""

    async def cancel_itself() -> None:
        raise asyncio.CancelledError

    provider = Scripted()
    provider.steps[step] = cancel_itself

    async def call() -> None:
        await manager.register(provider)
        await manager.unregister("one")

    task = asyncio.create_task(call())
    await asyncio.wait([task])
    assert not task.cancelled()
    assert "nobody cancelled it" in str(task.exception())


@pytest.mark.parametrize("reached", range(4))
async def test_what_a_start_has_opened_before_it_failed_is_closed(manager: ProviderManager, reached: int) -> None:
    """Trap 4: cleanup is called after every initialize that was begun, however far it came."""
    opened: list[int] = []

    class Parts(Scripted):
        async def initialize(self) -> None:
            for part in range(4):
                opened.append(part)
                await asyncio.sleep(0)
                if part == reached:
                    raise OSError(f"part {part}")

        async def cleanup(self) -> None:
            opened.clear()

    with pytest.raises(OSError, match=f"part {reached}"):
        await manager.register(Parts())
    assert opened == []


async def test_what_was_never_entered_is_not_left(manager: ProviderManager) -> None:
    """Trap 5: a provider whose initialize was not called is not cleaned up."""
    refused = Store("refused", validate=raising(ValueError("no")))
    with pytest.raises(ValueError, match="no"):
        await manager.register(refused)
    assert refused.calls == ["validate"]
    # Its need failed; and its turn had not come when everything was stopped.
    store, client = Store("store", initialize=raising(OSError("down"))), Client("client")
    with pytest.raises(OSError, match="down"):
        await manager.register_all([store, Registration(client, {"store": "store"})])
    assert client.calls == []
    store, client = Store("store", initialize=waiting(asyncio.Event())), Client("client")
    start = asyncio.create_task(manager.register_all([store, Registration(client, {"store": "store"})]))
    await turns()
    await manager.cleanup()
    with pytest.raises(RegistrationAbortedError):
        await start
    assert store.calls == ["validate", "initialize", "cleanup"]
    assert client.calls == []


async def test_who_waits_for_one_of_another_call_learns_of_its_failure(manager: ProviderManager) -> None:
    """Trap 5: it is never started without what it needs; one that can do without it is."""

    class Casual(Scripted):
        store: Annotated[Scripted | None, Needs()]

    go = asyncio.Event()

    async def fail() -> None:
        await go.wait()
        raise OSError("down")

    client, casual = Client("client"), Casual("casual")
    start = asyncio.create_task(manager.register(Store("store", initialize=fail)))
    await turns()
    others = [asyncio.create_task(manager.register(each, needs={"store": "store"})) for each in (client, casual)]
    await turns()
    assert manager.status("client") is manager.status("casual") is ProviderStatus.REGISTERED
    go.set()
    with pytest.raises(OSError, match="down"):
        await start
    with pytest.raises(NeedFailedError, match="client was not started: store, which it needs, is not there"):
        await others[0]
    await others[1]
    assert client.calls == []
    assert casual.store is None
    assert manager.names() == ("casual",)


async def test_a_timeout_of_the_providers_own_is_its_own(manager: ProviderManager) -> None:
    """Trap 11: only the manager's deadline is a ProviderTimeoutError, and no timeout around it is swallowed."""

    async def time_out() -> None:
        async with asyncio.timeout(1):
            await asyncio.Event().wait()

    with FakeClock(auto=True) as clock:
        with pytest.raises(TimeoutError) as raised:
            await manager.register(Scripted(initialize=time_out), policy=Policy(start_timeout=5))
        assert type(raised.value) is TimeoutError
        assert clock.elapsed == 1
        with pytest.raises(ProviderTimeoutError) as late:
            await manager.register(Scripted(initialize=waiting(asyncio.Event())), policy=Policy(start_timeout=5))
        assert (late.value.step, late.value.seconds, late.value.abandoned) == ("start", 5, False)
        with pytest.raises(TimeoutError) as outer:
            async with asyncio.timeout(2):
                await manager.register(
                    Scripted(initialize=waiting(asyncio.Event())), policy=Policy(start_timeout=5)
                )
        assert type(outer.value) is TimeoutError
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_the_failure_of_one_undoes_all_that_were_started_with_it(manager: ProviderManager) -> None:
    """Trap 12: those that start beside it do not go on; what has started is stopped, dependants first."""
    stops: list[str] = []

    def noting(name: str) -> Any:
        async def note() -> None:
            stops.append(name)

        return note

    store = Store("store", cleanup=noting("store"))
    client = Client("client", cleanup=noting("client"))
    slow = Store("slow", initialize=waiting(asyncio.Event()), cleanup=noting("slow"))
    go = asyncio.Event()

    async def fail() -> None:
        await go.wait()
        raise OSError("root")

    bad = Store("bad", initialize=fail)
    start = asyncio.create_task(manager.register_all([store, Registration(client, {"store": "store"}), slow, bad]))
    await turns()
    assert manager.names() == ("store", "client")
    go.set()
    with pytest.raises(OSError, match="root") as raised:
        await start
    assert any("provider bad failed to start" in note for note in raised.value.__notes__)
    assert sorted(stops) == ["client", "slow", "store"]
    assert stops.index("client") < stops.index("store")
    assert manager.registered_names() == ()


async def test_a_start_that_succeeds_too_late_is_thrown_away(manager: ProviderManager) -> None:
    """Traps 10 and 17: a start that ignores its cancellation is given up, and what it ends as is nobody's."""
    with FakeClock() as clock:
        journal = Journal(manager)
        late = FaultyProvider("one", initialize=RefuseCancellation())
        start = asyncio.create_task(manager.register(late, policy=Policy(start_timeout=3)))
        await clock.advance(3)
        assert not start.done()  # it has a moment to end
        await clock.advance(GRACE)
        with pytest.raises(ProviderTimeoutError) as raised:
            await start
        assert raised.value.abandoned
        await turns()
        (event,) = journal.of(Abandoned)
        assert (event.name, event.step) == ("one", "start")
        other = Scripted("one")
        await manager.register(other)  # the name is free
        gc.collect()  # the task that was abandoned is kept all the same
        late.release()
        await turns()
        assert manager.get("one") is other
        assert await other.echo(1) == 1
        assert late.open == 0  # it has cleaned up after itself
        with pytest.raises(ProviderNotReadyError):
            await late.read()


async def test_what_others_need_is_not_taken_away(manager: ProviderManager) -> None:
    """Trap 18: it is refused, or all go together, dependants first."""
    store, client = Store("store"), Client("client")
    await manager.register(store)
    await manager.register(client, needs={"store": "store"})
    with pytest.raises(ProviderInUseError, match="store is needed by client"):
        await manager.unregister("store")
    assert await store.echo(1) == await client.store.echo(1) == 1
    order: list[str] = []

    async def note_client() -> None:
        assert await client.store.echo(2) == 2  # what it needs serves to its end
        order.append("client")

    async def note_store() -> None:
        order.append("store")

    client.steps["cleanup"], store.steps["cleanup"] = note_client, note_store
    await manager.unregister("store", cascade=True)
    assert order == ["client", "store"]
    assert not manager.graph().nodes


async def test_a_cycle_is_found_before_anything_starts(manager: ProviderManager) -> None:
    """Trap 18: with its path."""
    clients = {name: Client(name) for name in "abc"}
    wiring = {"a": "b", "b": "c", "c": "a"}
    with pytest.raises(NeedsError, match="a -> b -> c -> a"):
        await manager.register_all(Registration(clients[name], {"store": wiring[name]}) for name in "abc")
    assert [client.calls for client in clients.values()] == [[], [], []]
    assert manager.registered_names() == ()


async def test_the_context_of_a_start_is_the_callers_and_stays_its_own(manager: ProviderManager) -> None:
    """Trap 22: initialize sees the caller's context, what it sets there the caller does not see; cleanup does."""
    trace: ContextVar[str] = ContextVar("trace")
    seen: list[str] = []

    async def initialize() -> None:
        seen.append(trace.get())
        seen.append(str(trace.set("provider's").old_value))

    async def cleanup() -> None:
        seen.append(trace.get())

    trace.set("caller's")
    await manager.register(Scripted(initialize=initialize, cleanup=cleanup))
    assert trace.get() == "caller's"
    trace.set("somebody's")
    await manager.reload_provider("one")
    await manager.unregister("one")
    assert seen == ["caller's", "caller's", "provider's", "provider's", "provider's", "provider's"]
    assert trace.get() == "somebody's"


async def test_every_generation_has_the_context_of_its_registration(manager: ProviderManager) -> None:
    """Trap 22: whoever asks for a reload, and whoever's readiness it is that a start has waited for."""
    caller: ContextVar[str] = ContextVar("caller", default="nobody")
    seen: list[str] = []

    async def note() -> None:
        seen.append(caller.get())

    async def call_as(name: str, call: Coroutine[Any, Any, None]) -> None:
        caller.set(name)
        await call

    go = asyncio.Event()
    store, client = Store("store", initialize=waiting(go)), Client("client", initialize=note)
    calls = [asyncio.create_task(call_as("A", manager.register(store)))]
    await turns()
    calls.append(asyncio.create_task(call_as("B", manager.register(client, needs={"store": "store"}))))
    await turns()
    go.set()
    await asyncio.gather(*calls)
    for strategy in ("in_place", "swap"):
        replacement = Client("client", initialize=note)
        await asyncio.create_task(
            call_as(
                "C", manager.reload_provider("client", replacement=replacement, policy=Policy(reload=strategy))
            )
        )
    assert seen == ["B", "B", "B"]


async def test_a_context_is_left_in_the_task_that_entered_it(manager: ProviderManager) -> None:
    """Trap 23: a token of a context variable, a timeout and a task group go to the very task they came from."""
    current: ContextVar[int] = ContextVar("current", default=0)

    class Entering(Scripted):
        async def initialize(self) -> None:
            self.stack = contextlib.AsyncExitStack()
            self.token = current.set(1)
            await self.stack.enter_async_context(asyncio.timeout(None))
            group = await self.stack.enter_async_context(asyncio.TaskGroup())
            self.beat = group.create_task(asyncio.sleep(3600))

        async def cleanup(self) -> None:
            self.beat.cancel()
            await self.stack.aclose()
            current.reset(self.token)

    await manager.register(Entering())
    await asyncio.create_task(manager.reload_provider("one"))
    await asyncio.create_task(manager.unregister("one"))


async def test_an_optional_one_that_needs_one_that_failed_names_the_root(manager: ProviderManager) -> None:
    """Trap 16: the root cause is told, not what came of it."""
    store = FaultyProvider("store", initialize=Fail(OSError("disk")))

    class Chain(Scripted):
        store: Annotated[Any, Needs()]

    first, second = Chain("first"), Chain("second")
    with pytest.raises(NeedFailedError, match="because store failed") as raised:
        await manager.register_all(
            [
                Registration(store, required=False),
                Registration(first, {"store": "store"}, required=False),
                Registration(second, {"store": "first"}),
            ]
        )
    assert (raised.value.need, raised.value.root) == ("first", "store")
    assert manager.registered_names() == ()
