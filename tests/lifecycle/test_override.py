"""`override`: another instance serves for the length of a block, whatever happens in it."""

from __future__ import annotations

import asyncio
from typing import Annotated

import pytest

from purveyor.errors import ProviderExistsError, ProviderNotFoundError, ProviderNotReadyError, ProviderTypeError
from purveyor.manager import ProviderManager
from purveyor.metadata import ProviderStatus
from purveyor.needs import Needs
from purveyor.operations import operation
from purveyor.policy import Policy
from tests.lifecycle.lines import Member, turns
from tests.providers import Scripted, raising, waiting


class Fake(Scripted):
    def __init__(self, answer: int = -1, name: str = "anything") -> None:
        super().__init__(name)
        self.answer = answer

    @operation
    async def which(self) -> int:
        assert self.resources
        return self.answer


class Dependant(Scripted):
    store: Annotated[Scripted, Needs()]


async def test_a_fake_serves_for_the_length_of_a_block(manager: ProviderManager) -> None:
    real, dependant = Member(), Dependant("dependant")
    await manager.register(real)
    await manager.register(dependant, needs={"store": "one"})
    go = asyncio.Event()
    running = asyncio.create_task(real.which_twice(go))
    await turns()
    fake = Fake()
    async with manager.override("one", fake) as given:
        assert given is fake
        assert manager.get("one") is dependant.store is real.current is fake
        assert await real.which() == -1
        go.set()
        assert await running == (1, 1)  # what ran before runs on
        assert real.calls == ["validate", "initialize"]  # it is left running
        assert manager.status("one") is ProviderStatus.READY
    assert manager.get("one") is dependant.store is fake.current is real
    assert await real.which() == await fake.which() == 1
    assert fake.calls == ["validate", "initialize", "cleanup"]
    assert real.calls == ["validate", "initialize"]
    await manager.register(fake)  # it is free again


async def test_an_error_in_the_block_comes_out_and_the_real_one_is_back(manager: ProviderManager) -> None:
    real, fake = Member(), Fake()
    await manager.register(real)
    with pytest.raises(KeyError, match="mine"):
        async with manager.override("one", fake):
            raise KeyError("mine")
    assert await real.which() == 1
    assert fake.resources == 0


async def test_an_override_waits_for_a_reload(manager: ProviderManager) -> None:
    started, go = asyncio.Event(), asyncio.Event()
    real = Member()
    await manager.register(real)

    async def slowly() -> None:
        started.set()
        await go.wait()

    real.steps["initialize"] = slowly
    reload = asyncio.create_task(manager.reload_provider("one"))
    await started.wait()
    fake = Fake()
    override = manager.override("one", fake)
    enter = asyncio.create_task(override.__aenter__())
    await turns()
    assert not enter.done()
    assert fake.calls == []
    go.set()
    await reload
    assert await enter is fake
    await override.__aexit__(None, None, None)


async def test_overrides_nest(manager: ProviderManager) -> None:
    real = Member()
    await manager.register(real)
    async with manager.override("one", Fake(-1)):
        async with manager.override("one", Fake(-2)):
            assert await real.which() == -2
        assert await real.which() == -1
    assert await real.which() == 1


async def test_overrides_may_end_in_another_order(manager: ProviderManager) -> None:
    real, outer, inner = Member(), Fake(-1), Fake(-2)
    await manager.register(real)
    one, two = manager.override("one", outer), manager.override("one", inner)
    await one.__aenter__()
    await two.__aenter__()
    await one.__aexit__(None, None, None)
    assert await real.which() == -2
    assert outer.resources == 0
    await two.__aexit__(None, None, None)
    assert await real.which() == 1
    assert inner.resources == 0


async def test_a_fake_that_fails_never_serves(manager: ProviderManager) -> None:
    real, fake = Member(), Fake()
    await manager.register(real)
    for step in ("validate", "initialize"):
        fake.steps = {step: raising(OSError("no fake"))}
        with pytest.raises(OSError, match="no fake"):
            async with manager.override("one", fake):
                pytest.fail("the block was entered")
        assert await real.which() == 1
        assert manager.get("one") is real
        assert manager.status("one") is ProviderStatus.READY
        assert fake.resources == 0
        assert not fake._gate.in_use


async def test_what_cannot_be_overridden(manager: ProviderManager) -> None:
    real, other = Member(), Member("two")
    await manager.register(real)
    await manager.register(other)
    with pytest.raises(ProviderNotFoundError):
        async with manager.override("nobody", Fake()):
            pass
    with pytest.raises(ProviderExistsError):
        async with manager.override("one", other):
            pass
    with pytest.raises(ProviderTypeError):
        async with manager.override("one", object()):  # type: ignore[type-var]
            pass
    real.steps["initialize"] = raising(OSError("down"))
    with pytest.raises(OSError, match="down"):
        await manager.reload_provider("one", policy=Policy(reload="in_place"), config={"n": 1})
    assert manager.status("one") is ProviderStatus.FAILED
    with pytest.raises(ProviderNotReadyError, match="failed"):
        async with manager.override("one", Fake()):
            pass
    real.steps.clear()
    assert await other.which() == 1


