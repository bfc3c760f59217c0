"""`Narrator`: what ``purveyor up`` tells, in words or as one line of JSON an event."""

from __future__ import annotations

import asyncio
import os
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from rich.text import Text

from purveyor.cli.declared import source_of
from purveyor.cli.output import Column, InProvider

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.status import Status

    from purveyor.app import Progress, ReloadSummary, System
    from purveyor.cli.options import Settings
    from purveyor.cli.output import Output

__all__ = ["Narrator"]

#: How long a provider's start may take, in seconds, before it is said that it is under way.
_PATIENCE = 1.0
_PATIENCE_OF_A_PERSON = 0.2


class Narrator:
    """Tells what happens to a system.

    Args:
        system: The system.
        output: Where it is told.
        settings: How.
    """

    def __init__(self, system: System, output: Output, settings: Settings) -> None:
        self._system = system
        self._output = output
        self._settings = settings
        self._seconds: dict[str, float] = {}
        self._status: Status | None = None
        self._reminder: asyncio.TimerHandle | None = None
        #: The provider whose start failed last.
        self.failed: str | None = None

    # --- start --------------------------------------------------------------------------------------

    def started(self, url: str, port: int, *, wanted: int) -> None:
        """The server answers; providers come next."""
        self._event("started", url=url, pid=os.getpid())
        title = Text.assemble((f"purveyor {version('purveyor')}", "bold"), f"  {source_of(self._system.config)}")
        self._output.note(title)
        self._output.warnings(self._system.config.warnings)
        if wanted not in (0, port):
            self._output.warn(f"port {wanted} is taken; using {port}")

    def progressed(self, progress: Progress) -> None:
        """One provider's start has begun or ended."""
        self.done_starting()
        if progress.stage == "starting":
            tell, patience = (
                (self._spin, _PATIENCE_OF_A_PERSON)
                if self._output.shows_progress
                else (self._output.note, _PATIENCE)
            )
            self._reminder = asyncio.get_running_loop().call_later(patience, tell, f"starting {progress.name}…")
            return
        self._seconds[progress.name] = progress.seconds
        if progress.stage == "failed":
            self.failed = progress.name
        elif progress.seconds > _PATIENCE:
            self._output.note(f"{progress.name} is ready after {progress.seconds:.1f} s")

    def done_starting(self) -> None:
        """Nothing is being started just now."""
        if self._status is not None:
            self._status.stop()
            self._status = None
        if self._reminder is not None:
            self._reminder.cancel()
            self._reminder = None

    def abandoning(self) -> None:
        """A signal came before everything was started."""
        self.done_starting()
        self._event("stopping", providers=list(self._system.manager.names())[::-1])
        self._output.note("abandoning the start…")

    def abandoned(self) -> None:
        """What had been started is cleaned up."""
        self._event("stopped", ms=None, error=None)
        self._output.note("cleaned up; bye")

    def ready(self, url: str) -> None:
        """All providers serve, but for optional ones that failed."""
        providers = self._providers()
        self._event("ready", url=url, providers=providers)
        output = self._output
        if self._settings.json:
            return
        if self._settings.quiet:
            output.line(url)
            return
        columns = [Column("name"), Column("type"), Column("driver"), Column("status"), Column("start", right=True)]
        names = ("name", "type", "driver", "status")
        output.table(columns, ([*(row[name] or "" for name in names), _took(row["ms"])] for row in providers))
        for name, error in self._system.failed.items():
            output.warn(f"going on without {name}, which is not required: {error}")
        output.line()
        output.line(Text.assemble((url, "bold"), ("  /healthz  /readyz  /metrics", "dim")))
        output.note(Text("Ctrl-C stops, SIGHUP reloads", style="dim"))

    # --- reload -------------------------------------------------------------------------------------

    def reloaded(self, summary: ReloadSummary) -> None:
        """The configuration was read again, and applied as far as possible."""
        done = {kind: list(getattr(summary, kind)) for kind in ("added", "changed", "removed", "unchanged")}
        self._event(
            "reloaded",
            **done,
            failed={name: self._output.describe(error) for name, error in summary.failed.items()},
        )
        if not self._settings.json:
            for name, error in summary.failed.items():
                self._output.error(InProvider(name, error))
        told = {kind: done[kind] for kind in ("added", "changed", "removed")} | {"failed": list(summary.failed)}
        changes = [f"{kind} {', '.join(names)}" for kind, names in told.items() if names]
        self._output.note(f"reloaded: {'; '.join(changes) or 'nothing has changed'}")

    def refused(self, error: Exception) -> None:
        """The configuration cannot be applied."""
        self._event("refused", error=self._output.describe(error))
        if not self._settings.json:
            self._output.error(error)
        self._output.note("not reloaded: nothing has changed")

    # --- stop ---------------------------------------------------------------------------------------

    def stopping(self, names: Sequence[str]) -> None:
        """A signal asked to stop; `names` in the order in which they will be."""
        self._event("stopping", providers=list(names))
        self._output.note("draining…")

    def stopped(self, names: Sequence[str], seconds: float, failure: Exception | None) -> None:
        """All is over."""
        error = None if failure is None else self._output.describe(failure)
        self._event("stopped", ms=round(seconds * 1000, 1), error=error)
        if failure is not None and not self._settings.json:
            self._output.error(failure)
        if failure is None:
            self._output.note(f"stopped {', '.join(names) or 'nothing'} in {seconds * 1000:.0f} ms; bye")

    def ended_at_once(self) -> None:
        """A second interrupt came."""
        self._output.note("ended at once, without cleaning up")

    # --- inside -------------------------------------------------------------------------------------

    def _spin(self, text: str) -> None:
        self._status = self._output.stderr.status(text)
        self._status.start()

    def _event(self, event: str, **data: Any) -> None:
        if self._settings.json:
            self._output.json({"version": 1, "event": event, **data}, lines=True)

    def _providers(self) -> list[dict[str, Any]]:
        config, manager, failed = self._system.config, self._system.manager, self._system.failed
        rows: list[dict[str, Any]] = [
            {
                "name": spec.name,
                "type": spec.type.value,
                "driver": spec.driver,
                "status": manager.status(spec.name).value if spec.name in manager else "failed",
                "ms": round(self._seconds.get(spec.name, 0.0) * 1000, 1),
            }
            for spec in config.providers
        ]
        absent = {"type": None, "driver": None, "status": "failed", "ms": None}
        rows += [{"name": name, **absent} for name in config.unavailable]
        for row in rows:
            error = failed.get(row["name"])
            row["error"] = None if error is None else self._output.describe(error)
        return rows


def _took(milliseconds: float | None) -> str:
    return "" if milliseconds is None else f"{milliseconds:.0f} ms"
