"""`serve`: all providers, running until they are told to stop."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import sys
from contextlib import ExitStack, aclosing, suppress
from time import perf_counter
from typing import TYPE_CHECKING, Any

from purveyor.admin.app import create_app
from purveyor.admin.control import control_routes
from purveyor.admin.server import AdminServer
from purveyor.cli.ending import end_now, run
from purveyor.cli.narrator import Narrator
from purveyor.cli.output import TRACEBACK, InProvider, Output
from purveyor.cli.running import load_system
from purveyor.cli.runtime import Record, announced, identity
from purveyor.cli.streams import lasting
from purveyor.errors import ProviderNotFoundError, RuntimeFolderError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from purveyor.app import ReloadSummary, System
    from purveyor.cli.options import Settings
    from purveyor.config.diff import ConfigDiff

__all__ = ["serve"]


def serve(settings: Settings, host: str | None, port: int | None, watch: bool | None) -> int:
    """Start all providers, serve until a signal comes, and stop.

    Args:
        settings: The global options.
        host: Where to listen, if not where the configuration says.
        port: Likewise.
        watch: Whether to follow the configuration's file, if not as it says itself.

    Returns:
        The exit code.
    """
    output = Output(settings)
    system = load_system(settings, output)
    configured = system.config.server
    changes = system.changes() if (configured.watch if watch is None else watch) else None
    up = _Up(system, Narrator(system, output, settings), output, changes)
    with lasting():  # nobody has to read the log for as long as this runs
        return run(up.run(configured.host if host is None else host, configured.port if port is None else port))


class _Up:
    def __init__(
        self, system: System, narrator: Narrator, output: Output, changes: AsyncGenerator[None] | None
    ) -> None:
        self._system = system
        self._narrator = narrator
        self._output = output
        self._changes = changes
        self._has_terminal = sys.stderr.isatty()
        self._signal: signal.Signals | None = None  # the one that asked to stop
        self._stop = asyncio.Event()
        self._reload = asyncio.Event()
        self._told: object = None  # the outcome that was told last: several may have asked for one reload

    async def run(self, host: str, port: int) -> int:
        """Start, serve until a signal comes, stop; the exit code."""
        token = secrets.token_urlsafe(32)
        control = control_routes(self, token, self._describe)
        app = create_app(self._system.manager, self._declared, control, self._output.redacted)
        server = AdminServer(app, host, port)
        with ExitStack() as stack:
            try:
                self._handle_signals()
                await server.start()
                self._narrator.started(server.url, server.port, wanted=port)
                self._announce(stack, Record(server.url, os.getpid(), token))
                if not await self._start():
                    self._narrator.abandoned()
                    return 128 + (self._signal or signal.SIGINT)
                self._narrator.ready(server.url, watched=self._changes is not None)
                background = [asyncio.create_task(self._reload_on_request()), asyncio.create_task(self._watch())]
                await self._stop.wait()
                stopped = await self._shut_down()
                for task in background:
                    task.cancel()
                await asyncio.wait(background)
                return 0 if stopped else 1
            finally:
                try:
                    await self._system.stop()  # does nothing where it was stopped already
                finally:
                    await server.stop()

    # --- what is asked over HTTP --------------------------------------------------------------------

    async def plan(self) -> ConfigDiff:
        """What a reload would change."""
        return await self._system.plan()

    async def reload(self, name: str | None = None) -> ReloadSummary:
        """Reload, and tell what came of it."""
        try:
            summary = await self._system.reload(name)
        except ProviderNotFoundError:  # only who asked has to know
            raise
        except Exception as error:
            if error is not self._told and self._signal is None:
                self._narrator.refused(error)
            self._told = error
            raise
        if summary is not self._told:
            self._narrator.reloaded(summary)
        self._told = summary
        return summary

    def _describe(self, error: Exception) -> dict[str, Any]:
        described = self._output.describe(error)
        return described | {"hint": "see what `purveyor up` says"} if described["hint"] == TRACEBACK else described

    # --- inside -------------------------------------------------------------------------------------

    def _declared(self) -> dict[str, bool]:
        config = self._system.config
        required = {spec.name: spec.required for spec in config.providers}
        return required | dict.fromkeys(config.unavailable, False)

    def _announce(self, stack: ExitStack, record: Record) -> None:
        """Have `purveyor reload` and `purveyor plan` find this process."""
        try:
            before = stack.enter_context(announced(identity(self._system.config.file), record))
        except (RuntimeFolderError, OSError) as error:
            self._output.warn(f"`purveyor reload` and `purveyor plan` cannot find this process: {error}")
        else:
            if before is not None:
                self._output.warn(f"process {before} runs this configuration, too; commands reach this one now")

    def _handle_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._asked_to_stop, number)
        loop.add_signal_handler(signal.SIGHUP, self._asked_to_reload)

    def _asked_to_stop(self, number: signal.Signals) -> None:
        if self._signal is None:
            self._signal = number
            self._stop.set()
        elif number is signal.SIGINT:
            self._narrator.ended_at_once()
            end_now(130)

    def _asked_to_reload(self) -> None:
        if self._has_terminal and not sys.stderr.isatty():  # nobody asked for that: the terminal was closed
            self._asked_to_stop(signal.SIGHUP)
        else:
            self._reload.set()

    async def _start(self) -> bool:
        """Start everything; False if a signal came first."""
        unsubscribe = self._system.manager.subscribe(self._narrator.happened)
        start = asyncio.create_task(self._system.start())
        stop = asyncio.create_task(self._stop.wait())
        await asyncio.wait((start, stop), return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if not start.done():
            self._narrator.abandoning()
            start.cancel()
            await asyncio.wait((start,))
        await self._narrator.hear_out()
        unsubscribe()
        if start.cancelled():
            return False
        if (error := start.exception()) is not None:
            culprit = self._narrator.culprit(error)
            raise InProvider(culprit, error) if culprit and isinstance(error, Exception) else error
        return True

    async def _reload_on_request(self) -> None:
        while True:
            await self._reload.wait()
            self._reload.clear()
            with suppress(Exception):  # which was told
                await self.reload()

    async def _watch(self) -> None:
        if self._changes is None:
            return
        try:
            async with aclosing(self._changes) as changes:
                async for _ in changes:
                    self._reload.set()
        except OSError as error:
            self._output.warn(f"the configuration is not watched any more: {error}")

    async def _shut_down(self) -> bool:
        """Clean everything up; whether that succeeded."""
        manager = self._system.manager
        names = tuple(name for name in reversed(manager.graph().order()) if name in manager)
        self._narrator.stopping(names)
        begun = perf_counter()
        failure: Exception | None = None
        try:
            await self._system.stop()
        except Exception as error:
            failure = error
        self._narrator.stopped(names, perf_counter() - begun, failure)
        return failure is None