async def test_a_reload_in_the_block_is_one_of_the_fake(manager: ProviderManager) -> None:
    real = Member()
    await manager.register(real)
    fake = Member("anything")
    async with manager.override("one", fake):
        with pytest.raises(OSError, match="bad"):
            fake.steps["initialize"] = raising(OSError("bad"))
            await manager.reload_provider("one")
        fake.steps.clear()
        assert await real.which() == 1
        assert manager.get("one") is fake
    assert real.calls == ["validate", "initialize"]
    assert await real.which() == 1
    assert fake.line.open == []


@pytest.mark.parametrize("strategy", ["swap", "in_place"])
async def test_a_generation_that_a_reload_in_the_block_made_goes_with_it(
    manager: ProviderManager, strategy: str
) -> None:
    real = Member()
    await manager.register(real, policy=Policy(reload=strategy))  # type: ignore[arg-type]
    fake = Member()
    fake.number = 100
    async with manager.override("one", fake):
        await manager.reload_provider("one", config={"n": 2})
        live = manager.get("one", Member)
        assert live.config == {"n": 2}
        assert real.line.open == [1]
    assert fake.line.open == []
    assert manager.get("one") is real
    assert real.config == {}
    assert await real.which() == await fake.which() == await live.which() == 1
    await manager.reload_provider("one")
    assert manager.get("one", Member).line is real.line


async def test_a_reload_that_runs_as_the_block_ends_is_waited_for(manager: ProviderManager) -> None:
    real, fake = Member(), Member()
    await manager.register(real)
    go = asyncio.Event()
    override = manager.override("one", fake)
    await override.__aenter__()
    fake.steps["initialize"] = waiting(go)
    reload = asyncio.create_task(manager.reload_provider("one"))
    await turns()
    end = asyncio.create_task(override.__aexit__(None, None, None))
    await turns()
    assert not end.done()
    go.set()
    await reload
    await end
    assert manager.get("one") is real
    assert fake.line.open == []
    assert len(fake.line.members) == 2


async def test_a_reload_that_comes_as_the_fake_starts_waits_for_it(manager: ProviderManager) -> None:
    real, fake = Member(), Member()
    await manager.register(real)
    go = asyncio.Event()
    fake.steps["initialize"] = waiting(go)
    override = manager.override("one", fake)
    enter = asyncio.create_task(override.__aenter__())
    await turns()
    reload = asyncio.create_task(manager.reload_provider("one"))
    await turns()
    assert not reload.done()
    assert len(real.line.members) == 1
    go.set()
    await enter
    await reload
    await override.__aexit__(None, None, None)
    assert real.line.open == [1]
    assert fake.line.open == []


async def test_a_fake_that_a_failed_reload_has_brought_down_makes_room(manager: ProviderManager) -> None:
    real, fake = Member(), Fake()
    await manager.register(real)
    async with manager.override("one", fake):
        fake.steps["initialize"] = raising(OSError("down"))
        with pytest.raises(OSError, match="down"):
            await manager.reload_provider("one")
        assert manager.status("one") is ProviderStatus.FAILED
        with pytest.raises(ProviderNotReadyError):
            await real.which()
    assert await real.which() == await fake.which() == 1
    await turns()  # it is believed with its first check
    assert manager.status("one") is ProviderStatus.READY


@pytest.mark.parametrize("stop", ["unregister", "cleanup"])
async def test_a_stop_in_the_block_stops_both(manager: ProviderManager, stop: str) -> None:
    real, outer, inner = Member(), Fake(), Fake()
    await manager.register(real)
    async with manager.override("one", outer), manager.override("one", inner):
        await (manager.unregister("one") if stop == "unregister" else manager.cleanup())
        assert real.resources == outer.resources == inner.resources == 0
        for each in (real, outer, inner):
            with pytest.raises(ProviderNotReadyError):
                await each.which()
    assert manager.registered_names() == ()
    for each in (real, outer, inner):
        assert each.calls.count("cleanup") == 1
        assert not each._gate.in_use


async def test_a_stop_as_the_fake_starts(manager: ProviderManager) -> None:
    real, fake = Member(), Fake()
    await manager.register(real)
    fake.steps["initialize"] = waiting(asyncio.Event())
    override = manager.override("one", fake)
    enter = asyncio.create_task(override.__aenter__())
    await turns()
    await manager.unregister("one")
    with pytest.raises(ProviderNotReadyError, match="stop"):
        await enter
    assert real.resources == fake.resources == 0


async def test_a_fake_that_cannot_be_cleaned_up_does_not_keep_the_real_one_away(manager: ProviderManager) -> None:
    real, fake = Member(), Fake()
    await manager.register(real)
    async with manager.override("one", fake):
        fake.steps["cleanup"] = raising(OSError("stuck"))
    assert await real.which() == 1
    assert manager.status("one") is ProviderStatus.READY
