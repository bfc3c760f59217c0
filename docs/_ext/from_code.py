"""Tables that are read off the code, so that the documentation cannot say otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList

from purveyor import errors
from purveyor.lifecycle.states import TRANSITIONS
from purveyor.monitor.records import BUCKETS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sphinx.application import Sphinx


class _Generated(Directive):
    def lines(self) -> Iterable[str]:
        raise NotImplementedError

    def run(self) -> list[nodes.Node]:
        parent = nodes.Element()
        self.state.nested_parse(StringList(list(self.lines()), "generated"), self.content_offset, parent)
        return parent.children


class Transitions(_Generated):
    """The transition table."""

    def lines(self) -> Iterator[str]:
        yield "| status | may become |"
        yield "|---|---|"
        for status, moves in TRANSITIONS.items():
            names = ", ".join(sorted(f"`{move.name}`" for move in moves)) or "nothing: it is over"
            yield f"| `{status.name}` | {names} |"


class Buckets(_Generated):
    """The bounds of the duration buckets."""

    def lines(self) -> Iterator[str]:
        yield ", ".join(f"{bound:g}" for bound in BUCKETS) + " seconds"


class Errors(_Generated):
    """Every error, its built-in bases and its first line."""

    def lines(self) -> Iterator[str]:
        yield "| error | is also | what it means |"
        yield "|---|---|---|"
        for name, value in vars(errors).items():
            if isinstance(value, type) and issubclass(value, errors.PurveyorError):
                bases = [
                    base.__name__
                    for base in value.__mro__
                    if base.__module__ == "builtins" and base not in (Exception, BaseException, object)
                ]
                first = (value.__doc__ or "").strip().splitlines()[0]
                yield f"| `{name}` | {', '.join(f'`{base}`' for base in bases)} | {first} |"


class Commands(_Generated):
    """Every command of the command line, with its help."""

    def lines(self) -> Iterator[str]:
        from purveyor.cli import root

        yield from self._command(root, "purveyor", click.Context(root, info_name="purveyor"))

    def _command(self, command: click.Command, path: str, context: click.Context) -> Iterator[str]:
        if path == "purveyor" or not isinstance(command, click.Group):
            yield f"## `{path}`" if path != "purveyor" else "## Global options"
            yield ""
            yield "```text"
            help_text = command.get_help(context)
            if path != "purveyor":  # they are listed once
                help_text = help_text.split("\n\nGlobal options:")[0]
            yield from help_text.splitlines()
            yield "```"
            yield ""
        if isinstance(command, click.Group):
            for name in command.list_commands(context):
                child = command.get_command(context, name)
                if child is not None:
                    with click.Context(child, info_name=name, parent=context) as inner:
                        yield from self._command(child, f"{path} {name}", inner)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives."""
    app.add_directive("transitions", Transitions)
    app.add_directive("buckets", Buckets)
    app.add_directive("errors", Errors)
    app.add_directive("commands", Commands)
    return {"parallel_read_safe": True}
