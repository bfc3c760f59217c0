"""Errors of the configuration, and of the drivers that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from purveyor.errors.base import PurveyorError, did_you_mean, near_misses
from purveyor.errors.lifecycle import LifecycleError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "ConfigError",
    "ConfigProblem",
    "DriverLoadError",
    "DriverNotFoundError",
    "NotStartedError",
    "StartFailedError",
]


class ConfigProblem:
    """One thing that is wrong in a configuration.

    Args:
        key: The dotted path of the key: ``"providers.files.bucket"``; empty for the whole file.
        problem: What is wrong, and what was expected.
        advice: What to do, such as a near miss.
        file: The file it stands in, None if the configuration came from a mapping.
        line: Its line, from 1.
        column: Its column, from 1.
    """

    __slots__ = ("advice", "column", "file", "key", "line", "problem")

    def __init__(
        self,
        key: str,
        problem: str,
        advice: str | None = None,
        file: str | None = None,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        self.key = key
        self.problem = problem
        self.advice = advice
        self.file = file
        self.line = line
        self.column = column

    @property
    def place(self) -> str | None:
        """``file:line:column`` as far as it is known."""
        parts = [self.file, self.line, self.column]
        known = parts[: parts.index(None)] if None in parts else parts
        return ":".join(str(part) for part in known) or None

    def __str__(self) -> str:
        head = " ".join(part for part in (self.place, self.key) if part)
        text = f"{head}: {self.problem}" if head else self.problem
        return f"{text}; {self.advice}" if self.advice else text

    def __repr__(self) -> str:
        return f"ConfigProblem({str(self)!r})"


class ConfigError(PurveyorError, ValueError):
    """A configuration is not valid; it names everything that is wrong, not only the first."""

    permanent = True

    def __init__(self, problems: Iterable[ConfigProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)

    @property
    def what(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class NotStartedError(PurveyorError, RuntimeError):
    """A system was to be reloaded that is not running."""

    @property
    def what(self) -> str:
        return "the system is not running"

    @property
    def hint(self) -> str:
        return "start it first"


class StartFailedError(LifecycleError):
    """An optional provider could not be started; it is tried again in the background.

    Args:
        name: The provider.
        reason: What it raised, as text.
    """

    def __init__(self, name: str, reason: str | None) -> None:
        super().__init__(name, reason)
        self.reason = reason

    @property
    def what(self) -> str:
        return f"provider {self.name} failed to start{f': {self.reason}' if self.reason else ''}"

    @property
    def hint(self) -> str | None:
        return None if self.reason else "see the log"


class DriverNotFoundError(PurveyorError, LookupError):
    """No driver of this name is installed."""

    permanent = True

    def __init__(self, driver: str, known: Iterable[str] = ()) -> None:
        self.driver = driver
        self.suggestions = near_misses(driver, known)
        super().__init__(driver, self.suggestions)

    @property
    def what(self) -> str:
        return f"no driver {self.driver!r} is installed"

    @property
    def hint(self) -> str | None:
        return did_you_mean(self.suggestions) or "`purveyor drivers` lists what is installed"


class DriverLoadError(PurveyorError, ImportError):
    """A driver was found, but its code could not be imported or is no provider."""

    permanent = True

    def __init__(self, driver: str, source: str, problem: str, advice: str | None = None) -> None:
        super().__init__(driver, source, problem, advice)
        self.driver = driver
        self.source = source
        self.problem = problem
        self.advice = advice

    @property
    def where(self) -> str:
        return f"driver {self.driver} ({self.source})"

    @property
    def what(self) -> str:
        return self.problem

    @property
    def hint(self) -> str | None:
        return self.advice
