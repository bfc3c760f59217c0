"""The command line, ``purveyor``.

Data goes to standard output, everything else to standard error. Exit codes: 0 for success; 1 if what was
asked for failed, was not found, or found something wrong; 2 if it was asked for wrongly (usage, names of
providers, keys and paths, configuration); 130 after Ctrl-C.
"""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING, NoReturn

import click

from purveyor.cli.options import Group, Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]

_COMMANDS = {
    name: (f"purveyor.cli.commands.{name}", summary)
    for name, summary in {
        "init": "Write a commented configuration file.",
        "up": "Start all providers, and serve health and metrics until stopped.",
        "check": "Validate the configuration, without connecting to anything.",
        "doctor": "Start and exercise each provider.",
        "list": "List the declared providers.",
        "show": "Show all of one provider; secrets are masked.",
        "drivers": "List the installed drivers.",
        "schema": "Print the JSON Schema of the configuration file.",
        "memory": "Read, write and search the items of a memory.",
        "storage": "Read, write and list the objects of a storage.",
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


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command line, and exit.

    Args:
        arguments: What follows the program's name; that of this process if None.

    Raises:
        SystemExit: Always, with the exit code.
    """
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    settings = Settings()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a name that cannot be encoded is no reason to fail
    try:
        code = root.main(arguments, prog_name="purveyor", standalone_mode=False, obj=settings)
        sys.stdout.flush()
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:
        # Who read the output has had enough, as `head` does. Nothing may be left to flush at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        from purveyor.cli.output import Output  # noqa: PLC0415 - only what shows something needs it

        if "--json" in arguments[: arguments.index("--") if "--" in arguments else None]:
            settings.json = True  # also where the line could not be parsed as far as there
        sys.exit(Output(settings).failure(error))
    sys.exit(code or 0)
