"""The traps of what is registered, and of how it is counted."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import pytest

from purveyor.errors import (
    ProviderExistsError,
)
from purveyor.manager import ProviderManager, Registration
from purveyor.metadata import ProviderStatus
from purveyor.monitor.metrics import MetricsManager
from purveyor.needs import Needs
from purveyor.policy import Policy
from purveyor.testing import Fail, FakeClock, FaultyProvider, Hang
from tests.lifecycle.lines import turns
from tests.providers import Scripted


class Client(Scripted):
    store: Annotated[Scripted, Needs()]


async def test_one_object_is_one_provider(manager: ProviderManager) -> None:
    """Trap 35: registered under a second name, or twice at once, it is refused before anything is called."""
    provider = Scripted("one")
    await manager.register(provider)
    provider._metadata = Scripted("two").metadata
    with pytest.raises(ProviderExistsError):
        await manager.register(provider)
    other = Scripted("three")
    with pytest.raises(ProviderExistsError):
        await manager.register_all([other, other])
    assert other.calls == []
    assert provider.calls == ["validate", "initialize"]
    await manager.register(other)


async def test_providers_are_told_apart_by_name_and_identity(manager: ProviderManager) -> None:
    """Trap 36: never by an equality or a hash of their own."""

    class Equal(Scripted):
        __hash__ = None  # type: ignore[assignment]

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Equal)

        def __bool__(self) -> bool:
            return False

    class Needing(Equal):
        store: Annotated[Equal, Needs()]

    one, two, client = Equal("one", "equal"), Equal("two", "equal"), Needing("client")
    await manager.register_all([one, Registration(client, {"store": "two"}), two])
    assert client.store is two
    assert manager.get("one") is one
    assert manager.get("two", Equal) is two
    assert [each.metadata.name for each in manager.get_providers_by_capability("equal")] == ["one", "two"]
    another = Equal("one", "equal")
    await manager.reload_provider("one", replacement=another)
    assert manager.get("one") is another
    await manager.check("two")
    async with manager.override("two", fake := Equal("fake")):
        assert manager.get("two") is client.store is fake
    await manager.unregister("two", cascade=True)
    assert manager.names() == ("one",)


@pytest.mark.parametrize("wrong", ["metadata", "name", "needs", "no provider"])
async def test_all_is_checked_before_anything_changes(manager: ProviderManager, wrong: str) -> None:
    """Trap 37: one that cannot be registered leaves the names and objects of the others free, and none started."""
    await manager.register(Scripted("there"))
    good = [Scripted("a"), Scripted("b")]
    bad: Any = {
        "metadata": Scripted(""),
        "name": Scripted("there"),
        "needs": Client("client"),
        "no provider": object(),
    }[wrong]
    before = manager.graph().nodes.keys()
    with pytest.raises((ValueError, TypeError)):
        await manager.register_all([*good, bad])
    assert [provider.calls for provider in good] == [[], []]
    assert manager.registered_names() == ("there",)
    assert manager.graph().nodes.keys() == before
    await manager.register_all(good)


async def test_what_runs_is_counted_as_it_ended(manager: ProviderManager, metrics: MetricsManager) -> None:
    """Trap 32: done, failed, timed out and cancelled are told apart, and nobody is inside for ever."""
    provider = FaultyProvider("one")
    with FakeClock() as clock:
        await manager.register(provider, policy=Policy(timeout=2))
        await provider.read()
        provider.script("read", Fail(OSError("reset"), times=1))
        with pytest.raises(OSError, match="reset"):
            await provider.read()
        provider.script("read", Hang())
        late, left = asyncio.create_task(provider.read()), asyncio.create_task(provider.read())
        await turns()
        left.cancel()
        await clock.advance(2)
        with pytest.raises(TimeoutError):
            await late
    reader = provider.stream(5)
    await anext(reader)
    assert provider._gate.held == 1
    await reader.aclose()  # type: ignore[attr-defined]
    assert provider._gate.held == 0
    read, stream = (metrics.operation(name, "custom", "one") for name in ("read", "stream"))
    assert read.successes == 1
    assert read.errors == {"OSError": 1, "CancelledError": 1, "OperationTimeoutError": 1}
    assert (stream.successes, stream.failures) == (1, 0)
    await asyncio.gather(left, return_exceptions=True)
    assert manager.status("one") is ProviderStatus.READY
