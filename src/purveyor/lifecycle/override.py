"""`overridden`: another instance serves for a while, as tests want it."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import TYPE_CHECKING, Any

from purveyor.errors import ProviderExistsError, ProviderNotReadyError, ProviderTypeError
from purveyor.lifecycle.admission import check_metadata
from purveyor.lifecycle.notice import tell_dependants
from purveyor.lifecycle.reload import end_aside, set_aside, start_beside
from purveyor.lifecycle.states import SETTLED
from purveyor.lifecycle.waiting import retrieve, see_through
from purveyor.metadata import ProviderStatus
from purveyor.provider import Provider

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from purveyor.lifecycle.owner import Owner
    from purveyor.lifecycle.runner import ProviderRunner

__all__ = ["Override", "overridden"]


class Override:
    """An instance that stands in for a while, and what it found."""

    __slots__ = ("before", "error", "fake", "over", "owner")

    def __init__(self, fake: Provider[Any]) -> None:
        self.fake = self.before = fake
        self.owner: Owner | None = None  # of what was there before
        self.error: BaseException | None = None
        self.over = False


@contextlib.asynccontextmanager
async def overridden(runner: ProviderRunner, fake: Provider[Any]) -> AsyncGenerator[None]:
    """Have another instance serve for the length of a block; the one that serves is left running.

    Args:
        runner: The registration.
        fake: The other instance; it is started now, and stopped at the end.
    """
    while runner._coordinator is not None:
        await asyncio.wait([runner._coordinator])
    if runner.status not in SETTLED:
        raise ProviderNotReadyError(runner.name, runner.status)
    override = Override(fake)
    begun = runner._coordinate(partial(_begin, runner, override))
    try:
        await asyncio.wait([begun])
        begun.result()
        if override.error is not None:
            raise override.error
        yield
    finally:
        await see_through(asyncio.get_running_loop().create_task(_end_of(runner, override, begun)))


async def _begin(runner: ProviderRunner, override: Override) -> None:
    fake, old = override.fake, runner.owner
    if runner._stopping or old is None or override.over:
        raise ProviderNotReadyError(runner.name, runner.status)
    if not isinstance(fake, Provider):
        raise ProviderTypeError(runner.name, type(fake), Provider)
    check_metadata(fake)
    if fake._gate.in_use:
        raise ProviderExistsError(fake._provider_name)
    try:
        candidate = await start_beside(runner, fake)
    except (SystemExit, KeyboardInterrupt) as error:  # out of a task they would end the event loop
        override.error = error
        return
    override.before, override.owner = runner.provider, old
    runner._overrides = [*(runner._overrides or ()), override]
    set_aside(runner, old)
    _take_over(runner, candidate, fake)
    old.gate.replace()
    await tell_dependants(runner)


async def _end_of(runner: ProviderRunner, override: Override, begun: asyncio.Task[None]) -> None:
    override.over = True
    if runner._candidate is not None and runner._candidate.provider is override.fake:
        runner._candidate.interrupt(ProviderNotReadyError(runner.name, runner.status))
    await asyncio.wait([begun])
    retrieve(begun)
    while override in (runner._overrides or ()) and not runner._stopping:
        await asyncio.wait([runner._coordinator or runner._coordinate(partial(_restore, runner, override))])


async def _restore(runner: ProviderRunner, override: Override) -> None:
    """Have what an override found serve again; if another stands on it, have that one find it at its end."""
    if runner._stopping:
        return
    assert runner._overrides is not None
    assert runner._replaced is not None
    assert override.owner is not None
    above = runner._overrides[runner._overrides.index(override) + 1 :][:1]
    runner._overrides = [each for each in runner._overrides if each is not override] or None
    if above:
        taken, faked = above[0].owner, above[0].before
        above[0].owner, above[0].before = override.owner, override.before
    else:
        taken, faked = runner.owner, runner.provider
        if taken is not None:
            set_aside(runner, taken)
        else:  # what stood in has failed
            runner._move(ProviderStatus.RELOADING)
        del runner._replaced[override.owner]
        override.owner.replaced = False
        _take_over(runner, override.owner, override.before)
        runner._settle()
        faked._gate.replace()
    if taken is not None:
        taken.leave()
    else:
        faked._gate.retire()  # as the end of its owner does
    if not above:
        await tell_dependants(runner)
    if taken is not None:
        with runner.stoppable():
            await end_aside(runner, taken)


def _take_over(runner: ProviderRunner, owner: Owner, provider: Provider[Any]) -> None:
    runner.owner = owner
    runner._install(provider)
    provider._gate.open()
    runner.host.supervisor.started(runner)
