"""The root of all commands, and what becomes of their errors."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

import click

from purveyor.cli.options import Group, Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["root", "run"]

_COMMANDS = {
    name: (f"purveyor.cli.commands.{name}", summary)
    for name, summary in {
        "init": "Write a commented configuration file.",
        "up": "Start all providers, and serve health and metrics until stopped.",
        "plan": "Show what a reload would change in the running system.",
        "reload": "Have the running system take up what has changed.",
        "check": "Validate the configuration, without connecting to anything.",
        "doctor": "Start and exercise each provider.",
        "list": "List the declared providers.",
        "show": "Show all of one provider; secrets are masked.",
        "graph": "Show what the declared providers need of each other.",
        "drivers": "List the installed drivers.",
        "schema": "Print the JSON Schema of the configuration file.",
        "memory": "Read, write and search the items of a memory.",
        "storage": "Read, write and list the objects of a storage.",
        "migrate": "Have the legacy providers of a code base become Purveyor's.",
        "completion": "Print the completion script of a shell.",
    }.items()
}


def _version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from importlib.metadata import version  # noqa: PLC0415 - costs more than the rest of the start

        click.echo(f"purveyor {version('purveyor')}")
        ctx.exit()


@click.group(cls=Group, lazy=_COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_version, help="Print the version."
)
def root() -> None:
    """Declare, start, use and watch the things an application depends on."""


def run(arguments: Sequence[str]) -> int:
    """Run a command line.

    Args:
        arguments: What follows the program's name.

    Returns:
        The exit code.
    """
    settings = Settings()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a name that cannot be encoded is no reason to fail
    try:
        code: int | None = root.main(list(arguments), prog_name="purveyor", standalone_mode=False, obj=settings)
    except (click.Abort, KeyboardInterrupt):
        return 130
    except ModuleNotFoundError:  # without it there may be no way to show anything
        raise
    except Exception as error:
        from purveyor.cli.output import Output  # noqa: PLC0415 - only what shows something needs it

        if "--json" in arguments[: arguments.index("--") if "--" in arguments else None]:
            settings.json = True  # also where the line could not be parsed as far as there
        try:
            return Output(settings).failure(error)
        except OSError:  # there is nowhere to write it either
            return 1
    return code or 0
