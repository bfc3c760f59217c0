"""`Narrator`: what ``purveyor up`` tells, in words or as one line of JSON an event."""

from __future__ import annotations

import asyncio
import os
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from rich.text import Text

from purveyor.admin.control import describe_summary
from purveyor.cli.declared import source_of
from purveyor.cli.output import Column, InProvider
from purveyor.errors import StartFailedError
from purveyor.events import StatusChanged
from purveyor.lifecycle.health import describe_error
from purveyor.lifecycle.states import SERVING
from purveyor.metadata import ProviderStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rich.status import Status

    from purveyor.app import ReloadSummary, System
    from purveyor.cli.options import Settings
    from purveyor.cli.output import Output
    from purveyor.events import Event

__all__ = ["Narrator", "only_after_a_restart", "told"]

_NOTHING = "nothing has changed"

#: How long the start may take, in seconds, before it is said what it waits for.
_PATIENCE = 1.0
_PATIENCE_OF_A_PERSON = 0.2

#: How many turns of the event loop the news of a start may take.
_TURNS = 100


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
        self._starting: dict[str, float] = {}  # since when, the earliest first
        self._seconds: dict[str, float] = {}
        self._failures: dict[str, str | None] = {}
        self._told: str | None = None
        self._refused = False  # whether the last reload was
        self._status: Status | None = None
        self._reminder: asyncio.TimerHandle | None = None

    # --- start --------------------------------------------------------------------------------------

    def started(self, url: str, port: int, *, wanted: int) -> None:
        """The server answers; providers come next."""
        self._event("started", url=url, pid=os.getpid())
        title = Text.assemble((f"purveyor {version('purveyor')}", "bold"), f"  {source_of(self._system.config)}")
        self._output.note(title)
        self._output.warnings(self._system.config.warnings)
        if wanted not in (0, port):
            self._output.warn(f"port {wanted} is taken; using {port}")

    def happened(self, event: Event) -> None:
        """Something happened during the start."""
        if not isinstance(event, StatusChanged):
            return
        name = event.name
        if event.new is ProviderStatus.STARTING:
            self._starting[name] = event.at
        elif name in self._starting:
            seconds = self._seconds[name] = max(0.0, event.at - self._starting.pop(name))
            if event.new is ProviderStatus.FAILED:
                self._failures[name] = event.error
            elif event.new in SERVING and seconds > _PATIENCE:
                self._output.note(f"{name} is ready after {seconds:.1f} s")
        self._remind()

    async def hear_out(self) -> None:
        """Wait until all that the start was has been told here; it is over, and the news are on their way."""
        for _ in range(_TURNS):
            if self._starting:
                await asyncio.sleep(0)
        self.done_starting()

    def done_starting(self) -> None:
        """Nothing is being started just now."""
        self._starting.clear()
        self._remind()

    def culprit(self, error: BaseException) -> str | None:
        """The provider whose start failed with an error."""
        text = describe_error(error)
        return next((name for name, told in self._failures.items() if told == text), None)

    def abandoning(self) -> None:
        """A signal came before everything was started."""
        self.done_starting()
        self._event("stopping", providers=list(self._system.manager.names())[::-1])
        self._output.note("abandoning the start…")

    def abandoned(self) -> None:
        """What had been started is cleaned up."""
        self._event("stopped", ms=None, error=None)
        self._output.note("cleaned up; bye")

    def ready(self, url: str, *, watched: bool = False) -> None:
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
            reason = error.reason if isinstance(error, StartFailedError) else None
            output.warn(f"going on without {name}, which is not required: {reason or error}")
        output.line()
        output.line(Text.assemble((url, "bold"), ("  /healthz  /readyz  /metrics", "dim")))
        also = ", and so does a change of the file" if watched else ""
        output.note(Text(f"Ctrl-C stops, SIGHUP reloads{also}", style="dim"))

    # --- reload -------------------------------------------------------------------------------------

    def reloaded(self, summary: ReloadSummary) -> None:
        """The configuration was read again, and applied as far as possible."""
        done = describe_summary(summary, self._output.describe)
        self._event("reloaded", **done)
        if not self._settings.json:
            for name, error in summary.failed.items():
                self._output.error(InProvider(name, error))
        if summary.postponed:
            self._output.warn(only_after_a_restart(summary.postponed))
        text = told(done)
        again = self._refused and text == _NOTHING
        self._refused = False
        self._output.note(f"the configuration is valid again; {text}" if again else f"reloaded: {text}")

    def refused(self, error: Exception) -> None:
        """The configuration cannot be applied."""
        self._refused = True
        self._event("refused", error=self._output.describe(error))
        if not self._settings.json:
            self._output.error(error)
        self._output.note("not reloaded: all runs on as it was")

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
            self._output.note(f"stopped {', '.join(names)} in {seconds * 1000:.0f} ms; bye" if names else "bye")

    def ended_at_once(self) -> None:
        """A second interrupt came."""
        self._output.note("ended at once, without cleaning up")

    # --- inside -------------------------------------------------------------------------------------

    def _remind(self) -> None:
        """Have it said what the start waits for, if that goes on."""
        if not self._starting:
            if self._reminder is not None:
                self._reminder.cancel()
                self._reminder = None
            if self._status is not None:
                self._status.stop()
                self._status = None
        elif self._status is not None:
            self._status.update(self._waited_for())
        elif self._reminder is None:
            patience = _PATIENCE_OF_A_PERSON if self._output.shows_progress else _PATIENCE
            self._reminder = asyncio.get_running_loop().call_later(patience, self._tell_what_is_waited_for)

    def _tell_what_is_waited_for(self) -> None:
        self._reminder = None
        slowest = next(iter(self._starting))
        if self._output.shows_progress:
            self._status = self._output.stderr.status(self._waited_for())
            self._status.start()
        elif slowest != self._told:
            self._told = slowest
            self._output.note(self._waited_for())

    def _waited_for(self) -> str:
        slowest, *others = self._starting
        return f"starting {slowest}…" + (f" and {len(others)} more" if others else "")

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
                "ms": round(self._seconds[spec.name] * 1000, 1) if spec.name in self._seconds else None,
            }
            for spec in config.providers
        ]
        absent = {"type": None, "driver": None, "status": "failed", "ms": None}
        rows += [{"name": name, **absent} for name in config.unavailable]
        for row in rows:
            error = failed.get(row["name"])
            row["error"] = None if error is None else self._output.describe(error)
        return rows


def told(summary: Mapping[str, Any]) -> str:
    """What a reload did, in one line.

    Args:
        summary: It as JSON data.
    """
    done = {kind: summary[kind] for kind in ("added", "changed", "removed", "failed")}
    changes = [f"{kind} {', '.join(names)}" for kind, names in done.items() if names]
    return "; ".join(changes) or _NOTHING


def only_after_a_restart(keys: Iterable[str]) -> str:
    """What of a configuration has changed, and is not in force before the next start."""
    return f"only after a restart: {', '.join(keys)}"


def _took(milliseconds: float | None) -> str:
    return "" if milliseconds is None else f"{milliseconds:.0f} ms"
