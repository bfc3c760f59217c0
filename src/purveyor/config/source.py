"""Where a configuration comes from: found, read and parsed, and able to say where each key stands."""

from __future__ import annotations

import logging
import os
import re
import tomllib
from ast import literal_eval
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from purveyor.config.defaults import TEMPLATE
from purveyor.config.files import read_regular
from purveyor.config.tree import dotted
from purveyor.errors import ConfigError, ConfigProblem

if TYPE_CHECKING:
    from purveyor.config.tree import KeyPath

__all__ = ["FILE_NAME", "ConfigSource", "Report", "find_config"]

#: What `find_config` looks for.
FILE_NAME = "purveyor.toml"

_logger = logging.getLogger(__name__)

#: What `tomllib` calls a string without its end, in this file or in this line.
_UNCLOSED_AT_THE_END = ("Unterminated string", 'Expected "\'"', "Expected \"'''\"")
_UNCLOSED_AT_A_LINE = ("Illegal character '\\n'", "Found invalid character '\\n'")
_UNCLOSED = "a string that begins on this line is not closed"

_TWICE = re.compile(r"Cannot declare (\(.*\)) twice", re.DOTALL)

#: How a string begins whose quotes were forgotten.
_BARE_WORD = re.compile(r"[^\W\d]|[./~$]")

_POSITION = re.compile(r"\s*\(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")


def find_config(explicit: str | os.PathLike[str] | None = None) -> Path | None:
    """The configuration file that the command line uses.

    Args:
        explicit: The path that the user gave, if one was given.

    Returns:
        `explicit`, else what the environment variable ``PURVEYOR_CONFIG`` names, else ``purveyor.toml`` in the
        working directory or the nearest folder above it, else None: the embedded defaults apply. The first two
        are returned whether the file exists or not; reading it tells.
    """
    named = explicit if explicit is not None else os.environ.get("PURVEYOR_CONFIG")
    if named:
        return Path(named)
    here = Path.cwd()
    return next((path for folder in (here, *here.parents) if (path := folder / FILE_NAME).is_file()), None)


class ConfigSource:
    """The parsed, otherwise unprocessed text of a configuration.

    Args:
        tree: Its tables.
        file: The file it was read from.
        text: The text of that file.
    """

    def __init__(self, tree: dict[str, Any], file: Path | None = None, text: str | None = None) -> None:
        self.tree = tree
        self.file = None if file is None else file.absolute()
        #: Where relative paths start.
        self.folder = Path.cwd() if self.file is None else self.file.parent
        self._label = None if file is None else _label(file)
        self._text = text
        self._positions: Mapping[KeyPath, tuple[int, int]] | None = None

    @classmethod
    def read(cls, source: str | os.PathLike[str] | Mapping[str, Any] | None) -> ConfigSource:
        """Read a file, copy a mapping, or take the embedded defaults.

        Args:
            source: A path, a mapping of the same shape as the file, or None.

        Raises:
            ConfigError: The file cannot be read or is not TOML, or the mapping is not one of strings.
        """
        if source is None:
            return cls(tomllib.loads(TEMPLATE))
        if isinstance(source, Mapping):
            return cls(_plain_tables(source))
        file = Path(source)
        text = _read(file)
        return cls(_parse(file, text), file, text)

    def problem(
        self, path: KeyPath, problem: str, advice: str | None = None, *, profile: str | None = None
    ) -> ConfigProblem:
        """A problem with a key, with the place at which it stands, or else the table around it.

        Args:
            path: The key, as if the profile's tables stood at the top.
            problem: What is wrong.
            advice: What to do.
            profile: The profile that was laid over the file; its keys win.
        """
        line, column = self._find(path, profile)
        return ConfigProblem(dotted(path), problem, advice, self._label, line, column)

    def _find(self, path: KeyPath, profile: str | None) -> tuple[int | None, int | None]:
        if self._text is None:
            return None, None
        if self._positions is None:
            self._positions = _positions_in(self._text)
        if not self._positions:
            return None, None
        for end in range(len(path), 0, -1):
            overlaid = () if profile is None else [("profiles", profile, *path[:end])]
            for candidate in (*overlaid, path[:end]):
                if candidate in self._positions:
                    return self._positions[candidate]
        return 1, 1


class Report:
    """The problems that are found in one source.

    Args:
        source: The source.
        profile: The profile that was laid over it.
    """

    def __init__(self, source: ConfigSource, profile: str | None) -> None:
        self.problems: list[ConfigProblem] = []
        self.warnings: list[ConfigProblem] = []
        #: What no text may show.
        self.secrets: set[str] = set()
        self.source = source
        self.profile = profile
        self._unresolved: set[KeyPath] = set()

    def problem(self, path: KeyPath, problem: str, advice: str | None = None) -> None:
        """Note what makes the configuration invalid."""
        if path not in self._unresolved:
            self.problems.append(self.source.problem(path, problem, advice, profile=self.profile))

    def unresolved(self, path: KeyPath, problem: str, advice: str | None = None) -> None:
        """Note a reference that cannot be replaced; what else is wrong with its string follows from that."""
        self.problems.append(self.source.problem(path, problem, advice, profile=self.profile))
        self._unresolved.add(path)

    def warning(self, path: KeyPath, problem: str, advice: str | None = None) -> None:
        """Note what is allowed, but is probably not what was meant."""
        self.warnings.append(self.source.problem(path, problem, advice, profile=self.profile))

    def raise_problems(self) -> None:
        """End the loading if anything is wrong.

        Raises:
            ConfigError: With every problem, in the order of the file.
        """
        if self.problems:
            raise ConfigError(sorted(self.problems, key=lambda problem: (problem.line or 0, problem.column or 0)))


