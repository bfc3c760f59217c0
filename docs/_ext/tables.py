"""Tables that are read off the code, so that the documentation cannot say otherwise, as lines of Markdown."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields
from typing import TYPE_CHECKING

import click

from purveyor import errors, events
from purveyor.cli.root import root
from purveyor.lifecycle.states import TRANSITIONS
from purveyor.migrate.scan.faults import CODES
from purveyor.monitor.records import BUCKETS

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["bucket_lines", "command_lines", "error_lines", "event_lines", "fault_lines", "transition_lines"]


def transition_lines() -> Iterator[str]:
    """The transition table."""
    yield "| status | may become |"
    yield "|---|---|"
    for status, moves in TRANSITIONS.items():
        names = ", ".join(sorted(f"`{move.name}`" for move in moves)) or "nothing: it is over"
        yield f"| `{status.name}` | {names} |"


def bucket_lines() -> Iterator[str]:
    """The bounds of the duration buckets."""
    yield ", ".join(f"{bound:g}" for bound in BUCKETS) + " seconds"


def error_lines() -> Iterator[str]:
    """Every error, its built-in bases and its first line."""
    yield "| error | is also | what it means |"
    yield "|---|---|---|"
    for name, value in vars(errors).items():
        if isinstance(value, type) and issubclass(value, errors.PurveyorError):
            bases = [
                f"`{base.__name__}`"
                for base in value.__mro__
                if base.__module__ == "builtins" and base not in (Exception, BaseException, object)
            ]
            first = (value.__doc__ or "").strip().splitlines()[0]
            yield f"| `{name}` | {', '.join(bases)} | {first} |"


def event_lines() -> Iterator[str]:
    """Every event, what it tells, and its fields but for those that all have."""
    for name, kind in vars(events).items():
        if isinstance(kind, type) and issubclass(kind, events.Event) and kind is not events.Event:
            summary, meanings = _sections(kind)
            yield from (f"## `{name}`", "", summary, "")
            yield from ("| field | type | meaning |", "|---|---|---|")
            for field in fields(kind)[len(fields(events.Event)) :]:
                type_ = str(field.type).replace("|", "\\|").replace("'", '"')
                yield f"| `{field.name}` | `{type_}` | {meanings[field.name]} |"
            yield ""


def fault_lines() -> Iterator[str]:
    """Every fault that a scan reports."""
    yield "| code | what is wrong | what to do |"
    yield "|---|---|---|"
    for code, (title, explanation) in sorted(CODES.items()):
        yield f"| `{code}` | {title} | {explanation} |"


def command_lines() -> Iterator[str]:
    """Every command of the command line, with its help."""
    yield from _command_lines(root, "purveyor", click.Context(root, info_name="purveyor"))


def _command_lines(command: click.Command, path: str, context: click.Context) -> Iterator[str]:
    is_root = path == "purveyor"
    if is_root or not isinstance(command, click.Group):
        yield "## Global options" if is_root else f"## `{path}`"
        yield ""
        yield "```text"
        help_text = command.get_help(context)
        if not is_root:  # the global ones are listed once
            help_text = help_text.split("\n\nGlobal options:")[0]
        yield from help_text.splitlines()
        yield "```"
        yield ""
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None:
                with click.Context(child, info_name=name, parent=context) as inner:
                    yield from _command_lines(child, f"{path} {name}", inner)


def _sections(kind: type) -> tuple[str, dict[str, str]]:
    """What a docstring says before ``Args:``, and there of each argument."""
    text, _, arguments = (inspect.getdoc(kind) or "").partition("\nArgs:\n")
    meanings: dict[str, str] = {}
    for line in re.sub(r"\n +", " ", inspect.cleandoc(arguments)).replace("``", "`").splitlines():
        name, _, meaning = line.partition(": ")
        meanings[name] = meaning
    return " ".join(text.split()), meanings
