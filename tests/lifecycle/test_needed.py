"""Whoever is needed is there: while wirings change, while a stop waits for its turn, and for the right instance."""

from __future__ import annotations

import asyncio
from typing import Annotated

import pytest

from purveyor.errors import NeedFailedError, ProviderInUseError
from purveyor.manager import ProviderManager, Registration
from purveyor.needs import Needs
from purveyor.operations import UNBOUND
from purveyor.policy import Policy
from tests.lifecycle.lines import turns
from tests.providers import Scripted, waiting


class Client(Scripted):
    """Needs another one."""

    peer: Annotated[Scripted, Needs("peer")]

    def next_generation(self, config: object) -> Client:
        client = type(self)(self.metadata.name)
        client.steps = self.steps
        return client


@pytest.mark.parametrize("strategy", ["swap", "in_place"])
@pytest.mark.parametrize("fails", [False, True])
async def test_what_one_is_wired_to_is_in_use_until_the_reload_that_changes_it_is_over(
    manager: ProviderManager, strategy: str, fails: bool
) -> None:
    old, new, client = Scripted("old"), Scripted("new"), Client("client")
    await manager.register_all([old, new, Registration(client, {"peer": "old"}, Policy(reload=strategy))])  # type: ignore[arg-type]
    go = asyncio.Event()

    async def initialize() -> None:
        await go.wait()
        if fails:
            raise OSError("down")

    client.steps["initialize"] = initialize
    reload = asyncio.create_task(manager.reload_provider("client", needs={"peer": "new"}))
    await turns()
    for name in ("old", "new"):
        with pytest.raises(ProviderInUseError, match=f"{name} is needed by client"):
            await manager.unregister(name)
    go.set()
    if fails:
        with pytest.raises(OSError, match="down"):
            await reload
    else:
        await reload
    used, free = ("old", "new") if fails else ("new", "old")
    assert manager.get("client", Client).peer is manager.get(used)
    await manager.unregister(free)
    with pytest.raises(ProviderInUseError):
        await manager.unregister(used)


async def test_a_cleanup_stops_what_one_was_wired_to_after_it(manager: ProviderManager) -> None:
    """Also while it is being wired anew."""
    stops: list[str] = []

    class Noting(Scripted):
        async def cleanup(self) -> None:
            await super().cleanup()
            stops.append(self.metadata.name)

    end = asyncio.Event()
    client = Client("client", cleanup=waiting(end))
    await manager.register_all(
        [Noting("old"), Noting("new"), Registration(client, {"peer": "old"}, Policy(reload="swap"))]
    )
    client.steps["initialize"] = waiting(asyncio.Event())
    reload = asyncio.create_task(manager.reload_provider("client", needs={"peer": "new"}))
    await turns()
    cleanup = asyncio.create_task(manager.cleanup())
    await turns()
    assert stops == []  # the client's cleanup may use either
    end.set()
    await asyncio.gather(reload, cleanup, return_exceptions=True)
    assert stops == ["new", "old"]


async def test_nobody_is_started_on_what_is_about_to_stop(manager: ProviderManager) -> None:
    """Its stop was asked for while a reload was at a point where it cannot be interrupted."""
    go = asyncio.Event()
    peer = Scripted("peer")
    await manager.register(peer)
    peer.steps["cleanup"] = waiting(go)
    reload = asyncio.create_task(manager.reload_provider("peer"))
    await turns()
    stop = asyncio.create_task(manager.unregister("peer"))
    await turns()
    with pytest.raises(NeedFailedError, match="peer, which it needs, is not there"):
        await manager.register(Client("client"), needs={"peer": "peer"})
    go.set()
    await asyncio.gather(reload, stop, return_exceptions=True)
    assert manager.registered_names() == ()


async def test_a_policy_that_comes_while_an_operation_waits_for_a_replacement_leads_nobody_astray(
    manager: ProviderManager,
) -> None:
    """What an instance binds is its own: what has none yet shares an empty one with all others."""
    go = asyncio.Event()
    old, new, other = Scripted("one"), Scripted("one", initialize=waiting(go)), Scripted("other")
    await manager.register_all([old, other])
    reload = asyncio.create_task(manager.reload_provider("one", replacement=new))
    await turns()
    call = asyncio.create_task(old.echo(1))
    await turns()
    await manager.reload_provider("one", policy=Policy(timeout=60))
    go.set()
    await reload
    assert await call == 1
    await manager.unregister("one")
    assert not UNBOUND
    assert await other.echo(2) == 2