def _label(file: Path) -> str:
    """The file as people look for it: relative to the working directory if it is below it."""
    try:
        return str(file.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(file)


def _read(file: Path) -> str:
    try:
        content = read_regular(file)
    except FileNotFoundError:
        problem, advice = "there is no such file", "`purveyor init` writes one"
    except IsADirectoryError:
        problem, advice = "is a folder", f"name the file in it: {_label(file / FILE_NAME)}"
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        problem, advice = f"cannot be read: {getattr(error, 'strerror', None) or error}", None
    else:
        return _decode(file, content)
    raise ConfigError([ConfigProblem("", problem, advice, _label(file))])


def _decode(file: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")  # editors on Windows put a byte order mark in front
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line, column = before.count(b"\n") + 1, len(before.rpartition(b"\n")[2].decode()) + 1
        problem = f"is not UTF-8: {error.reason} (byte 0x{content[error.start]:02x})"
    raise ConfigError([ConfigProblem("", problem, "save it as UTF-8", _label(file), line, column)])


def _parse(file: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        problem, line, column = "is nested too deeply", None, None
    except ValueError as error:  # TOMLDecodeError, and what int() and datetime() raise for absurd values
        problem, line, column = _syntax_problem(str(error), text)
    raise ConfigError([ConfigProblem("", problem, None, _label(file), line, column)])


def _positions_in(text: str) -> Mapping[KeyPath, tuple[int, int]]:
    try:
        # Imported here: a configuration without problems never needs the parser.
        from purveyor.config.positions import key_positions  # noqa: PLC0415

        return key_positions(text)
    except Exception:
        # It is not installed, or does not read a newer TOML as tomllib does: places are lost, problems are not.
        _logger.debug("the places of keys cannot be told", exc_info=True)
        return {}


def _syntax_problem(message: str, text: str) -> tuple[str, int | None, int | None]:
    """Take the position out of what `tomllib` says; attributes for it exist only from Python 3.14 on."""
    position = _POSITION.search(message)
    if position is None:
        return f"is not valid TOML: {message}", None, None
    problem = message[: position.start()]
    if problem in _UNCLOSED_AT_THE_END:
        return _UNCLOSED, _last_statement(text), 1
    if problem in _UNCLOSED_AT_A_LINE:
        return _UNCLOSED, int(position["line"]), int(position["column"])
    if twice := _TWICE.fullmatch(problem):
        table: tuple[str, ...] = literal_eval(twice[1])
        problem = f"[{dotted(table)}] is declared twice"
    elif problem == "Cannot overwrite a value":
        problem = "the key is there twice"
    else:
        problem = f"is not valid TOML: {problem}{_advice(position, text) if problem == 'Invalid value' else ''}"
    if position["line"] is None:
        last = text.rpartition("\n")[2]
        return f"{problem} at the end of the file", text.count("\n") + 1, len(last) + 1
    return problem, int(position["line"]), int(position["column"])


def _advice(position: re.Match[str], text: str) -> str:
    if position["line"] is None:
        return ""
    line = text.split("\n")[int(position["line"]) - 1]
    return "; strings stand in quotes" if _BARE_WORD.match(line, int(position["column"]) - 1) else ""


def _last_statement(text: str) -> int:
    """The line at which the last statement of a text begins, which is not closed: all before it can be read."""
    lines = text.split("\n")
    for count in range(len(lines) - 1, 0, -1):
        try:
            tomllib.loads("\n".join([*lines[:count], ""]))
        except ValueError:
            continue
        return count + 1
    return 1


def _plain_tables(source: Mapping[str, Any]) -> dict[str, Any]:
    """A mapping with dicts and lists of its own, so that neither side sees the other change its tables."""
    problems: list[ConfigProblem] = []

    def table(mapping: Mapping[Any, Any], path: KeyPath) -> dict[str, Any]:
        copied: dict[str, Any] = {}
        for key, child in mapping.items():
            if isinstance(key, str):
                copied[key] = visit(child, (*path, key))
            else:
                problem = f"the key {key!r} is not a string"
                problems.append(ConfigProblem(dotted(path), problem, "keys are strings, as in TOML"))
        return copied

    def visit(value: Any, path: KeyPath) -> Any:
        if isinstance(value, Mapping):
            return table(cast("Mapping[Any, Any]", value), path)  # type: ignore[redundant-cast]  # not for pyright
        if isinstance(value, (list, tuple)):
            elements = cast("Iterable[Any]", value)
            return [visit(child, (*path, index)) for index, child in enumerate(elements)]
        return value

    try:
        tables = table(source, ())
    except RecursionError:
        problems.append(ConfigProblem("", "is nested too deeply"))
        tables = {}
    if problems:
        raise ConfigError(problems)
    return tables
