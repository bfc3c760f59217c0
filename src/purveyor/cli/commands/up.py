"""``purveyor up``: all providers, running until they are told to stop."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from time import perf_counter
from typing import TYPE_CHECKING

import click

from purveyor.admin.app import create_app
from purveyor.admin.server import AdminServer
from purveyor.cli.narrator import Narrator
from purveyor.cli.options import Command, Settings, pass_settings
from purveyor.cli.output import InProvider, Output
from purveyor.cli.running import load_system
from purveyor.cli.streams import lasting

if TYPE_CHECKING:
    from collections.abc import Callable

    from purveyor.app import System

__all__ = ["command"]


@click.command(cls=Command, name="up")
@click.option("--host", metavar="ADDRESS", help="Listen here instead of at the configured address; loopback only.")
@click.option("--port", type=click.IntRange(0, 65535), metavar="PORT", help="Likewise; 0 takes any free port.")
@pass_settings
def command(settings: Settings, host: str | None, port: int | None) -> int:
    """Start all providers, and serve health and metrics until stopped.

    Without a configuration file it starts `notes`, a memory, and `files`, a storage, under .purveyor/.
    /healthz, /readyz and /metrics are served on a loopback address; if the port is taken, on a free one.

    SIGHUP reads the configuration again, and changes what has changed. Ctrl-C or SIGTERM waits for running
    operations and cleans up, last started first; a second Ctrl-C ends at once.

    With --json each event is one line: started, ready, reloaded, refused, stopping, stopped.
    """
    output = Output(settings)
    system = load_system(settings, output)
    configured = system.config.server
    up = _Up(system, Narrator(system, output, settings), output.redacted)
    with lasting():  # nobody has to read the log for as long as this runs
        return asyncio.run(
            up.run(configured.host if host is None else host, configured.port if port is None else port)
        )


class _Up:
    def __init__(self, system: System, narrator: Narrator, redacted: Callable[[str], str]) -> None:
        self._system = system
        self._redacted = redacted
        self._narrator = narrator
        self._has_terminal = sys.stderr.isatty()
        self._signal: signal.Signals | None = None  # the one that asked to stop
        self._stop = asyncio.Event()
        self._reload = asyncio.Event()

    async def run(self, host: str, port: int) -> int:
        """Start, serve until a signal comes, stop; the exit code."""
        app = create_app(self._system.manager, self._declared, redacted=self._redacted)
        server = AdminServer(app, host, port)
        try:
            self._handle_signals()
            await server.start()
            self._narrator.started(server.url, server.port, wanted=port)
            if not await self._start():
                self._narrator.abandoned()
                return 128 + (self._signal or signal.SIGINT)
            self._narrator.ready(server.url)
            reloads = asyncio.create_task(self._reload_on_request())
            await self._stop.wait()
            stopped = await self._shut_down()
            reloads.cancel()
            with suppress(asyncio.CancelledError):
                await reloads
            return 0 if stopped else 1
        finally:
            try:
                await self._system.stop()  # does nothing where it was stopped already
            finally:
                await server.stop()

    def _declared(self) -> dict[str, bool]:
        config = self._system.config
        required = {spec.name: spec.required for spec in config.providers}
        return required | dict.fromkeys(config.unavailable, False)

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
            _exit_now(130)

    def _asked_to_reload(self) -> None:
        if self._has_terminal and not sys.stderr.isatty():  # nobody asked for that: the terminal was closed
            self._asked_to_stop(signal.SIGHUP)
        else:
            self._reload.set()

    async def _start(self) -> bool:
        """Start everything; False if a signal came first."""
        start = asyncio.create_task(self._system.start(self._narrator.progressed))
        stop = asyncio.create_task(self._stop.wait())
        await asyncio.wait((start, stop), return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if not start.done():
            self._narrator.abandoning()
            start.cancel()
            await asyncio.wait((start,))
        self._narrator.done_starting()
        if start.cancelled():
            return False
        failed = self._narrator.failed
        if (error := start.exception()) is not None:
            raise InProvider(failed, error) if failed and isinstance(error, Exception) else error
        return True

    async def _reload_on_request(self) -> None:
        while True:
            await self._reload.wait()
            self._reload.clear()
            try:
                summary = await self._system.reload()
            except Exception as error:
                if self._signal is None:
                    self._narrator.refused(error)
            else:
                self._narrator.reloaded(summary)

    async def _shut_down(self) -> bool:
        """Clean everything up; whether that succeeded."""
        names = tuple(reversed(self._system.manager.names()))
        self._narrator.stopping(names)
        begun = perf_counter()
        failure: Exception | None = None
        try:
            await self._system.stop()
        except Exception as error:
            failure = error
        self._narrator.stopped(names, perf_counter() - begun, failure)
        return failure is None


def _exit_now(code: int) -> None:
    """End without cleaning up, and without waiting for threads that are at work."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
