"""`Output`: everything the command line writes, and the only place where errors become text."""

from __future__ import annotations

import json
import os
import re
import sys
import traceback
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from purveyor.config.secrets import SHORTEST, redact
from purveyor.config.tree import is_array, is_table
from purveyor.errors import (
    ConfigError,
    DriverLoadError,
    DriverNotFoundError,
    InvalidInputError,
    ListenError,
    MissingExtraError,
    ProviderNotFoundError,
    ProviderTypeError,
    PurveyorError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from purveyor.cli.options import Settings
    from purveyor.errors import ConfigProblem

__all__ = ["TRACEBACK", "Column", "InProvider", "Output", "describe", "local_time", "size_text", "visible"]

T = TypeVar("T")

_MISUSE = (
    click.UsageError,
    ConfigError,
    DriverLoadError,
    DriverNotFoundError,
    InvalidInputError,
    ListenError,
    MissingExtraError,
    ProviderNotFoundError,
    ProviderTypeError,
)

#: What to do about an error that nobody foresaw.
TRACEBACK = "-vv shows the traceback"

#: How many columns a text takes at least, on however narrow a terminal.
_NARROWEST = 20

#: How many characters a column keeps that is cut to fit a terminal.
_SHORTEST = 12

_WORD = re.compile(r"\S+\s*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_STATUS_STYLES = {"ready": "green", "ok": "green", "failed": "red", "left out": "yellow"}


class InProvider(Exception):  # noqa: N818 - it carries an error rather than being one
    """An error that came out of a provider, with the provider's name."""

    def __init__(self, name: str, error: Exception) -> None:
        super().__init__(name, error)
        self.name = name
        self.error = error


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Args:
        title: What stands above it.
        right: Whether it is aligned to the right.
        shorten: Whether it may be cut where a terminal is too narrow.
    """

    title: str
    right: bool = False
    shorten: bool = False


class Output:
    """Writes data to standard output and everything else to standard error.

    Args:
        settings: What the global options say.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @cached_property
    def stdout(self) -> Console:
        """Where data goes, for people."""
        return self._console(stderr=False)

    @cached_property
    def stderr(self) -> Console:
        """Where everything else goes."""
        return self._console(stderr=True)

    @property
    def on_terminal(self) -> bool:
        """Whether a person reads standard output."""
        return sys.stdout.isatty()

    @property
    def shows_progress(self) -> bool:
        """Whether a person watches standard error, and wants to."""
        return sys.stderr.isatty() and not self._settings.quiet

    # --- data ---------------------------------------------------------------------------------------

    def result(self, data: Any, show: Callable[[], None]) -> None:
        """Write a command's result.

        Args:
            data: The result as JSON data, for programs.
            show: Writes it for people.
        """
        if self._settings.json:
            self.json({"version": 1, "data": data})
        else:
            show()

    def json(self, value: Any, *, lines: bool = False) -> None:
        """Write a JSON document, indented for people unless it is one of many `lines`."""
        indent = 2 if self.on_terminal and not lines else None
        text = json.dumps(value, ensure_ascii=not _speaks_unicode(), indent=indent)
        self.line(text)

    def line(self, text: str | Text = "") -> None:
        """Write one line to standard output, at once: a `str` as it is, unless it could steer a terminal."""
        if isinstance(text, Text):
            self.stdout.print(text, soft_wrap=True)
        else:
            sys.stdout.write(f"{visible(text) if self.on_terminal else text}\n")
        sys.stdout.flush()

    def table(self, columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> None:
        """Write aligned columns. They are cut to the width of a terminal, and complete everywhere else."""
        cells = [[_cell(cell) for cell in row] for row in rows]
        if not cells:
            return
        widths = [
            max([len(column.title), *(row[index].cell_len for row in cells)])
            for index, column in enumerate(columns)
        ]
        excess = sum(widths) + 2 * (len(widths) - 1) - self.stdout.width if self.on_terminal else 0
        for index, column in enumerate(columns):
            if column.shorten and excess > 0:
                widths[index] = max(_SHORTEST, widths[index] - excess)
        header = [Text(column.title, style="dim") for column in columns]
        for row in [header, *cells]:
            fitted = (_fit(cell, width, column) for cell, width, column in zip(row, widths, columns, strict=True))
            line = Text("  ").join(fitted)
            line.rstrip()
            self.stdout.print(line, soft_wrap=True)
        sys.stdout.flush()

    def fields(self, values: Mapping[str, str]) -> None:
        """Write names and values below each other; those without a value are left out."""
        width = max(map(len, values))
        for name, value in values.items():
            if value:
                self.beside(Text.assemble((f"{name:{width}}", "dim"), "  "), Text(visible(value)))

    def beside(self, head: Text, body: Text) -> None:
        """Write a text after a head: on a terminal in lines of whole words, which all begin at the same column."""
        width = max(self.stdout.width - head.cell_len, _NARROWEST)
        for line in _lines(body, width) if self.on_terminal else [body]:
            line.rstrip()
            self.line(head + line)
            head = Text(" " * head.cell_len)

    def end_of_page(self, count: int, cursor: str | None, also: str = "") -> None:
        """Tell, after what a page holds was shown, that it is empty or how to get the next one."""
        if cursor is not None:
            self.note(f"there is more: --cursor {cursor}{also}")
        elif not count:
            self.note("nothing found")

    # --- everything else ----------------------------------------------------------------------------

    def note(self, text: str | Text) -> None:
        """Tell a person something that is no data; not if they asked for quiet."""
        if not self._settings.quiet:
            self.tell(text)

    def tell(self, text: str | Text) -> None:
        """Write to standard error, without secrets."""
        if isinstance(text, str):
            text = Text(visible(self.redacted(text)))
        elif (plain := self.redacted(text.plain)) != text.plain:
            text = Text(plain)
        self.stderr.print(text, soft_wrap=True)

    def warn(self, text: str) -> None:
        """Tell a person of something that is probably not meant."""
        self.note(Text.assemble(("warning: ", "bold yellow"), visible(self.redacted(text))))

    def warnings(self, problems: Iterable[ConfigProblem]) -> None:
        """Tell what a configuration has that is allowed, but probably not meant."""
        for problem in problems:
            self.warn(str(problem))

    def failure(self, error: Exception) -> int:
        """Write an error, and give the exit code that goes with it."""
        if isinstance(error, click.exceptions.NoArgsIsHelpError):
            error.show()
            return 2
        if self._settings.json:
            self.json({"version": 1, "error": self.describe(error)})
        else:
            self.error(error)
        cause = error.error if isinstance(error, InProvider) else error
        if self._settings.verbose > 1 or os.environ.get("PURVEYOR_DEBUG"):
            self.tell("".join(traceback.format_exception(cause)))
        return 2 if isinstance(cause, _MISUSE) else 1

    def error(self, error: Exception) -> None:
        """Write an error for people: what was wrong, where, and what to do."""
        answers = self.describe(error)
        head = Text.assemble(("error: ", "bold red"))
        if answers["where"]:
            head.append(f"{visible(answers['where'])}: ", "bold")
        head.append(visible(answers["what"]))
        self.tell(head)
        if isinstance(error, ConfigError) and not _is_about_the_file(error):
            for problem in error.problems:
                self._config_problem(problem)
        if answers["hint"]:
            self.tell(Text(f"       {visible(answers['hint'])}", style="dim"))

    def describe(self, error: Exception) -> dict[str, Any]:
        """An error as the data of the JSON output, without secrets."""
        return {key: self.redacted(value) for key, value in describe(error).items()}

    def redacted(self, value: T) -> T:
        """JSON data without the configuration's secrets, but for those too short to be told from words."""
        secrets = [secret for secret in tuple(self._settings.secrets) if len(secret) >= SHORTEST]
        return cast("T", _redacted(value, secrets)) if secrets else value

    # --- inside -------------------------------------------------------------------------------------

    def _console(self, *, stderr: bool) -> Console:
        color = self._settings.color
        plain = color == "never" or (color == "auto" and bool(os.environ.get("NO_COLOR")))
        return _Console(
            stderr=stderr,
            color_system=None if plain else "auto",
            force_terminal=True if color == "always" else None,
            no_color=False,
            highlight=False,
            markup=False,
            emoji=False,
        )

    def _config_problem(self, problem: ConfigProblem) -> None:
        if not sys.stderr.isatty():
            self.tell(str(problem))
            return
        head = Text()
        for part, style in ((problem.place, "cyan"), (problem.key, "bold")):
            if part:
                head.append(part, style).append(" ")
        head.right_crop(1)
        head.append(f": {visible(problem.problem)}" if head else visible(problem.problem))
        self.tell(head)
        for line in (*_excerpt(problem), problem.advice):
            if line:
                self.tell(Text(f"    {visible(line)}", style="dim"))


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave it to who called, which rich would not: it ends the process, and closes standard output for it."""
        raise  # noqa: PLE0704 - rich calls this where it has caught a `BrokenPipeError`


def _redacted(value: Any, secrets: Collection[str]) -> Any:
    if isinstance(value, str):
        return redact(value, secrets)
    if is_array(value):
        return [_redacted(child, secrets) for child in value]
    if is_table(value):
        return {key: _redacted(child, secrets) for key, child in value.items()}
    return value


def _is_about_the_file(error: ConfigError) -> bool:
    """Whether all that is wrong is that the file cannot be read."""
    return len(error.problems) == 1 and not error.problems[0].key and error.problems[0].line is None


def describe(error: Exception) -> dict[str, Any]:
    """An error as the data of the JSON output: type, what, where, hint, and the problems of a configuration."""
    if isinstance(error, InProvider):
        inner = describe(error.error)
        return {**inner, "where": ": ".join(filter(None, (f"provider {error.name}", inner["where"])))}
    answers: dict[str, Any] = {"type": type(error).__name__, "what": str(error), "where": None, "hint": None}
    if isinstance(error, ConfigError):
        count = len(error.problems)
        if _is_about_the_file(error):
            (problem,) = error.problems
            answers |= {"where": problem.file, "what": problem.problem, "hint": problem.advice}
        else:
            answers["what"] = (
                "the configuration is not valid" if count == 1 else f"the configuration has {count} problems"
            )
        fields = ("key", "problem", "advice", "file", "line", "column")
        answers["problems"] = [{name: getattr(problem, name) for name in fields} for problem in error.problems]
    elif isinstance(error, PurveyorError):
        answers |= {"what": error.what, "where": error.where, "hint": error.hint}
    elif isinstance(error, click.ClickException):
        answers |= {"what": error.format_message().rstrip("."), "hint": _usage_hint(error)}
    elif isinstance(error, OSError) and error.strerror:
        answers |= {"what": error.strerror, "where": error.filename and str(error.filename)}
    elif isinstance(error, ExceptionGroup):
        group = cast("ExceptionGroup[Exception]", error)
        answers["what"] = f"{group.message}: " + "; ".join(map(str, group.exceptions))
    else:
        answers |= {"what": f"{type(error).__name__}: {error}".rstrip(": "), "hint": TRACEBACK}
    return answers


def local_time(seconds: float) -> str:
    """A moment in the reader's time zone.

    Args:
        seconds: Since the epoch, UTC.
    """
    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def size_text(count: int) -> str:
    """A number of bytes with the unit that suits it.

    Args:
        count: The bytes.
    """
    size = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def visible(text: str) -> str:
    """Text with control characters written out, so that data cannot steer a terminal."""
    return _CONTROL.sub(_escape_unless_layout, text)


def _escape_unless_layout(match: re.Match[str]) -> str:
    character = match.group()
    return character if character in "\n\t" else f"\\x{ord(character):02x}"


def _usage_hint(error: click.ClickException) -> str | None:
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is None:
        return None
    if isinstance(error, click.NoSuchOption) and error.option_name[1:2].isdigit():
        return "put -- before a value that begins with '-'"
    return f"'{context.command_path} --help' shows how it is used"


def _excerpt(problem: ConfigProblem) -> tuple[str, str] | tuple[()]:
    """The line that is wrong and a mark below it. No value is shown: it could be a secret."""
    if not (problem.file and problem.line and problem.column and problem.key):
        return ()
    try:
        line = Path(problem.file).read_text(encoding="utf-8-sig").split("\n")[problem.line - 1]
    except (OSError, ValueError, IndexError):  # it has changed meanwhile
        return ()
    key, equals, _ = line.partition("=")
    if problem.column > len(key):
        return ()
    mark = " " * (problem.column - 1) + "^" * max(1, len(key.rstrip()) - problem.column + 1)
    return f"{key}{equals} …" if equals else key, mark


def _cell(cell: str) -> Text:
    text = visible(cell).replace("\n", "\\n").replace("\t", "\\t")
    return Text(text, style=_STATUS_STYLES.get(text, ""))


def _lines(text: Text, width: int) -> list[Text]:
    """Lines of whole words. One that is too long is left to the terminal: it can still be copied then."""
    breaks: list[int] = []
    line = ""
    for word in _WORD.finditer(text.plain):
        if line and (cell_len(f"{line}{word[0].rstrip()}") > width or "\n" in line):
            breaks.append(word.start())
            line = ""
        line += word[0]
    return list(text.divide(breaks))


def _fit(cell: Text, width: int, column: Column) -> Text:
    cell = cell.copy()
    cell.truncate(width, overflow="ellipsis")
    cell.align("right" if column.right else "left", width)
    return cell


def _speaks_unicode() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
