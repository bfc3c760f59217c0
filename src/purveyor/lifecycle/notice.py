"""Notices: those who need a provider are given what serves after its reload, and told if they want to know."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from time import time
from typing import TYPE_CHECKING, Any

from purveyor.events import Abandoned
from purveyor.lifecycle.health import describe_error
from purveyor.lifecycle.owner import GRACE
from purveyor.lifecycle.states import SERVING
from purveyor.lifecycle.watchdog import runs_for
from purveyor.metadata import ProviderStatus
from purveyor.provider import Provider

if TYPE_CHECKING:
    from purveyor.lifecycle.graph import Edge
    from purveyor.lifecycle.runner import ProviderRunner

__all__ = ["take_notice", "tell_dependants"]

_logger = logging.getLogger(__name__)


async def tell_dependants(runner: ProviderRunner) -> None:
    """Give those who need it what serves now, and tell the ones who want to know."""
    notices = {
        notice: dependant.name
        for edge, dependant in runner.host.dependants_of(runner.name)
        if (notice := take_notice(dependant, edge, runner)) is not None
    }
    if not notices:
        return
    seconds = runner.start_timeout
    _, late = await asyncio.wait(notices, timeout=seconds)
    if not late:
        return
    for notice in late:
        notice.cancel()
    _, left = await asyncio.wait(late, timeout=GRACE)
    for notice in left:
        runner.host.publish(Abandoned(notices[notice], time(), "on_need_reloaded", seconds or 0.0))


def take_notice(
    runner: ProviderRunner, edge: Edge, needed: ProviderRunner
) -> asyncio.Task[BaseException | None] | None:
    """Have the live instance of what it needs; the task in which it is told, if it wants to know."""
    provider = runner.provider
    if runner._stopping or runner.status is ProviderStatus.REGISTERED:  # that has its needs when it is started
        return None
    setattr(provider, edge.attribute, needed.provider)
    if runner.status not in SERVING or type(provider).on_need_reloaded is Provider.on_need_reloaded:
        return None
    notice = asyncio.get_running_loop().create_task(
        _tell(provider, edge.role, needed.provider), name=f"purveyor:{runner.name}:on_need_reloaded"
    )
    runs_for(notice, runner.name)
    for each in (runner, needed):
        if each._notices is None:
            each._notices = set()
        each._notices.add(notice)
    runner.host.abandoned.add(notice)  # kept there, should it outlive both of them
    notice.add_done_callback(partial(_taken, runner, needed))
    return notice


async def _tell(provider: Provider[Any], role: str, needed: Provider[Any]) -> BaseException | None:
    """Why it failed, if it did: a task that ends with SystemExit would take the event loop with it."""
    try:
        await provider.on_need_reloaded(role, needed)
    except asyncio.CancelledError:
        raise
    except BaseException as error:
        return error
    return None


def _taken(runner: ProviderRunner, needed: ProviderRunner, notice: asyncio.Task[BaseException | None]) -> None:
    runner.host.abandoned.discard(notice)
    for each in (runner, needed):
        assert each._notices is not None
        each._notices.discard(notice)
    error = None if notice.cancelled() else notice.result()
    if error is not None or (notice.cancelled() and not runner._stopping and not needed._stopping):
        _logger.error(
            "on_need_reloaded of provider %s failed: %s",
            runner.name, "it was cancelled" if error is None else runner.host.redacted(describe_error(error)),
            exc_info=runner.host.shown(error), extra={"provider_name": runner.name},
        )  # fmt: skip
