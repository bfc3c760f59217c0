"""`Host`: what the providers of one manager have in common."""

from __future__ import annotations

import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterable, Mapping

    from purveyor.events import Event
    from purveyor.lifecycle.deadlines import Deadlines
    from purveyor.lifecycle.graph import Edge
    from purveyor.lifecycle.owner import Keep
    from purveyor.lifecycle.runner import ProviderRunner
    from purveyor.lifecycle.stream import EventStream
    from purveyor.lifecycle.supervision import Supervisor
    from purveyor.provider import Provider

__all__ = ["Host"]


@dataclass(slots=True)
class Host:
    """Defaults and services for a manager's runners, and the way back to it.

    Args:
        start_timeout: How long validate and initialize may take together, in seconds; None for no deadline.
        stop_timeout: How long cleanup may take, in seconds; likewise.
        drain_timeout: How long operations that run are waited for, in seconds.
        check_timeout: How long the check of a new generation may take, in seconds.
        stream: Where events go.
        supervisor: Who watches the providers' health, and restarts them.
        publish: Logs an event, and sends it down the stream.
        live: A provider has become ready for the first time; it can be looked up from now on.
        replaced: Another instance serves; it is to be looked up in the place of the one before.
        rewired: What a provider was wired to before is out of use.
        withdrawn: A provider is about to be stopped, or waits for its turn; it is not to be looked up any more.
        ended: A registration is over.
        rewire: Takes other needs, or the class of a replacement, into the graph; gives what undoes it.
        needs_of: Who serves what a provider needs: the edges that start from it, with their runners.
        dependants_of: Who needs a provider: the edges that lead to it, with their runners.
        deadlines: Who watches the clock of the event loop that the providers live on.
        verbose: Whether each change of a status is logged.
        redacted: Takes secrets out of what is logged.
        abandoned: Tasks that did not end when they were cancelled; kept, so that they are not collected midway.
    """

    start_timeout: float | None
    stop_timeout: float | None
    drain_timeout: float
    check_timeout: float
    stream: EventStream
    supervisor: Supervisor
    publish: Callable[[Event], None]
    live: Callable[[ProviderRunner], None]
    replaced: Callable[[ProviderRunner], None]
    rewired: Callable[[str], None]
    withdrawn: Callable[[ProviderRunner], None]
    ended: Callable[[ProviderRunner], None]
    rewire: Callable[[ProviderRunner, Mapping[str, str] | Keep, Provider[Any] | None], Callable[[], None]]
    needs_of: Callable[[str], Iterable[tuple[Edge, ProviderRunner | None]]]
    dependants_of: Callable[[str], Iterable[tuple[Edge, ProviderRunner]]]
    deadlines: Deadlines = field(init=False)
    verbose: bool = False
    redacted: Callable[[str], str] = str
    abandoned: set[asyncio.Task[Any]] = field(default_factory=set["asyncio.Task[Any]"])

    def shown(self, error: BaseException | None) -> BaseException | None:
        """An error that is to be logged with its traceback; None if secrets stand in that."""
        text = "".join(traceback.format_exception(error))
        return error if self.redacted(text) == text else None
