"""The log of a command: on standard error, in step with what else is shown there."""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING

from rich.text import Text

from purveyor.cli.output import visible
from purveyor.metadata import HealthState

if TYPE_CHECKING:
    from purveyor.cli.options import Settings
    from purveyor.cli.output import Output

__all__ = ["show_log"]

_LEVELS = {0: logging.WARNING, 1: logging.INFO}
_STYLES = {"WARNING": "bold yellow", "ERROR": "bold red", "CRITICAL": "bold red"}

#: What these log, the commands show themselves, once and in better words; likewise these events.
_SHOWN_BY_COMMANDS = ("purveyor.manager", "purveyor.app")
_EVENTS_SHOWN_BY_COMMANDS = ("StatusChanged", "ReloadFailed", "ConfigReloaded", "ConfigRefused")


def show_log(settings: Settings, output: Output) -> None:
    """Show the log from now on, as much of it as the settings ask for."""
    root = logging.getLogger()
    for handler in root.handlers.copy():
        if isinstance(handler, _Handler):
            root.removeHandler(handler)
    handler = _Handler(output, settings.verbose)
    if not settings.verbose:
        handler.addFilter(_is_shown_nowhere_else)
    root.addHandler(handler)
    root.setLevel(logging.ERROR if settings.quiet else _LEVELS.get(settings.verbose, logging.DEBUG))


def _is_shown_nowhere_else(record: logging.LogRecord) -> bool:
    event = getattr(record, "provider_event", None)
    if event == "HealthChanged" and getattr(record, "provider_new", None) == HealthState.UNHEALTHY.value:
        return False  # what is done about it is told, with the reason
    return record.name not in _SHOWN_BY_COMMANDS and event not in _EVENTS_SHOWN_BY_COMMANDS


class _Handler(logging.Handler):
    def __init__(self, output: Output, verbose: int) -> None:
        super().__init__()
        self._output = output
        self._verbose = verbose

    def emit(self, record: logging.LogRecord) -> None:
        redacted = self._output.redacted
        try:
            text = Text.assemble((f"{record.levelname.lower()}: ", _STYLES.get(record.levelname, "dim")))
            if self._verbose:
                text.append(f"{record.name}: ", "dim")
            text.append(visible(redacted(record.getMessage())))
            if self._verbose > 1 and record.exc_info and record.exc_info[1]:
                text.append(
                    "\n" + visible(redacted("".join(traceback.format_exception(record.exc_info[1])))), "dim"
                )
            self._output.tell(text)
        except Exception:
            self.handleError(record)
