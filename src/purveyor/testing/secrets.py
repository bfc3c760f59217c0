"""The secrets of a configuration, and whether they show."""

from __future__ import annotations

import dataclasses
import io
import logging
from collections.abc import Generator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any

__all__ = ["overhear", "secrets_in"]


def secrets_in(config: Any) -> set[str]:
    """The texts of all secrets in a config: of `pydantic.SecretStr`, and of all else with a `get_secret_value`."""
    if hasattr(config, "get_secret_value"):
        value = config.get_secret_value()
        return {value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)} - {""}
    inside: list[Any] = []
    if isinstance(config, Mapping):
        inside = list(config.values())
    elif isinstance(config, (list, tuple, set, frozenset)):
        inside = list(config)
    elif dataclasses.is_dataclass(config):
        inside = [getattr(config, field.name) for field in dataclasses.fields(config)]
    elif hasattr(config, "__dict__") and not isinstance(config, type):
        inside = list(vars(config).values())
    return set().union(*map(secrets_in, inside))


@contextmanager
def overhear() -> Generator[list[str]]:
    """Gather what is logged, at every level, and printed; complete once the block has ended."""
    heard: list[str] = []
    printed = io.StringIO()
    handler = _Listener(heard)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        with redirect_stdout(printed), redirect_stderr(printed):
            yield heard
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
        heard.append(printed.getvalue())


class _Listener(logging.Handler):
    def __init__(self, heard: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._heard = heard
        self._format = logging.Formatter()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the text, the traceback, and what was logged beside them as `extra`."""
        self._heard.append(self._format.format(record))
        self._heard.extend(map(str, vars(record).values()))
